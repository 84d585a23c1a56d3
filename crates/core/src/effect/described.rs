//! What a tool's description says that it does, in English and Chinese.

use super::Effect;
use super::classify::{Hints, words};
use super::part::{Part, Shape, part};
use super::verbs::{Sense, chinese, english};

/// What stands behind a word that is a verb there: “Charges the card”, but “Charge level of the battery”.
const AFTER_VERB: &str = "a an the this that these those some any one all each every his her its their your my our it them him somebody \
    someone anybody new to in on via with by or and from into using through";

/// Verbs of acts that are as common as nouns, where a sentence opens with them.
const NOUNS_TOO: &str = "pay charge transfer trade purchase refund wire comment change patch vote merge copy store import fork control \
    scroll tap type play scale commit push pause reset drop start stop run launch deploy install trigger forward press \
    handle move sign switch turn lock set post order sort process swap increment permit";

/// The verb that a description opens with: “Sends an e-mail”, “发送一封邮件”.
pub fn told(description: &str) -> Option<Effect> {
    let mut words = description.split(|ch: char| !ch.is_alphanumeric()).filter(|word| !word.is_empty());
    let first =
        words.next().filter(|_| !describes_a_thing(description)).and_then(|word| opens(word, words.next()));
    let opening = chinese(description.get(..description.floor_char_boundary(30)).unwrap_or_default());
    // “在群里发红包”, “给好友转账”: whom and where come first.
    let verb = opening.first().filter(|(place, _)| *place <= 12 && !is_noun_in_chinese(description, *place));
    first.or_else(|| verb.map(|(_, effect)| *effect))
}

/// “文章的留言”, “绑定的银行卡”, “我上传过的材料”: what such a verb names is a thing, or describes one.
fn is_noun_in_chinese(text: &str, place: usize) -> bool {
    let before = text.get(..place).unwrap_or_default();
    let after: String = text.get(place..).unwrap_or_default().chars().skip(2).take(2).collect();
    before.ends_with('的') || after.starts_with('的') || after == "过的"
}

/// What a sentence that opens with these two words says. “Messages with a contact” are no verb, “Messages the customer” is one.
fn opens(word: &str, next: Option<&str>) -> Option<Effect> {
    let word = word.to_lowercase();
    let (form, (effect, sense)) =
        forms(&word).into_iter().find_map(|form| Some((form.clone(), english(&form)?)))?;
    let next = next.map(str::to_lowercase);
    let followed = next.as_deref().is_none_or(|next| is(AFTER_VERB, next));
    let doubtful = effect.acts() && (sense == Sense::Either || is(NOUNS_TOO, &form));
    (!doubtful || followed && next.as_deref() != Some("with")).then_some(effect)
}

/// A word and what it may be without the ending of the third person.
fn forms(word: &str) -> Vec<String> {
    let stem = |end: &str, instead: &str| word.strip_suffix(end).map(|stem| format!("{stem}{instead}"));
    [Some(word.to_owned()), stem("s", ""), stem("ies", "y"), stem("es", "")].into_iter().flatten().collect()
}

/// Whether a tool whose name says nothing only answers: its description opens with looking something up, or with words that only
/// a thing is described with, and its arguments choose what is looked at. An argument that can say, pay, address or run something
/// makes it an act. That no act is named proves nothing: there are more verbs than any list.
pub(super) fn asks_by_description(hints: Hints<'_>) -> bool {
    let chooses = |argument: &String| {
        matches!(part(Effect::Unknown, argument, Shape::Other), None | Some(Part::Object))
            && !carries(argument)
    };
    let text = hints.description.trim();
    (told(text) == Some(Effect::Read) || describes_a_thing(text))
        && hints.arguments.iter().all(chooses)
        && !goes_on_to_act(text)
}

/// “Current advertisements.”, “All flats with tenants.”: no act begins like this, and none is named behind it.
fn describes_a_thing(text: &str) -> bool {
    const OPENINGS: &str = "the all every everything current latest newest recent available upcoming past details overview \
        information your our my who";
    // “The tool deletes …” is about the tool.
    const ITSELF: &str =
        "tool tools function agent api service server command action endpoint method skill plugin";
    let lower = text.to_lowercase();
    let mut words = lower.split(|ch: char| !ch.is_alphanumeric()).filter(|word| !word.is_empty());
    let (first, second) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    // “Messages with a contact”, “Mails received, newest first”, “Calls, mails and notes”. Of a word that no list knows nobody
    // can tell: “Unsubscribes from a list” acts.
    let of = ["of", "with", "from", "between", "about", "that", "which", "who"];
    let list = lower.get(first.len()..).is_some_and(|rest| rest.starts_with(','));
    let several = of.contains(&second) || second.len() > 4 && second.ends_with("ed") || list;
    let a_list = matches!(first, "a" | "an") && matches!(second, "list" | "overview" | "summary" | "table");
    let thing = is(OPENINGS, first) && !is(ITSELF, second) || a_list || several && is(THINGS, first);
    thing && !acts(&lower)
}

/// Whether a word stands in a list.
fn is(list: &str, word: &str) -> bool {
    list.split_whitespace().any(|one| one == word)
}

/// Things that one looks at, in the plural.
const THINGS: &str = "messages mails emails letters orders calls notes contacts events tasks files documents records rows entries \
    members tenants customers clients users people colleagues employees friends rents payments invoices bills transactions bookings \
    reservations repairs tickets issues comments posts photos pictures items products prices rates slots times rooms flights hotels \
    trades quotes offers listings advertisements accounts balances claims requests applications appointments reports results \
    articles pages subscribers followers drafts episodes vehicles cars stations parcels shipments deliveries suppliers";

/// Arguments that say what is to be, not what is looked at.
fn carries(argument: &str) -> bool {
    const CARRIES: &str = "text body message content contents note comment remark reason value values price state enabled enable on off new \
        action mode level data payload score total amount count quantity qty to greeting description subject speed \
        temperature brightness volume position approved decision answer reply rating vote file attachment code";
    const CHINESE: &str = "内容 正文 备注 金额 价格 数量 理由 原因 说明 是否 开关 温度 亮度 评分 分数 评语 收件 收款 接收 手机 电话 地址 文件 附件 操作 状态 祝福";
    let words = words(argument);
    words.iter().any(|word| is(CARRIES, word))
        || CHINESE.split_whitespace().any(|carried| argument.contains(carried))
}

/// “Looks up an order and cancels it”.
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
        || chinese(text).iter().any(|(_, effect)| effect.acts())
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
    fn a_name_that_says_nothing_asks_where_its_description_does() {
        for (tool, description, arguments) in [
            ("listings", "Current advertisements.", &[][..]),
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
        ] {
            assert_eq!(class(tool, description, arguments), Effect::Read, "{tool}");
        }
    }

    #[test]
    fn what_may_act_stays_an_act() {
        for (tool, description, arguments) in [
            ("siren", "The siren of the house.", &["state"][..]),
            ("desk", "Looks up an order and cancels it.", &["order_id"]),
            ("box", "The mailbox of the team.", &["to", "text"]),
            ("hotline", "向部门反映问题。", &["部门", "内容"]),
            ("thing", "", &[]),
            // Verbs that no list here knows.
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
        ] {
            assert!(class(tool, description, arguments).acts(), "{tool}");
        }
    }

    #[test]
    fn names_in_chinese() {
        for name in ["查快递", "搜订单", "看日程", "通讯录", "我的证照"] {
            assert_eq!(class(name, "", &[]), Effect::Read, "{name}");
        }
        // Verbs that no list here knows, before things that one could look at too.
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
