//! What a tool's description says the tool does, in English and Chinese.

use super::Effect;
use super::classify::{Hints, words};
use super::part::{Part, Shape, is_id, part};
use super::verbs::{CHINESE_OTHER_VERBS, CHINESE_READ_VERBS, Sense, chinese, english};

/// Words that follow an opening word when it is a verb: “Charges the card”, but not “Charge level of the battery”.
const AFTER_VERB: &str = "a an the this that these those some any one all each every his her its their your my our it them him somebody \
    someone anybody new to in on via with by or and from into using through";

/// Verbs of actions that are just as often nouns, when a sentence opens with them.
const NOUNS_TOO: &str = "rent lease hire award pay charge transfer trade purchase refund wire comment change patch vote merge copy store import fork control \
    scroll tap type play scale commit push pause reset drop start stop run launch deploy install trigger forward press \
    handle move sign switch turn lock set post order sort process swap increment permit";

/// The effect of the verb that a description opens with: “Sends an e-mail”, “发送一封邮件”.
pub fn told(description: &str) -> Option<Effect> {
    let description = untitled(description);
    let mut words = description.split(|ch: char| !ch.is_alphanumeric()).filter(|word| !word.is_empty());
    let first =
        words.next().filter(|_| !describes_a_thing(description)).and_then(|word| opens(word, words.next()));
    let besides = listed_verbs(description).chain(joined_verbs(description));
    // A description that first reads and then acts, acts; one with two actions counts as the first, unless the second is
    // worse.
    let first = first.map(|first| {
        let counts = |besides: &Effect| outweighs(*besides) || first == Effect::Read && besides.acts();
        besides.filter(counts).fold(first, Effect::or_worse)
    });
    // 看邮件。读网盘里的文件。
    let mut chars = description.chars();
    let looks = chars.next().is_some_and(|first| CHINESE_READ_VERBS.contains(&first))
        && chars.next().is_some_and(|next| !CHINESE_OTHER_VERBS.contains(next));
    let opening = chinese(description.get(..description.floor_char_boundary(48)).unwrap_or_default());
    // “在群里发红包”, “给好友转账”: recipient and location come first.
    let far = if description.starts_with(['给', '向', '在', '为', '对', '把', '将', '按', '凭']) {
        30
    } else {
        12
    };
    let verb = opening.first().filter(|(place, _)| *place <= far && !is_noun_in_chinese(description, *place));
    let verb = verb.map(|(place, effect)| {
        listed_chinese_verbs(description, *place)
            .filter(|besides| outweighs(*besides))
            .fold(*effect, Effect::or_worse)
    });
    first
        .or(verb)
        .or_else(|| looks.then_some(Effect::Read))
        // 把会员余额转到其他会员: something is done to whatever follows 把, whichever the verb.
        .or_else(|| description.starts_with('把').then_some(Effect::Change))
        .map(|told| told.or_worse(opens_doors(description, told)))
}

/// Whether an action counts when a description names it second. “Creates an event and invites the guests” and “makes an
/// order and sends it to the plumber” count as their first verb.
fn outweighs(effect: Effect) -> bool {
    matches!(effect, Effect::Delete | Effect::Pay | Effect::Credential | Effect::Execute)
}

fn opening_clause(description: &str) -> &str {
    description.split(['.', '\n', ';', ':', '(']).next().unwrap_or_default()
}

/// Verbs listed after the first: “Create, update or delete records”.
fn listed_verbs(description: &str) -> impl Iterator<Item = Effect> + '_ {
    // A list consists of single words.
    let items = opening_clause(description)
        .split([',', '/'])
        .flat_map(|part| part.split(" and "))
        .flat_map(|part| part.split(" or "));
    let mut open = true;
    let verbs = items.take(8).map_while(move |item| {
        let mut words = item.split_whitespace();
        let (first, more) = (words.next(), words.next().is_some());
        let listed = open;
        // What follows more than a verb belongs to its object.
        open = !more;
        listed.then_some(first)
    });
    verbs.flatten().filter_map(|word| {
        let forms = forms(&word.to_lowercase());
        let (effect, sense) = forms.iter().find_map(|form| english(form))?;
        (sense == Sense::Verb).then_some(effect)
    })
}

