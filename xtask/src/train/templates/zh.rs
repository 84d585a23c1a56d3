//! Chinese templates.
//!
//! Slots: `P` a full name, `N` a nickname or a name with a form of address, `F` a foreign name in Chinese characters, `S` a
//! full name with a space in it, `L` a name in Latin letters, `C` a place, `A` an address, `O` an organisation, `T` a number,
//! `D` a date, `B` somebody well known, `M` a well-known organisation, `X` a given name, `K` the label of a person, `J` that of
//! a number.

use ombud_core::DataType;

use super::words::{KIN, NUMBER_LABELS, PERSON_LABELS};
use super::{Filling, address, digits, number};
use crate::train::gazetteer::Lists;
use crate::train::random::Random;

pub(super) const TEMPLATES: &[&str] = &[
    "{N}，昨天那份合同你看了吗？",
    "让{N}把报价单发我一下",
    "{N}说他晚点到，咱们先开始吧",
    "刚跟{N}通完电话，他同意了",
    "这事得问{N}，我做不了主",
    "周五{N}和{N}都不在",
    "帮我提醒{N}明天带身份证",
    "{N}在吗？有个bug想请教",
    "替我谢谢{N}！",
    "{N}那边还没回消息",
    "今天是{N}值班，有事找{P}",
    "{N}的孩子发烧了，今天请假",
    "我和{N}是大学同学",
    "群里@{N} 一下，问问进度",
    "{P}和{P}谁更适合带这个项目？",
    "我儿子{P}今年上三年级，老是不爱写作业",
    "我老婆{P}最近睡眠不好",
    "我妈妈叫{P}，今年六十五岁",
    "把{P}的简历翻译成英文",
    "写一封给{P}的道歉信，语气诚恳一点",
    "候选人{P}，五年后端经验，期望薪资面议",
    "{P}的年终绩效怎么写比较好",
    "请根据以下信息写推荐信：姓名{P}，毕业于{O}",
    "学号{T}，{P}，缺考",
    "值班表：周一{P}，周二{P}，周三{P}",
    "姓名：{P}  性别：女  籍贯：{C}",
    "联系人：{P}\n电话：{T}\n单位：{O}",
    "患者{P}，主诉头痛三天，既往体健",
    "主治医师：{P}    记录时间：{D}",
    "委托人{P}与受托人{P}于{D}签订本协议",
    "借款人{P}向{P}借款人民币{T}元整",
    "证人{P}的证言前后不一致",
    "法定代表人：{P}，注册地址：{A}",
    "工单{T}：客户{P}反映无法登录，已转{P}处理",
    "{D} 用户{P}修改了收货信息",
    "【{O}】尊敬的{P}，您的快递已到{A}",
    "尊敬的{P}先生：您好！",
    "亲爱的{P}女士，感谢您的来信",
    "{P}同志在{O}工作期间表现优秀",
    "据{O}介绍，{P}将出任总经理",
    "{P}（{O}）：关于这个问题，我补充两句",
    "作者：{P}，来源：{O}",
    "{O}的{P}教授认为这个结论站不住脚",
    "{P}老师的课讲得真好",
    "感谢{P}、{P}、{P}三位同事的帮助",
    "主持人：{P}　嘉宾：{P}",
    "病人 {S}，床号{T}，明早空腹抽血",
    "姓名 {S} 年龄 34",
    "签名：{S}",
    "申请人：{S}，部门：研发",
    "Patient: {S} (ID {T})",
    "Dr. {S} reviewed the chart on {D}.",
    "Contact {S} or {P} for access.",
    "Assigned to {S}; reviewer {P}",
    "From: {P} <hr@example.com>",
    "Employee {P} joined {O} in 2019.",
    "Name: {P}, Phone: {T}",
    "cc {S}, {P}",
    "{F}是我最喜欢的演员",
    "昨晚看了{F}的新书，写得很克制",
    "美国客户{F}下周来访，安排一下接待",
    "{F}教授和他的学生{F}发表了这篇论文",
    "我同事{L}说要把接口改成异步的",
    "{L}，麻烦看下这个需求",
    "外教叫{L}，每周三上课",
    "{F}（{L}）出生于{C}",
    "帮我给{L}写个英文邮件，约下周三开会",
    "记者{F}从{C}发回报道",
    "我住在{A}，离地铁站不远",
    "寄到{A}，收件人{P}",
    "地址写{A}就行，找{N}签收",
    "明天十点到{A}面试",
    "{A}这个小区物业怎么样？",
    "出发地{C}，目的地{C}，两个人",
    "我老家在{C}，现在在{C}上班",
    "下个月想去{C}玩三天，怎么安排？",
    "{C}现在天气怎么样",
    "从{C}到{C}的高铁要几个小时",
    "房子在{A}，月租{T}",
    "请问{A}附近有停车场吗",
    "门店地址：{A}；营业时间9:00-21:00",
    "他户口在{C}，社保交在{C}",
    "我在{O}上班，想转行做产品",
    "{O}的面试一般几轮？",
    "帮我对比一下{O}和{O}的待遇",
    "甲方：{O}\n乙方：{P}",
    "发票抬头：{O}",
    "去{O}办理转学手续",
    "{O}回复说材料不全",
    "孩子在{O}读初二",
    "向{O}投诉了两次都没用",
    "上周在{O}做了体检",
    "小区业主{P}家的水管爆了",
    "{P}欠我三万块，不接电话，怎么办",
    "{P}前男友一直骚扰她",
    "我朋友{P}得了抑郁症，我该怎么帮他",
    "{N}结婚随多少份子合适",
    "{N}又迟到了，气死我了",
    "跟{N}聊了半天，{N}还是不同意",
    "会议纪要\n参会：{P}、{P}、{N}\n地点：{A}",
    "记一下：{N}对花生过敏",
    "我叫{P}，你可以叫我{N}",
    "用户{P}，手机{T}，想改预约到{D}",
    "{\"name\": \"x\"}{P}",
    "\"客户\": \"{P}\", \"城市\": \"{C}\"",
    "{P},{T},{C},{O}",
    "| {P} | {T} | {A} |",
    "- {P}：负责前端\n- {P}：负责测试",
    "1. {P} 2. {P} 3. {P}",
    "{P}/{T}/{C}",
    "{P}：你好，我想咨询一下\n客服：您好，请讲",
    "问：{P}是谁？",
    "{P}说：“我没有拿过那笔钱。”",
    "以{P}的口吻写一段独白",
    "{P}的身份证号是{T}，麻烦核对",
    "给{P}转了{T}块钱",
    "开户名：{P}，账号{T}，开户行：{O}",
    "紧急联系人{P}（母亲），电话{T}",
    "乘客{P}乘坐{D}航班前往{C}",
    "{K}{P}，{J}{T}",
    "{K}{P}，{J}{T}，{J}{T}",
    "{K}：{P}，{J}：{T}",
    "{J}{T}，{K}{P}",
    "{J}：{T}\n{K}：{P}",
    "{J}{T}，{K}{P}，{D}到期",
    "我是{P}，{J}{T}",
    "我叫{P}，{J}{T}，麻烦查一下",
    "你好，我是{P}，{J}是{T}",
    "{K}是{P}，{J}是{T}",
    "{K}{P}来电，{J}{T}",
    "{K}{P}已到，请安排",
    "通知{K}{P}带上材料",
    "{K}改成{P}了",
    "{K}写的是{P}，不是{P}",
];

