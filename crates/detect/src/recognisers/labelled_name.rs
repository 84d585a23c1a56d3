//! Chinese personal names after a form label: `持有人王小明，`. A family name from a closed list, one or two characters after
//! it, then the end of the field: what a form makes unambiguous needs no model.

use std::ops::Range;

use ombud_core::DataType;
use ombud_core::script::is_han;

use super::{Found, Recogniser, Trigger};
use crate::label::link;
use crate::text::Text;

pub(super) static RECOGNISER: Recogniser = Recogniser {
    id: "labelled_name",
    kind: DataType::Person,
    // No labels for other recognisers: a number after a person's name need not be that person's.
    trigger: Trigger::Literals(LABELS),
    labels: &[],
    find,
};

/// Words that precede nothing but a person's name.
const LABELS: &[&str] = &[
    "姓名",
    "户主",
    "车主",
    "机主",
    "房主",
    "货主",
    "业主",
    "持有人",
    "持卡人",
    "持票人",
    "开户人",
    "投保人",
    "保险人",
    "受益人",
    "收件人",
    "收货人",
    "寄件人",
    "发件人",
    "联系人",
    "申请人",
    "经办人",
    "报名人",
    "监护人",
    "承租人",
    "出租人",
    "借款人",
    "担保人",
    "委托人",
    "受托人",
    "代理人",
    "代表人",
    "法人代表",
    "法人",
    "签收人",
    "领取人",
    "付款人",
    "收款人",
    "缴费人",
    "乘车人",
    "乘机人",
    "驾驶人",
    "入住人",
    "预订人",
    "负责人",
    "推荐人",
    "本人",
    "我叫",
    "名叫",
];

/// The most common family names, except those that start a common word more often than a name.
const FAMILY: &str = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林罗高郑梁谢宋唐许韩冯邓曹彭曾萧肖田董袁潘蒋蔡余杜叶程苏魏吕丁沈姚卢姜崔钟谭陆汪范\
                      金石廖贾夏韦付方邹孟熊秦邱江尹薛闫阎段雷侯龙史陶黎贺顾毛郝龚邵万钱严赖覃洪武莫孔汤戴樊邢裴倪俞翟葛殷柯牛翁\
                      符舒柳耿焦柴欧涂佟岳梅庄辛管祝左聂詹鲁甘霍蓝鲍穆骆";
/// Two-character family names.
const DOUBLE: &[&str] = &[
    "欧阳", "上官", "司马", "诸葛", "尉迟", "皇甫", "慕容", "司徒", "夏侯", "令狐", "东方", "宇文", "长孙",
    "公孙", "轩辕", "南宫", "端木", "独孤", "呼延", "完颜", "申屠", "钟离", "闻人", "澹台",
];
/// Words that start with a family name but are not names.
const WORDS: &[&str] = &[
    "马上", "方便", "高兴", "高中", "高一", "高二", "高三", "高职", "高管", "高级", "高度", "高龄", "高烧",
    "高热", "周一", "周二", "周三", "周四", "周五", "周六", "周日", "周末", "周岁", "金额", "何时", "何人",
    "何处", "万一", "方式", "程序", "许可", "段落", "史上", "石材", "江苏", "江西", "田地", "黄金", "唐山",
    "贺卡", "钱款", "管理", "左右", "严重", "毛重", "牛奶", "金融", "武汉", "夏天", "夏季", "梅州", "金华",
    "林业", "龙头", "方面", "方案", "石油", "马虎", "雷同", "白天", "洪水", "曾经", "曾任", "曾用", "曾在",
    "余额", "余下", "罗列", "顾客", "陈述", "陈旧", "莫名",
];
/// What may directly follow a name.
const CALLED: &[&str] = &["先生", "女士", "小姐", "同志", "老师", "同学", "医生", "律师"];

fn find(text: &Text<'_>, label: Range<usize>) -> Option<Found> {
    let start = link(text, label.end).value;
    let rest = text.as_str().get(start..)?;
    let length =
        name(rest).or_else(|| titled(rest)).filter(|_| !WORDS.iter().any(|word| rest.starts_with(word)))?;
    Some(Found::labelled(start..start + length, 0.9))
}

/// Length in bytes of a family name, however rare, with a form of address: `联系人：宣女士`.
fn titled(rest: &str) -> Option<usize> {
    let family = rest.chars().next().filter(|c| is_han(*c) && !"某本该此男女各几".contains(*c))?.len_utf8();
    let behind = rest.get(family..)?;
    let title = CALLED.iter().find(|title| behind.starts_with(**title))?;
    ends(behind.get(title.len()..)?).then_some(family + title.len())
}

/// Length in bytes of the name that the text starts with: the longest after which the field ends.
fn name(rest: &str) -> Option<usize> {
    let family = family(rest)?;
    let given = rest.get(family..)?;
    let length = |count: usize| given.char_indices().nth(count).map_or(given.len(), |(at, _)| at);
    let fits = |length: &usize| {
        let (name, behind) = given.split_at(*length);
        !name.is_empty() && name.chars().all(is_han) && ends(behind)
    };
    [length(2), length(1)].iter().find(|length| fits(length)).map(|length| family + length)
}

/// Length of the family name in bytes.
fn family(rest: &str) -> Option<usize> {
    let double = DOUBLE.iter().find(|name| rest.starts_with(**name)).map(|name| name.len());
    double.or_else(|| rest.chars().next().filter(|c| FAMILY.contains(*c)).map(char::len_utf8))
}

/// True if a field ends here.
fn ends(behind: &str) -> bool {
    let mark = |c: char| !c.is_alphabetic() && c != '·';
    behind.chars().next().is_none_or(mark) || CALLED.iter().any(|title| behind.starts_with(title))
}

#[cfg(test)]
mod tests {
    use super::super::testing::check;
    use super::*;

    #[test]
    fn names_in_forms_are_found() {
        check(
            DataType::Person,
            &[
                "户主[[覃芮]]，房号1203",
                "投保人：[[欧阳文静]]；保额三十万",
                "联系人 [[柯以宁]] 13800001111",
                "收款人是[[戴维莎]]吗",
                "本人[[骆一帆]]，因出国申请延期",
                "法定代表人：[[聂丹]]\n注册资本：十万",
                "承租人[[鲍青]]先生签字",
            ],
        );
    }

    #[test]
    fn other_words_behind_a_label_are_not() {
        let detector = crate::Detector::without_model();
        for text in [
            "本人高中，无工作经验",
            "联系人方便时回电",
            "收件人马上到",
            "申请人须到场",
            "负责人何时回来",
            "非法人员",
            "投保人周岁：三十",
        ] {
            let people = detector.detect(text).into_iter().filter(|found| found.kind == DataType::Person);
            assert_eq!(people.count(), 0, "{text}");
        }
    }
}
