//! Passwords announced by a Chinese text that are not plain ASCII, or are in Chinese quotation marks: `密码是“abc123”`,
//! `密码：小明爱吃鱼123`, `口令为芝麻开门`.
//!
//! A Chinese sentence continues without a space, so what follows `密码是` is as often a remark about the password (`必填项`,
//! `什么`, `你的生日`) as the password itself. Words of such remarks exclude it; without quotation marks a phrase must end in
//! digits or symbols, or be a watchword.

use std::ops::Range;

use ombud_core::script::is_han;

use super::context::{is_meant, window};
use super::{Link, is_chosen, is_reference};
use crate::text::Text;

/// Maximum length of a value in characters, and the number of bytes in which its end is looked for.
const MOST: usize = 24;
const LONGEST: usize = 96;

/// Opening and closing quotation marks.
const QUOTES: &[(char, char)] =
    &[('“', '”'), ('‘', '’'), ('「', '」'), ('『', '』'), ('"', '"'), ('\'', '\''), ('`', '`')];

/// Words about passwords, and about where to obtain one.
const ABOUT: &[&str] = &[
    "什么",
    "多少",
    "密码",
    "口令",
    "输入",
    "不能",
    "不可",
    "不要",
    "不得",
    "不少",
    "不超",
    "必填",
    "必须",
    "为空",
    "空的",
    "留空",
    "错误",
    "正确",
    "不对",
    "长度",
    "字符",
    "确认",
    "修改",
    "重置",
    "忘",
    "找回",
    "设置",
    "设成",
    "请",
    "您",
    "你",
    "我的",
    "他的",
    "她的",
    "默认",
    "没有",
    "未",
    "弱",
    "字母",
    "数字",
    "格式",
    "失败",
    "成功",
    "登录",
    "登陆",
    "提示",
    "类型",
    "加密",
    "明文",
    "密文",
    "显示",
    "隐藏",
    "至少",
    "最少",
    "最多",
    "大于",
    "小于",
    "超过",
    "包含",
    "一致",
    "过期",
    "有效",
    "管理员",
    "客服",
    "联系",
    "获取",
    "私信",
    "私聊",
    "发给",
    "发到",
    "告诉",
    "咨询",
    "关注",
    "回复",
    "公众号",
    "短信",
    "邮箱",
    "邮件",
    "手机",
    "生日",
    "身份证",
    "学号",
    "工号",
    "后六位",
    "同上",
    "相同",
    "一样",
    "如下",
    "详见",
    "见",
    "哪",
    "谁",
    "怎么",
    "如何",
    "是否",
    "需要",
    "可以",
    "应该",
    "不知道",
    "保密",
    "安全",
    "用户",
    "系统",
    "数据",
    "字段",
    "参数",
    "变量",
    "编码",
    "哈希",
    "算法",
    "使用",
    "通过",
    "之前",
    "之后",
    "以后",
    "时候",
    "时间",
    "位",
    "的",
    "了",
    "吗",
    "呢",
    "吧",
    "么",
    "本",
    "该",
    "此",
    "这",
    "那",
    "哈哈",
    "扫码",
    "二维码",
    "自动",
    "随机",
    "生成",
    "某",
    "示例",
    "例如",
    "比如",
    "占位",
    "一种",
    "手段",
    "认证",
    "身份",
    "保护",
    "重要",
    "方式",
    "方法",
    "个",
    "问",
    "暂",
    "公开",
    "专用",
    "测试",
    "环境",
];

/// Words between the label and the password that belong to neither.
const LEADS: &[&str] = &[
    "默认的",
    "默认是",
    "默认为",
    "默认",
    "初始的",
    "初始",
    "还是",
    "都是",
    "统一是",
    "统一为",
    "统一",
    "临时",
    "仍是",
    "仍为",
];