/// Sentences without any name; many contain words that begin like one.
pub(super) const ASIDES: &[&str] = &[
    "我周五搬家",
    "周三开会",
    "下周一出发",
    "周六加班",
    "周日休息，周一见",
    "这周四有空吗",
    "我周二面试，周五体检",
    "周一到周五都可以",
    "上周三没来",
    "说好周末搬家的",
    "方便面还有吗",
    "{J}{T}",
    "{J}：{T}",
    "{J}{T}一直占线",
    "{J}{T}，{J}{T}",
    "{K}没有填",
    "{K}签字处",
    "{K}：（空）",
    "{K}须本人到场，{J}不能为空",
    "请{K}核对{J}",
    "许可证过期了",
    "高铁票买好了",
    "马桶堵了",
    "黄金周去哪玩",
    "安装失败",
    "周五前交稿",
    "我明天搬家",
    "您好，我周四到货",
    "高兴得一晚上没睡着",
    "王者归来，今晚必胜",
    "马上就到，别着急",
    "张口就来，一点准备都没有",
    "白天太热，晚上再去吧",
    "于是我们决定先休息",
    "方便的话发我一份",
    "常见问题都写在文档里了",
    "金额对不上，再查一遍",
    "周末一起打球吗",
    "石头剪刀布，输的人洗碗",
    "黄色的那件更好看",
    "江边风很大",
    "何时能上线？",
    "许多人还不知道这个功能",
    "万一失败了怎么办",
    "任何时候都可以取消",
    "全部通过，准备发布",
    "和平时一样就行",
    "安全第一",
    "应该没有问题",
    "文件太大，上传失败",
    "明天会下雨",
    "时间不够了",
    "温度调低一点",
    "钱打到卡上了",
    "段落之间空一行",
    "史上最便宜的一次",
    "向部门申请了预算",
    "水果店关门了",
    "花了两个小时",
    "成功连接数据库",
    "毛利率是多少",
    "路由器重启一下",
    "严重错误，已回滚",
    "老板还没批",
    "小心地滑",
    "阿姨今天来打扫",
    "老师布置了作业",
    "经理说下周再议",
    "小时候很怕黑",
    "老是忘记带钥匙",
    "大家好，我是新来的",
    "这段代码的时间复杂度是多少？",
    "请把下面的句子翻译成英文",
    "帮我写一首关于秋天的诗",
    "介绍一下快速排序",
    "怎么做红烧肉",
    "给我推荐几本书",
    "订单号 {T}，金额 {T} 元",
    "错误码 {T}",
    "版本 2.1.{T} 已发布",
    "SELECT name, city FROM users WHERE id = {T};",
    "def get_name(user): return user.name",
    "点击“设置”，再点“隐私”",
    "用户名和密码不能为空",
    "下载 Chrome 浏览器后重试",
    "用 Python 写一个爬虫",
    "把 README 翻译成中文",
    "Excel 里怎么去重",
    "我最近压力很大，睡不着",
    "能不能帮我改一下这段话",
    "会议改到{D}",
    "请在{D}前提交",
    "他昨天没来",
    "她是我见过最聪明的人",
    "我们公司一共三十个人",
    "医生让我少吃盐",
    "高中毕业就出来打工了",
    "这家店的服务员态度很好",
    "项目组需要两名测试",
    "本科以上学历优先",
    "乙方应按时付款",
    "本合同一式两份",
    "单元测试覆盖率不足",
    "程序崩溃了",
    "宁可慢一点",
    "章节目录在最后",
    "平均每天三次",
    "连接超时，请重试",
    "关于这个问题，我有几点想法",
    "解决方案如下：",
    "田里的庄稼长得好",
    "雷阵雨转多云",
    "顾客满意度调查",
    "易碎物品，轻拿轻放",
    "龙舟比赛取消",
    "明白了，谢谢",
    "盛大开业，全场八折",
    "相关文件见附件",
    "经济学原理第三章",
];