/// What the first sentence goes on to do: “Place the order and charge the card”, “Shows a page, then posts it”.
fn joined_verbs(description: &str) -> impl Iterator<Item = Effect> + '_ {
    let clauses = opening_clause(description).split(" and ").flat_map(|part| part.split("then "));
    clauses.skip(1).filter_map(|part| {
        let mut words = part.split_whitespace();
        let (verb, next) = (words.next()?, words.next()?);
        is(AFTER_VERB, &next.to_lowercase()).then(|| opens(verb, Some(next))).flatten()
    })
}

/// Verbs listed after the one at this position: 创建、删除和管理.
fn listed_chinese_verbs(description: &str, place: usize) -> impl Iterator<Item = Effect> + '_ {
    let rest = description.get(place..).unwrap_or_default();
    let sentence = rest.split(['。', '，', '；', '\n', '（', '(']).next().unwrap_or_default();
    let verbs = sentence.split(['、', '和', '或', '/', '并']).skip(1).take(6);
    verbs.filter_map(|item| chinese(item.trim()).first().filter(|verb| verb.0 == 0).map(|verb| verb.1))
}

/// The effect, made worse if the first sentence hands out something that opens doors: “Get an item from the vault”,
/// “创建钱包地址和私钥”, “a public link”.
fn opens_doors(description: &str, told: Effect) -> Effect {
    const KEYS: &[&str] = &[
        "password",
        "passphrase",
        "private key",
        "secret key",
        "api key",
        "access token",
        "your vault",
        "the vault",
        "authorization code",
        "auto-login",
        "私钥",
        "助记词",
        "获取密码",
        "访问令牌",
    ];
    const OPEN: &[&str] =
        &["public link", "public share", "shareable link", "anyone with the link", "公开链接"];
    let lower = description.to_lowercase();
    let sentence = lower.split(['.', '\n', '。']).next().unwrap_or_default();
    let said = |list: &[&str]| list.iter().any(|word| sentence.contains(word));
    match told {
        Effect::Create | Effect::Change | Effect::Send if said(OPEN) => Effect::Grant,
        Effect::Read | Effect::Fetch | Effect::Create | Effect::Unknown if said(KEYS) => Effect::Credential,
        _ => told,
    }
}

/// A description without a leading title: 【短信】给报案人发送短信.
pub fn untitled(description: &str) -> &str {
    let titled = description.strip_prefix('【').and_then(|rest| rest.split_once('】'));
    titled.map_or(description, |(_, rest)| rest.trim_start())
}

/// “学员缴费情况”: a description that ends with one of these is about reading.
const STATES: &str = "情况 明细 详情 统计";

/// “文章的留言”, “绑定的银行卡”, “我上传过的材料”: here the verb names a thing, or describes one.
fn is_noun_in_chinese(text: &str, place: usize) -> bool {
    let before = text.get(..place).unwrap_or_default();
    let after: String = text.get(place..).unwrap_or_default().chars().skip(2).take(2).collect();
    // “群聊记录。”: a description of an action names an object after the verb, or before it with 把.
    let ends = after.chars().next().is_none_or(|next| !next.is_alphanumeric());
    let object = ['把', '将', '给', '对', '让', '被'].iter().any(|word| before.contains(*word));
    let rest = text
        .get(place..)
        .unwrap_or_default()
        .split(['。', '，', '；', '、', '\n'])
        .next()
        .unwrap_or_default();
    let state = place > 0 && STATES.split(' ').any(|state| rest.ends_with(state));
    let last = state || ends && !object && before.chars().next_back().is_some_and(char::is_alphanumeric);
    // 分享链接, 支付码: the verb is the first part of a compound noun.
    let part = ["链接", "码", "口令"].iter().any(|thing| after.starts_with(thing)) && !object && place > 0;
    before.ends_with('的') || after.starts_with('的') || after == "过的" || last || part
}