/// The value after a Chinese label.
pub(super) fn value(text: &Text<'_>, label: &Range<usize>, link: &Link) -> Option<Range<usize>> {
    if let Some(span) = quoted(text, link) {
        let value = text.slice(span.clone());
        return (is_password(text, label, value, &span) || is_phrase(value, true)).then_some(span);
    }
    if !link.explicit {
        return None;
    }
    let start =
        link.value + LEADS.iter().find(|lead| begins(text, link.value, lead)).map_or(0, |lead| lead.len());
    let span = start..end(text, start);
    let value = text.slice(span.clone());
    if start > link.value && is_chosen(value, false, "密码") && !is_reference(value, false) {
        return Some(span);
    }
    (is_mixed(value) || is_phrase(value, false) && is_watchword(text, label, link)).then_some(span)
}

fn begins(text: &Text<'_>, at: usize, word: &str) -> bool {
    text.ahead(at, word.len()) == word.as_bytes()
}

/// The content of quotation marks that are closed on the same line. Within JSON a backslash precedes the closing one.
fn quoted(text: &Text<'_>, link: &Link) -> Option<Range<usize>> {
    let (start, open) = if let Some(open) = link.quote {
        (link.value, char::from(open))
    } else {
        let open = text.char_at(link.value)?;
        (link.value + open.len_utf8(), open)
    };
    let (_, close) = QUOTES.iter().find(|(mark, _)| *mark == open)?;
    let (inside, _) = ahead(text, start).split_once(*close)?;
    let inside = inside.trim_end_matches('\\');
    (!inside.contains('\n')).then_some(start..start + inside.len())
}

fn ahead<'t>(text: &Text<'t>, start: usize) -> &'t str {
    let end = text.as_str().floor_char_boundary(start + LONGEST);
    text.slice(start..end.max(start))
}

/// An ASCII value in Chinese quotation marks: one that people would choose, or a word that the sentence calls the
/// password.
fn is_password(text: &Text<'_>, label: &Range<usize>, value: &str, span: &Range<usize>) -> bool {
    let said = text.slice(label.end..span.start).starts_with('是') && value.len() >= 5 && !is_meant(value);
    let plain = value.bytes().all(|b| b.is_ascii_graphic()) && value.len() >= 4;
    plain && !is_reference(value, true) && (is_chosen(value, true, "密码") || said)
}

/// The end of an unquoted value: where a Chinese sentence pauses or ends. Symbols inside belong to it.
fn end(text: &Text<'_>, start: usize) -> usize {
    let ahead = ahead(text, start);
    let stops =
        |ch: char| ch.is_whitespace() || "，。；、…“”‘’「」『』【】《》（）,;|<>\"'`()[]{}".contains(ch);
    let stop = ahead.find(stops).unwrap_or(ahead.len());
    // A mark at the end belongs to the sentence.
    let value =
        ahead.get(..stop).unwrap_or_default().trim_end_matches(['!', '?', '.', ':', '~', '！', '？', '：']);
    start + value.len()
}

fn speaks_of(value: &str) -> bool {
    ABOUT.iter().any(|word| value.contains(word))
}

/// Chinese first, then letters, digits or symbols to the end: `小明爱吃鱼123`, `我爱北京@2008`.
fn is_mixed(value: &str) -> bool {
    let split = value.find(|ch: char| ch.is_ascii()).unwrap_or(value.len());
    let (words, tail) = (value.get(..split).unwrap_or_default(), value.get(split..).unwrap_or_default());
    let telling = tail.bytes().any(|b| b.is_ascii_digit() || b"!@#$%^&*_+=".contains(&b));
    (1..=12).contains(&words.chars().count())
        && words.chars().all(is_han)
        && (2..=16).contains(&tail.len())
        && tail.bytes().all(|b| b.is_ascii_graphic())
        && telling
        && !speaks_of(words)
}

/// A phrase such as people choose, not about passwords: Chinese with or without letters and digits.
fn is_phrase(value: &str, quoted: bool) -> bool {
    let count = value.chars().count();
    let han = value.chars().filter(|ch| is_han(*ch)).count();
    let formed =
        value.chars().all(|ch| is_han(ch) || ch.is_ascii_graphic() || quoted && "，。！？、—…·".contains(ch));
    (4..=MOST).contains(&count)
        && han >= 1
        && (quoted || han == count && count <= 12)
        && formed
        && !speaks_of(value)
}