const COMMON: &[&str] = &[
    "王", "李", "张", "刘", "陈", "杨", "黄", "赵", "吴", "周", "徐", "孙", "马", "朱", "胡", "郭", "何",
    "林", "罗", "高", "郑", "梁", "谢", "宋", "唐", "许", "韩", "冯", "邓", "曹", "彭", "曾", "萧", "田",
    "董", "袁", "潘", "于", "蒋", "蔡", "余", "杜", "叶", "程", "苏", "魏", "吕", "丁", "任", "沈", "姚",
    "卢", "姜", "崔", "钟", "谭", "陆", "汪", "范", "金", "石", "廖", "贾", "夏", "韦", "付", "方", "白",
    "邹", "孟", "熊", "秦", "邱", "江", "尹", "薛", "闫", "段", "雷", "侯", "龙", "史", "陶", "黎", "贺",
    "顾", "毛", "郝", "龚", "邵", "万", "钱", "严", "欧阳", "上官", "司马", "诸葛", "尉迟", "皇甫", "慕容",
    "司徒", "夏侯", "令狐",
];
const CALLED: &[&str] = &[
    "总", "工", "哥", "姐", "老师", "经理", "主任", "医生", "局", "队", "姨", "叔", "律师", "教授", "阿姨",
    "师傅", "先生", "女士", "小姐", "同学", "董", "处", "导", "书记", "院长", "校长", "护士", "大夫", "会计",
];
const COMPANIES: &[&str] = &[
    "科技有限公司",
    "有限公司",
    "集团",
    "大学",
    "第一中学",
    "实验小学",
    "人民医院",
    "派出所",
    "律师事务所",
    "幼儿园",
    "银行",
    "公安局",
    "人民法院",
    "传媒",
    "网络科技",
    "教育",
    "贸易公司",
    "物业",
    "居委会",
    "出版社",
    "研究院",
    "中医院",
    "支行",
    "股份有限公司",
    "基金会",
    "俱乐部",
    "酒店",
];
const BRANDS: &[&str] = &[
    "华", "信", "恒", "达", "盛", "远", "天", "海", "云", "智", "鼎", "博", "瑞", "丰", "鑫", "创", "联",
    "星", "优", "乐", "正", "泰", "宏", "百", "安", "康", "美", "新", "讯", "格", "维", "蓝", "金", "巨",
    "卓",
];