/// The effect of a sentence that opens with these two words. “Messages with a contact” has no verb, “Messages the
/// customer” does.
fn opens(word: &str, next: Option<&str>) -> Option<Effect> {
    let word = word.to_lowercase();
    let (form, (effect, sense)) =
        forms(&word).into_iter().find_map(|form| Some((form.clone(), english(&form)?)))?;
    let next = next.map(str::to_lowercase);
    let followed = next.as_deref().is_none_or(|next| is(AFTER_VERB, next));
    let doubtful = effect.acts() && (sense == Sense::Either || is(NOUNS_TOO, &form));
    // “Marks of a class”, “Copies of a book”: a plural before “of” is a noun.
    if effect.acts() && word.ends_with('s') && next.as_deref() == Some("of") {
        return None;
    }
    (!doubtful || followed && next.as_deref() != Some("with")).then_some(effect)
}

/// A word, with and without the third-person ending.
fn forms(word: &str) -> Vec<String> {
    let stem = |end: &str, instead: &str| word.strip_suffix(end).map(|stem| format!("{stem}{instead}"));
    [Some(word.to_owned()), stem("s", ""), stem("ies", "y"), stem("es", "")].into_iter().flatten().collect()
}

/// Whether a tool whose name says nothing only answers questions: its description opens with reading or with words that
/// only describe a thing, and its arguments only select what is read. An argument that can state, pay, address or run
/// something makes it an action. That the text names no action proves nothing: there are more verbs than any list holds.
pub(super) fn asks_by_description(tool: &str, hints: Hints<'_>) -> bool {
    // An exam has a subject, just as an e-mail has one.
    let mail = hints
        .arguments
        .iter()
        .any(|other| matches!(other.as_str(), "text" | "body" | "message" | "content" | "to"));
    let own = words(tool).pop().unwrap_or_default();
    // “from” and “to” are the ends of a period.
    let period = hints.arguments.iter().any(|other| matches!(other.as_str(), "from" | "from_date" | "start"));
    let chooses = |argument: &String| {
        matches!(part(Effect::Unknown, argument, Shape::Other), None | Some(Part::Object))
            && !carries(argument)
            || argument == "subject" && !mail
            || argument == "to" && period
    };
    let text = hints.description.trim();
    let known =
        (told(text) == Some(Effect::Read) || describes_a_thing(text)) && hints.arguments.iter().all(chooses);
    // An action needs an object: where the arguments can only say what to look for, weaker evidence is enough.
    let thing = (names_things(&own, text) || names_things_in_chinese(text))
        && hints
            .arguments
            .iter()
            .all(|argument| looks_for(argument) || chooses(argument) && !is_id(argument));
    (known || thing) && (counts_up_things(text) || !goes_on_to_act(text))
}

/// Whether an argument only says what to look for and does not identify a record.
fn looks_for(argument: &str) -> bool {
    const ENGLISH: &str = "q query search keyword keywords filter name owner date day week month year since until limit page offset sort where \
        near city country category kind domain from who account role department kw min max of unit trade sku zip language lang";
    const CHINESE: &str =
        "关键词 名称 姓名 日期 月份 年份 时段 城市 类别 条件 区域 业务 科目 考试 作业 大厅 地区 范围";
    let words = words(argument);
    words.iter().all(|word| is(ENGLISH, word)) && !words.is_empty()
        || CHINESE.split_whitespace().any(|one| one == argument)
}