/// True if nothing but a password can follow: `口令为…`, or `密码：…` on the line of an account. `是` may be followed by
/// anything.
fn is_watchword(text: &Text<'_>, label: &Range<usize>, link: &Link) -> bool {
    let between = text.slice(label.end..link.value);
    let colon = between.contains(':');
    if text.slice(label.clone()) == "口令" {
        // `听我口令：关灯` is a command: there, 口令 ends a longer phrase.
        let before =
            text.slice(text.as_str().floor_char_boundary(label.start.saturating_sub(3))..label.start);
        let begins = before.chars().next_back().is_none_or(|ch| !is_han(ch) || ch == '的');
        colon && begins || between.contains('为')
    } else {
        colon && beside_account(text, label)
    }
}

/// True if an account or a network is mentioned shortly before: a password comes next.
fn beside_account(text: &Text<'_>, label: &Range<usize>) -> bool {
    let before = window(text, label.start);
    let near = before.get(before.ceil_char_boundary(before.len().saturating_sub(72))..).unwrap_or_default();
    ["账号", "帐号", "账户", "用户名", "登录名", "wifi", "wi-fi", "无线网", "ssid"]
        .iter()
        .any(|word| near.contains(word))
}

#[cfg(test)]
mod tests {
    use ombud_core::DataType;

    use super::super::super::testing::check;

    #[test]
    fn announced_passwords_are_found() {
        check(
            DataType::Secret,
            &[
                "密码是“[[abc12345]]”，别外传",
                "密码为「[[Zhang@1990]]」。",
                "wifi密码是“[[sunflower]]”",
                "口令为“[[芝麻开门]]”，记得换",
                "密码：\"[[我爱北京2008]]\"",
                "密码：[[小明爱吃鱼123]]\n别告诉别人",
                "密码是[[小明爱吃鱼123]]，别告诉别人",
                "登录密码设为[[春暖花开@66]]。",
                "支付密码改成[[平安喜乐88]]！",
                "口令：[[天王盖地虎]]，对上就开门",
                "口令为[[芝麻开门]]。",
                "账号：zhangsan\n密码：[[宝塔镇河妖]]\n",
                "密码默认是[[Abc@12345]]，登录后请修改",
                "密码是默认的[[abc12345]]，登录后请修改",
                "密碼是「[[天王蓋地虎]]」",
                "密码：[[Qwer!@#123]]，账号 root",
                "今晚的口令：[[天王盖地虎]]",
                r#"{"text":"密码是\"[[我爱北京2008]]\"，别外传"}"#,
            ],
        );
    }

    #[test]
    fn remarks_about_passwords_are_not() {
        check(
            DataType::Secret,
            &[
                "密码是什么？",
                "密码是什么来着，我忘了",
                "密码是必填项",
                "密码：必填",
                "密码：请输入6位数字",
                "密码为8到16位字母和数字",
                "密码是你的生日加123",
                "密码是用户在2021年注册时设置的",
                "密码为MD5加密",
                "密码是通过HTTPS传输的",
                "密码：至少8位",
                "密码：请联系管理员",
                "账号：zhangsan\n密码：请联系客服获取\n",
                "账号：zhangsan\n密码：见下方短信\n",
                "口令为空",
                "口令为系统默认",
                "口令是弱口令",
                "\"密码\": \"密码不能为空\"",
                "密码：“必填”",
                "密码是“字符串”类型",
                "密码是<password>",
                "密码：$PASS",
                "密码：${DB_PASS}",
                "密码是****",
                "密码：process.env.DB_PASS",
                "提示“密码错误”，重试三次",
                "他说密码是对的，你再试一次",
                "密码：无",
                "支付密码是用来确认付款的",
                "密码管理器推荐用1Password",
                "账号密码是最重要资产",
                "口令是一种认证手段",
                "口令为四个汉字",
                "智能音箱们，听我口令：音量调到最大",
                "同步口令：开启免打扰，给家里打电话",
                "密码是“没有说完的话\n下一行”",
                "账号：zhangsan，密码：微信问我",
            ],
        );
    }
}