/// Fills a slot.
pub(super) fn fill(slot: &str, lists: &Lists, random: &mut Random) -> Filling {
    use DataType::{Location, Org, Person};
    match slot {
        "P" => Filling::name(Person, person(lists, random)),
        "N" => nickname(lists, random),
        "F" => Filling::name(Person, foreign(lists, random)),
        "S" => Filling::name(Person, spaced(lists, random)),
        "L" => Filling::name(Person, random.pick(&lists.given)),
        "C" => Filling::name(Location, place(lists, random)),
        "X" => Filling::name(Person, random.pick(&lists.ming)),
        "A" => Filling::name(Location, address::chinese(lists, random)),
        "O" => Filling::name(Org, company(lists, random)),
        "K" => Filling::plain(random.pick(PERSON_LABELS).to_owned()),
        "J" => Filling::plain(random.pick(NUMBER_LABELS).to_owned()),
        "B" => Filling::name(Person, random.pick(&lists.known_zh)),
        "M" => Filling::name(Org, random.pick(&lists.bodies_zh)),
        "D" => Filling::plain(format!("{}月{}日", 1 + random.below(12), 1 + random.below(28))),
        "T" => {
            let count = random.pick(&[3, 4, 6, 8, 11]);
            Filling::plain(digits(random, count))
        }
        _ => Filling::plain(format!("{{{slot}}}")),
    }
}

/// Another Chinese name of the same type and form, or `None` to keep the old one.
pub(super) fn other(kind: DataType, old: &str, lists: &Lists, random: &mut Random) -> Option<String> {
    let long = old.chars().count();
    match kind {
        DataType::Person if lists.transliterated.iter().any(|name| name == old) || old.contains('·') => {
            Some(foreign(lists, random))
        }
        DataType::Person if (2..=3).contains(&long) && is_full_name(old, lists) => {
            Some(person(lists, random))
        }
        DataType::Location if lists.major_zh.iter().any(|name| name == old) => Some(place(lists, random)),
        _ => None,
    }
}

/// Whether this is a family name followed by a given name, without a form of address.
fn is_full_name(name: &str, lists: &Lists) -> bool {
    let called = [CALLED, KIN].concat();
    lists.xing.iter().any(|family| name.starts_with(family.as_str()))
        && !name.ends_with(['某', '氏', '家'])
        && !called.iter().any(|title| name.ends_with(title))
        && name.chars().all(|c| matches!(c, '\u{4e00}'..='\u{9fff}'))
}

fn place(lists: &Lists, random: &mut Random) -> String {
    if random.percent(50) { random.pick(&lists.major_zh) } else { random.pick(&lists.diming) }
}

fn surname(lists: &Lists, random: &mut Random) -> String {
    if random.percent(80) {
        // The most common ones get an even larger share.
        let most = if random.percent(50) { 25 } else { COMMON.len() };
        COMMON.get(random.below(most)).map_or_else(String::new, |x| (*x).to_owned())
    } else {
        random.pick(&lists.xing)
    }
}