/// Whether a description opens with a thing where an instruction would have its verb: “Text of a document.”, “Staff by
/// name.”, “Unread text messages.”, “Open deals of a colleague.”
fn names_things(own: &str, text: &str) -> bool {
    const STATES: &str = "free unread open pending new recent unpaid overdue daily weekly monthly public saved own scheduled active";
    const ARTICLES: &str = "a an the this that these those your my our his her its their it them all any each every some to in on at up out off";
    const JOINS: &str = "of by with and that between per";
    const ADJUNCTS: &str = "address company charge price phone room staff team family school class city";
    let lower = text.to_lowercase();
    let first = lower.split(['.', ';', '\n']).next().unwrap_or_default();
    let words: Vec<&str> =
        first.split(|ch: char| !ch.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let (Some(opening), rest) = (words.first(), words.get(1..).unwrap_or_default()) else { return false };
    let at = |place: usize| rest.get(place).copied().unwrap_or_default();
    // The plural of a noun looks like a third-person verb.
    let third = opening.ends_with('s') && !opening.ends_with("ss") && !is(THINGS, opening);
    let verb = forms(opening).iter().any(|form| english(form).is_some_and(|known| known.0.acts()));
    let of = !third && at(0) == "of"
        || !verb && at(0) == "by"
        || is(THINGS, opening) && (rest.is_empty() || is("and or", at(0)));
    // “Open curtains” is an instruction, “open deals” are read; likewise “free slots” and “free the slots”.
    let doubtful = matches!(*opening, "open" | "free");
    let several = |word: &&str| if doubtful { is(THINGS, word) } else { is_plural(word) };
    let state = is(STATES, opening) && rest.iter().take(3).any(several) && !is(ARTICLES, at(0));
    // A word that is in no list is ambiguous: “Distribute coupons of the shop.”
    // `recipes`, “Recipe card of a beer”: the thing that the tool is named after.
    let several = format!("{opening}s");
    let noun = !third && !verb && (is(THINGS, &several) || own == several) || is(ADJUNCTS, opening);
    let two = noun && !is(ARTICLES, at(0)) && (is_plural(at(0)) && is(JOINS, at(1)) || at(1) == "of")
        || is(THINGS, opening) && is(JOINS, at(0));
    // “Brews planned for a week”: done to the things, not by the tool.
    let done = third && !verb && at(0).ends_with("ed") && is("for in on by at since", at(1));
    (of || state || two || done || lists_things(first)) && !acts(&lower)
}

/// “Malt, hops and yeast in store”: in a list of verbs either all end in “s”, or none does.
fn lists_things(sentence: &str) -> bool {
    let items = sentence.split(',').flat_map(|part| part.split(" and "));
    let words: Vec<&str> = items.map(|item| item.split_whitespace().next().unwrap_or_default()).collect();
    let known = |word: &&str| {
        word.is_empty() || forms(word).iter().any(|form| english(form).is_some_and(|known| known.0.acts()))
    };
    let plural = words.iter().filter(|word| is_plural(word)).count();
    words.len() >= 3 && plural > 0 && plural < words.len() && !words.iter().any(known)
}

fn is_plural(word: &str) -> bool {
    word.len() > 3 && word.ends_with('s') && !word.ends_with("ss") && !word.ends_with("us")
}

/// “当班快递员和车辆。”, “我上传过的材料。”: ends with something that is read, and does not open with an action.
fn names_things_in_chinese(text: &str) -> bool {
    const THINGS: &str = "记录 情况 资料 报价 费用 列表 名单 明细 统计 详情 账户 档案 邮件 来信 消息 通知 答复 信息 事项 申请 时段 成绩 教室 车辆 报表 \
        正文 文本 全文 草稿箱 收件箱 留言 评论 收支 材料 办件 假条 接龙表 课表 日程 行程 账单 订单 证照 人员 名册 一览 清单 新闻 天气 路况 余额 额度 流水 余量 库存 空位 排班 进度 规则 日志 \
        房源 场次 座位 航班 车次 优惠券 商品 菜单 ";
    const VERBS: &str = "发放派送赠给让把将开关加减增删改换调设定取退寄付转打写画做建修移停启绑解拉踢禁封撤批审拒补领抽缴充汇借还租买卖订约\
        报提交申上下更变清收用为向对按呼召锁切点播暂冻举投签兑抢拍录喷浇喂导叫接拨摇连断触激唤催救帮替代批一自在";
    let first = text.trim().split(['。', '；', '\n', '（', '(']).next().unwrap_or_default();
    // “给用户发优惠券”, “派发优惠券”: a verb that is in no list, with only its object at the end.
    let opens =
        first.chars().next().is_some_and(|first| VERBS.contains(first)) || first.contains(['给', '让', '使']);
    let kept = ["记录", "列表", "箱"].iter().any(|kept| first.ends_with(kept));
    let state = kept || STATES.split(' ').any(|state| first.ends_with(state));
    if opens && !state {
        return false;
    }
    let listed = counts_up_things(first);
    let acts = !listed
        && chinese(first).iter().any(|(place, effect)| effect.acts() && !is_noun_in_chinese(first, *place));
    // “今明骑手排班，谁还能接几单”: says what is answered.
    let asks = ["谁", "几", "哪", "多少", "什么", "是否"].iter().any(|word| first.contains(word));
    let named = first.split('，').next().unwrap_or_default();
    // “流水，含对方附言”: says what else is in it.
    let first = first
        .split_once('，')
        .filter(|(_, rest)| rest.starts_with(['含', '包']))
        .map_or(first, |(thing, _)| thing);
    let ends = |text: &str| THINGS.split_whitespace().any(|thing| text.ends_with(thing));
    !first.is_ascii() && (ends(first) || asks && ends(named)) && !acts && !first.contains(['把', '将'])
}

/// “店铺的地址、绑定银行卡等资料。”: an enumeration of things.
fn counts_up_things(text: &str) -> bool {
    text.contains('、') && ["等资料", "等信息"].iter().any(|end| text.trim_end_matches('。').ends_with(end))
}

/// “Current advertisements.”, “All flats with tenants.”: an opening that no action has, with no action named after it.
fn describes_a_thing(text: &str) -> bool {
    const OPENINGS: &str = "the all every everything current latest newest recent available upcoming past details overview \
        information your our my who which what how when where whether";
    // “The tool deletes …” is about the tool.
    const ITSELF: &str =
        "tool tools function agent api service server command action endpoint method skill plugin";
    let lower = text.to_lowercase();
    let mut words = lower.split(|ch: char| !ch.is_alphanumeric()).filter(|word| !word.is_empty());
    let (first, second) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    // “Messages with a contact”, “Mails received, newest first”, “Calls, mails and notes”. A word that is in no list is
    // ambiguous: “Unsubscribes from a list” acts.
    let of = ["of", "with", "from", "between", "about", "that", "which", "who"];
    let list = lower.get(first.len()..).is_some_and(|rest| rest.starts_with(','));
    let several = of.contains(&second) || second.len() > 4 && second.ends_with("ed") || list;
    let a_list = matches!(first, "a" | "an") && matches!(second, "list" | "overview" | "summary" | "table");
    let thing = is(OPENINGS, first) && !is(ITSELF, second) || a_list || several && is(THINGS, first);
    thing && !acts(&lower)
}

/// Whether a space-separated list contains a word.
fn is(list: &str, word: &str) -> bool {
    list.split_whitespace().any(|one| one == word)
}

/// Plural nouns for things that are read.
const THINGS: &str = "messages mails emails letters orders calls notes contacts events tasks files documents records rows entries \
    members deals jobs companies prices addresses tenants customers clients users people colleagues employees friends rents payments invoices bills transactions bookings \
    reservations repairs tickets issues comments posts photos pictures items products prices rates slots times rooms flights hotels \
    trades quotes offers listings advertisements accounts balances claims requests applications appointments reports results \
    articles pages subscribers followers drafts episodes vehicles cars stations parcels shipments deliveries suppliers";

/// Whether an argument states what shall be, rather than what to read.
fn carries(argument: &str) -> bool {
    const CARRIES: &str = "text body message content contents note comment remark reason value values price state enabled enable on off new \
        action mode level data payload score total amount count quantity qty to greeting description subject speed \
        temperature brightness volume position approved decision answer reply rating vote file attachment code";
    const CHINESE: &str = "面额 张数 件数 份数 次数 折扣 内容 正文 备注 金额 价格 数量 理由 原因 说明 是否 开关 温度 亮度 评分 分数 评语 收件 收款 接收 手机 电话 地址 文件 附件 操作 状态 祝福";
    // `to_city` selects, just as `from_city` does.
    let words: Vec<String> =
        words(argument).into_iter().filter(|word| word != "to" || argument == "to").collect();
    words.iter().any(|word| is(CARRIES, word))
        || CHINESE.split_whitespace().any(|carried| argument.contains(carried))
}

/// Whether the text goes on to an action: “Looks up an order and cancels it”.
fn goes_on_to_act(text: &str) -> bool {
    const JOINS: &[&str] = &["and", "or", "then", "并", "然后", "再", "或", "，", "；", "、"];
    let lower = text.to_lowercase();
    let joined = |join: &&str| {
        lower.match_indices(*join).any(|(at, join)| acts(lower.get(at + join.len()..).unwrap_or_default()))
    };
    JOINS.iter().any(joined)
}

fn acts(text: &str) -> bool {
    let words = text.split(|ch: char| !ch.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let verb = |form: &String| {
        matches!(english(form), Some((effect, Sense::Verb)) if effect.acts()) && !is(NOUNS_TOO, form)
    };
    words.map(forms).any(|forms| forms.iter().any(verb))
        || chinese(text).iter().any(|(place, effect)| effect.acts() && !is_noun_in_chinese(text, *place))
}

#[cfg(test)]
mod tests {
    use super::super::classify;
    use super::*;

    fn class(tool: &str, description: &str, arguments: &[&str]) -> Effect {
        let arguments: Vec<String> = arguments.iter().map(|&argument| argument.to_owned()).collect();
        classify(tool, Hints { description, arguments: &arguments })
    }

    #[test]
    fn a_noun_that_opens_a_description_is_no_act() {
        assert_eq!(class("thread", "Messages with a contact, newest first.", &["contact"]), Effect::Read);
        assert_eq!(
            class("vehicle_get_status", "Charge level, range and place of a car.", &["car"]),
            Effect::Read
        );
        assert_eq!(class("thread", "Messages the customer.", &["customer"]), Effect::Send);
        assert_eq!(class("get_card", "Charges the card on file.", &["card"]), Effect::Pay);
    }

    #[test]
    fn what_is_done_to_something_in_chinese_is_an_act_whatever_the_verb() {
        assert_eq!(class("member_balance", "把余额转到其他会员", &["to"]), Effect::Change);
        assert_eq!(class("parking.whitelist", "车牌加入免费放行名单。", &["plate", "until"]), Effect::Change);
        assert_eq!(class("text_info", "把文本翻译成英文", &["text"]), Effect::Read);
    }

    #[test]
    fn a_name_that_says_nothing_asks_where_its_description_does() {
        for (tool, description, arguments) in [
            ("listings", "Current advertisements.", &[][..]),
            ("recipes", "Recipe card of a beer.", &["beer"]),
            ("brew_schedule", "Brews planned for a week.", &["week"]),
            ("stock", "Malt, hops, yeast and kegs in store.", &["group"]),
            ("accounts", "名下各账户余额、可用额度", &[]),
            ("transactions", "某账户某段时间的流水，含对方附言", &["account", "from", "to"]),
            ("tenants_overview", "All flats with tenants and rents.", &["month"]),
            ("address_book", "Look up tradespeople and other contacts.", &["who"]),
            ("inbox", "Mails received, newest first.", &["about"]),
            ("timeline", "Calls, mails and notes of a contact.", &["object_id"]),
            ("listComments", "文章的留言。", &["articleId"]),
            ("getSalaryBands", "Pay range of a level.", &["level"]),
            ("vendor_directory", "Trades that work for us.", &["trade"]),
            ("收款卡列表", "绑定的银行卡。", &[]),
            ("mpReadDraft", "读公众号草稿。", &["mediaId"]),
            ("signups", "查看活动报名表。", &["activity"]),
            ("我的证照", "列出电子证照和材料库。", &[]),
            ("doc", "Text of an uploaded document.", &["name"]),
            ("staff", "Colleagues by name or role.", &["q"]),
            ("team-members", "Colleagues.", &[]),
            ("messages_unread", "Unread text messages on the paired phone.", &[]),
            ("pipeline", "Open deals of a colleague.", &["owner"]),
            ("rent_ledger", "Rent due and received, all units.", &["month"]),
            ("open_repairs", "Repairs that are not finished.", &[]),
            ("getGroupHistory", "群聊记录。", &["groupName"]),
            ("couriers_on_duty", "当班快递员和车辆。", &[]),
            ("材料库", "我上传过的证照和材料。", &[]),
            ("消息盒", "部门发来的通知和答复。", &[]),
            ("mail_inbox", "收件箱。", &["from"]),
            ("contacts", "Address book of other practices.", &["name"]),
            ("free_slots", "Free appointment times.", &["date", "vet"]),
            ("评论区", "最近一条视频下的评论。", &["视频"]),
            ("feeAccount", "学员缴费情况。", &["month"]),
            ("收邮件", "看邮件。", &["发件人"]),
            ("read_file", "Read a file and return its contents.", &["path"]),
            ("get_terms_and_conditions", "", &[]),
            ("get_drag_and_drop_state", "", &[]),
            ("search_products", "Searches products and prices, and returns them with links.", &["q"]),
            ("查询订单和退款记录", "", &["编号"]),
            ("get_messages", "Gets messages and send dates of a chat.", &["chat"]),
        ] {
            assert_eq!(class(tool, description, arguments), Effect::Read, "{tool}");
        }
    }

    #[test]
    fn what_may_act_stays_an_act() {
        for (tool, description, arguments) in [
            ("siren", "The siren of the house.", &["state"][..]),
            ("recipes", "Recipe card of a beer.", &["beer", "value"]),
            ("kitchen", "Freeze, thaw and cook meals.", &["dish"]),
            ("kitchen", "Freezes, thaws and cooks meals.", &["dish"]),
            ("flow", "Bends planned for the pipe.", &["to"]),
            ("desk", "Looks up an order and cancels it.", &["order_id"]),
            ("show_page", "Shows a page, then posts it to the team.", &["page"]),
            ("get_report", "Reads a report and sends it to everybody.", &["id"]),
            ("search_and_delete", "", &["query"]),
            ("list-then-send", "", &["box"]),
            ("find_and_replace", "", &["text"]),
            ("read_and_sign", "", &["id"]),
            ("查询并删除", "", &["编号"]),
            ("查看后转发", "", &["编号"]),
            ("box", "The mailbox of the team.", &["to", "text"]),
            ("hotline", "向部门反映问题。", &["部门", "内容"]),
            ("thing", "", &[]),
            // Verbs that are in no list here.
            ("bindOperator", "绑定运营者微信号。", &["wechatId"]),
            ("预留手机", "换绑预留手机。", &["编号"]),
            ("tank", "Drain the tank.", &["id"]),
            ("newsletter", "Unsubscribes from a list.", &["list_id"]),
            ("link_thing", "Disconnects from the account.", &["id"]),
            ("box", "Disposes of the item.", &["item_id"]),
            ("janitor", "The tool deletes all records.", &["id"]),
            ("janitor", "The function that disconnects an account.", &["id"]),
            ("janitor", "Your orders, cancelled by number: cancel one.", &["id"]),
            ("janitor", "When called, wipes the folder.", &["folder"]),
            ("tank", "Drain the tank.", &[]),
            ("cache", "Flushes caches of the device.", &[]),
            ("door", "Opens.", &[]),
            ("open_gates", "Opens the gates of the yard.", &[]),
            ("open_door", "The door.", &["door"]),
            ("群", "将会话静音。", &[]),
            ("余额", "提现全部余额。", &[]),
            ("发优惠券", "给用户发优惠券。", &["名称"]),
            ("优惠券", "派发优惠券。", &[]),
            ("profile", "帮用户修改信息。", &[]),
            ("profile", "一键清空记录。", &[]),
            ("lamp", "切换灯光状态。", &[]),
            ("car", "呼叫附近的车辆。", &[]),
            ("coupons", "Distribute coupons of the shop.", &[]),
            ("curtains", "Open curtains in all rooms.", &[]),
            ("crowd", "Mail customers of the shop.", &[]),
        ] {
            assert!(class(tool, description, arguments).acts(), "{tool}");
        }
    }

    #[test]
    fn names_in_chinese() {
        for name in ["查快递", "搜订单", "看日程", "通讯录", "我的证照"] {
            assert_eq!(class(name, "", &[]), Effect::Read, "{name}");
        }
        // Verbs that are in no list here, before things that could also be read.
        for name in ["换课", "查封账户", "查杀病毒", "找零", "拉黑联系人", "更正资料", "变卖库存"]
        {
            assert!(class(name, "", &[]).acts(), "{name}");
        }
        assert_eq!(class("redPacket", "在群里发红包。", &["groupName", "total"]), Effect::Pay);
        assert_eq!(class("unpublish-episode", "", &["episode"]), Effect::Change);
        assert_eq!(class("swap_lessons", "", &[]), Effect::Change);
        assert_eq!(class("swap_tokens", "", &[]), Effect::Pay);
    }
}