fn person(lists: &Lists, random: &mut Random) -> String {
    let given = if random.percent(70) { random.pick(&lists.ming) } else { mixed(lists, random) };
    format!("{}{given}", surname(lists, random))
}

/// A given name made of characters from two names, so that no pair is learned by heart.
fn mixed(lists: &Lists, random: &mut Random) -> String {
    let mut one = || random.pick(&lists.ming).chars().last().unwrap_or('文');
    let (a, b) = (one(), one());
    if random.percent(75) { format!("{a}{b}") } else { a.to_string() }
}

fn nickname(lists: &Lists, random: &mut Random) -> Filling {
    let (x, given) = (surname(lists, random), mixed(lists, random));
    let last = given.chars().last().unwrap_or('明');
    let name = match random.below(17) {
        0 | 1 => format!("老{x}"),
        2 => format!("小{x}"),
        3 | 4 => format!("{x}{}", random.pick(CALLED)),
        5 => format!("小{last}"),
        6 => format!("阿{last}"),
        7 => format!("{last}{last}"),
        8 => format!("{last}{}", random.pick(&["哥", "姐", "子", "儿", "宝"])),
        9 | 10 => format!("{x}{}", random.pick(KIN)),
        11 => format!("{given}{}", random.pick(KIN)),
        12 => format!("{last}{}", random.pick(&["兄", "君", "翁", "公", "姑", "娘", "叔", "婶", "嫂", "妹"])),
        13 => counted(&x, random),
        14 => lettered(random),
        15 => return titled(&x, &given, KIN, random),
        _ => return titled(&x, &given, CALLED, random),
    };
    Filling::name(DataType::Person, name)
}

/// A full name followed by a form of address.
fn titled(x: &str, given: &str, titles: &[&str], random: &mut Random) -> Filling {
    let title = random.pick(titles);
    Filling { text: format!("{x}{given}{title}"), kind: Some(DataType::Person), tail: title.len(), head: 0 }
}

/// A person named by birth order among siblings: 老三, 张四.
fn counted(x: &str, random: &mut Random) -> String {
    let number = random.pick(&["大", "二", "三", "四", "五", "六", "七", "八", "九"]);
    match random.below(4) {
        0 => format!("老{number}"),
        1 => format!("阿{number}"),
        2 => format!("{x}{number}"),
        _ => format!("{x}{number}{}", random.pick(KIN)),
    }
}

/// A person named by a letter: 小S, L君.
fn lettered(random: &mut Random) -> String {
    let letter =
        random.pick(&["A", "B", "C", "D", "F", "H", "J", "K", "L", "M", "Q", "R", "S", "T", "W", "Y", "Z"]);
    match random.below(4) {
        0 => format!(
            "{letter}{}",
            random.pick(&["君", "哥", "姐", "总", "女士", "先生", "老师", "同学", "某"])
        ),
        1 => format!("阿{letter}"),
        2 => format!("老{letter}"),
        _ => format!("小{letter}"),
    }
}

fn foreign(lists: &Lists, random: &mut Random) -> String {
    let mut one = || random.pick(&lists.transliterated);
    let (a, b) = (one(), one());
    match random.below(3) {
        0 => a,
        _ if a.contains('·') => a,
        _ => format!("{a}·{b}"),
    }
}

fn spaced(lists: &Lists, random: &mut Random) -> String {
    let (x, given) = (surname(lists, random), mixed(lists, random));
    match random.below(5) {
        0 | 1 => format!("{given} {x}"),
        2 | 3 => format!("{x} {given}"),
        _ => format!("{x}{given}").chars().map(String::from).collect::<Vec<_>>().join(" "),
    }
}

fn company(lists: &Lists, random: &mut Random) -> String {
    match random.below(8) {
        0 => return random.pick(&lists.jigou),
        1 => return random.pick(&lists.bodies_zh),
        _ => {}
    }
    let mut brand = format!("{}{}", random.pick(BRANDS), random.pick(BRANDS));
    if random.percent(30) {
        brand = random.pick(&lists.ming);
    }
    let place = if random.percent(50) { random.pick(&lists.diming) } else { String::new() };
    let branch = if random.percent(8) { format!("{}分公司", number(random, 1)) } else { String::new() };
    format!("{place}{brand}{}{branch}", random.pick(COMPANIES))
}
