//! What the user's own words ask for.
//!
//! A word counts only where it is a verb: “mail Anna” asks for something to be sent, “the mail that I got” does not. The
//! lexicon is coarse on purpose: it tells whether a class of effect was asked for at all, not which call.

mod chinese;
mod phrases;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use crate::effect::Effect;
use chinese::chinese;
use phrases::{Wanted, phrases};

/// What the turns of a user ask for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "independent facts; no two of them make a state")]
pub struct Intent {
    classes: BTreeSet<Effect>,
    /// Whether they want something done in words that no class here covers: “knock twenty off the price”.
    acts: bool,
    /// Whether they hand the decision to a text: “do what the mail says”.
    pub delegates: bool,
    /// Whether they speak of links, pages or articles.
    pub links: bool,
    /// Whether they speak of several people or things: “everybody”, “all participants”.
    pub many: bool,
    /// Whether they ask for a reply to somebody.
    pub replies: bool,
    /// Whether they want something ended: cancelled, taken back, switched off.
    pub ends: bool,
}

impl Intent {
    /// Reads the user's own turns, without anything the agent pasted into them.
    pub fn of<'t>(turns: impl IntoIterator<Item = &'t str>) -> Self {
        let mut intent = Self::default();
        for turn in turns {
            intent.read_classes(turn, Wanted::AnyWish);
            intent.delegates |= delegates(turn);
            intent.links |= holds(turn, LINKS);
            intent.many |= holds(turn, MANY);
            intent.replies |= holds(turn, REPLIES);
            intent.ends |= holds(turn, ENDINGS);
        }
        intent
    }

    fn read_classes(&mut self, turn: &str, wanted: Wanted) {
        phrases(turn, wanted, self);
        if !turn.is_ascii() {
            chinese(turn, self);
        }
    }

    /// Whether they want anything done at all.
    pub fn wants(&self) -> bool {
        self.acts || !self.classes.is_empty()
    }

    /// What two texts ask for together.
    #[must_use]
    pub fn and(mut self, other: &Self) -> Self {
        self.classes.extend(&other.classes);
        self.acts |= other.acts;
        self.delegates |= other.delegates;
        self.links |= other.links;
        self.many |= other.many;
        self.replies |= other.replies;
        self.ends |= other.ends;
        self
    }

    /// Whether an effect of this class was asked for. Creating and changing are asked for in the same words, and in words
    /// that are in no lexicon; for an unknown class, any request to act suffices.
    pub fn asks_for(&self, effect: Effect) -> bool {
        let any = |classes: &[Effect]| classes.iter().any(|class| self.classes.contains(class));
        match effect {
            Effect::Read => true,
            Effect::Fetch => self.links,
            Effect::Create | Effect::Change => self.acts || any(&[Effect::Create, Effect::Change]),
            Effect::Execute => any(&[Effect::Execute, Effect::Create, Effect::Change, Effect::Delete]),
            // A wish merely to tell somebody something does not extend to anything else.
            Effect::Unknown => self.acts || self.classes.iter().any(|class| *class != Effect::Send),
            other => any(&[other]),
        }
    }
}

/// Whether a third-party text asks for an effect of this class, or to have something looked up.
pub fn urges(text: &str, effect: Effect) -> bool {
    match effect {
        Effect::Fetch => return holds(text, VISITS),
        Effect::Read => return holds(text, LOOKS),
        _ => {}
    }
    let mut intent = Intent::default();
    // Anybody's prose contains words that could be a wish of some kind.
    intent.read_classes(text, Wanted::Classes);
    orders(text, &mut intent);
    intent.acts = false;
    intent.asks_for(effect)
}

/// Notes words that may be nouns as verbs if an object follows: “set the phone”, “book a room”. In a stranger's text that
/// suffices, wherever the sentence starts.
fn orders(text: &str, intent: &mut Intent) {
    let lower = text.to_lowercase();
    let words: Vec<&str> =
        lower.split(|ch: char| !ch.is_ascii_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let pairs = words.iter().zip(words.iter().skip(1)).enumerate();
    for (at, (word, next)) in pairs.filter(|(_, (_, next))| OBJECTS.contains(next)) {
        let before = at.checked_sub(1).and_then(|before| words.get(before)).copied().unwrap_or_default();
        note(
            intent,
            &BY_EITHER,
            word,
            !after_article(before) && !NEGATIONS.contains(&before) && *next != "me",
        );
    }
}

/// Words that follow a verb but rarely a noun.
const OBJECTS: &[&str] = &[
    "the",
    "a",
    "an",
    "my",
    "your",
    "his",
    "her",
    "its",
    "their",
    "our",
    "it",
    "them",
    "this",
    "these",
    "those",
    "him",
    "everyone",
    "everybody",
    "all",
    "every",
    "another",
    "one",
];

/// Words for what can be read on the web.
const LINKS: &str = "link links linked article articles page pages webpage website websites site sites url urls blog visit browse \
    http https web online internet 链接 网页 网址 文章 网站 页面 浏览 网上 博客";

/// Words that ask to open an address.
const VISITS: &str = "visit open go click fetch browse load navigate download follow check call get 访问 打开 点击 点开 下载 浏览 查看 加载 载入 前往 跳转 抓取";

/// Words that ask to look something up.
const LOOKS: &str = "read look find search get show check open list retrieve see view fetch include 读 看 查 找 搜索 获取 打开 列出";

/// Words that ask for something to end.
const ENDINGS: &str = "cancel cancels cancelled canceled cancelling canceling delete remove drop terminate decline reject revoke disable \
    close stop clear unsubscribe unfollow quit leave off deactivate ban block suspend void undo withdraw refuse rid anymore \
    end ends unpublish archive archives archived archiving 归档 存档 踢 驳 撤下 拒收 下架 请出去 移出 取消 删 停 关 退订 退货 退掉 退款 退了 退课 退票 退房 退群 退出 退学 退租 退会 拒 撤 终止 结束 解除 清 注销 封 禁 屏蔽 作废 不要了 不去 不想";

/// Words for several people or things.
const MANY: &str = "all every everybody everyone each both them members participants attendees colleagues people team users \
    guests same 所有 全退 全删 全取消 全关 全停 每个 每位 每人 大家 全体 全部 各位 他们 她们 成员 同样";

/// Words that ask for a reply.
const REPLIES: &str = "reply answer respond back 回复 回信 答复 回邮件 回他 回她 回个 回一 回条 回句";

/// Whether one of these words occurs in a text; English ones as whole words.
fn holds(text: &str, words: &str) -> bool {
    let lower = text.to_lowercase();
    let (ascii, other): (Vec<&str>, Vec<&str>) = words.split_whitespace().partition(|word| word.is_ascii());
    lower.split(|ch: char| !ch.is_ascii_alphanumeric()).any(|word| ascii.contains(&word))
        || other.iter().any(|word| lower.contains(word))
}

/// Words that are almost always verbs.
const VERBS: &[(Effect, &str)] = &[
    (
        Effect::Send,
        "send reply respond forward notify inform tell ask publish tweet submit announce invite remind cc deliver broadcast \
         congratulate thank apologise apologize warn brief confirm chase nudge relay escalate \
         apply claim",
    ),
    (
        Effect::Pay,
        "pay repay transfer refund buy purchase donate reimburse compensate remit checkout withdraw settle",
    ),
    (
        Effect::Create,
        "create add save store write remember memorize schedule register generate draft upload compose reserve arrange \
         organize organise memorise insert append jot keep rent hire lease enroll enrol commission enter apply nominate pencil",
    ),
    (
        Effect::Change,
        "update edit modify rename move change fix correct replace cancel reschedule adjust configure enable disable mark \
         merge archive resolve approve reject assign restore switch turn complete close reopen revoke reset refactor \
         implement improve rewrite format unsubscribe subscribe postpone extend unlock lock follow unfollow dim raise lower increase \
         decrease activate deactivate pause resume skip mute unmute pin unpin star swap knock bump double halve shift hide unhide \
         promote demote upgrade downgrade renew accept decline confirm finish reassign award grade score amend shorten lengthen \
         adapt tidy feature",
    ),
    (
        Effect::Delete,
        "delete remove erase discard purge wipe trash forget drop clear uninstall kick bin scrap",
    ),
    (Effect::Grant, "grant invite authorize authorise permit share allow license licence"),
    (
        Effect::Credential,
        "login authenticate rotate reset sign-in unlock password passwords passcode pin credential credentials",
    ),
    (
        Effect::Execute,
        "run execute install compile deploy restart launch test build calculate compute plot analyze analyse convert \
         simulate benchmark debug",
    ),
];

/// Words that are just as often nouns.
const EITHER: &[(Effect, &str)] = &[
    (
        Effect::Send,
        "email e-mail mail message text post share contact answer call ping write file report request",
    ),
    (Effect::Pay, "order wire charge tip deposit sell trade"),
    (
        Effect::Create,
        "book note record file log put set make copy plan build open order request claim issue raise list",
    ),
    (Effect::Change, "set put open block label tag take call push bring cut let rate sign check rank"),
    (Effect::Credential, "log sign"),
    (Effect::Execute, "start stop process sort count"),
];

/// Words that precede a verb where a noun could not follow.
const BEFORE_VERB: &[&str] = &[
    "to", "please", "and", "then", "you", "also", "just", "should", "must", "i'll", "let's", "lets", "now",
    "or", "kindly", "can", "could", "would", "will", "it", "pls", "so",
];

/// Words that negate a verb.
const NEGATIONS: &[&str] =
    &["not", "don't", "dont", "never", "without", "no", "doesn't", "didn't", "won't", "can't", "cannot"];

fn english(turn: &str, intent: &mut Intent) {
    let mut before: [&str; 3] = [""; 3];
    let mut clause = true;
    let mut denied = false;
    let lower = turn.to_lowercase().replace('’', "'");
    let mut rest = lower.as_str();
    while let Some(start) = rest.find(|ch: char| ch.is_ascii_alphabetic()) {
        let between = rest.get(..start).unwrap_or_default();
        clause |=
            between.chars().any(|ch| !matches!(ch, ' ' | '\t' | '(' | ')' | '"' | '\'' | '/' | '*' | '_'));
        let comma = between.contains(',');
        rest = rest.get(start..).unwrap_or_default();
        if comma && (is_a_negated_statement(before) || is_negated(before) && !is_listed(rest)) {
            before = [""; 3];
        }
        denied |= comma && is_negated(before);
        let end = rest
            .find(|ch: char| !(ch.is_ascii_alphabetic() || matches!(ch, '\'' | '-')))
            .unwrap_or(rest.len());
        let word = rest.get(..end).unwrap_or_default();
        rest = rest.get(end..).unwrap_or_default();
        let [.., last] = before;
        // “If there are no bacteria tell him”: “no” negates the bacteria, not the telling.
        let negated =
            denied || before.iter().any(|word| NEGATIONS.contains(word) && (*word != "no" || last == "no"));
        let verb_like = clause || BEFORE_VERB.contains(&last);
        // `send_mail` or `a/send`: a name, not a wish.
        let named = rest.starts_with(['_', '@'])
            || (rest.starts_with('.') && rest.get(1..2).is_some_and(|next| next != " " && next != "\n"));
        if ANSWERS.contains(&word) && is_answered(rest) {
            // “Remind me” asks for something to be stored, “tell me” for an answer; nothing is sent to anybody else.
            if word == "remind" && !negated {
                intent.classes.insert(Effect::Create);
            }
        } else if word == "know"
            && before.contains(&"let")
            && !before.iter().any(|word| matches!(*word, "me" | "us"))
        {
            // “Let Anna know”; there may be a name of two words in between.
            intent.classes.insert(Effect::Send);
        } else if !negated && !named {
            note(intent, &BY_VERB, word, !after_article(last));
            note(intent, &BY_EITHER, word, verb_like);
        }
        clause = false;
        // “If not, pay him”: what follows is wanted.
        before = if word == "not" && last == "if" { [""; 3] } else { [before[1], before[2], word] };
    }
}

/// “He has not paid, send him …”: the negation belongs to the paying.
fn is_a_negated_statement(words: [&str; 3]) -> bool {
    const STATES: &[&str] = &["has", "have", "had", "is", "are", "was", "were"];
    const SHORT: &[&str] = &["hasn't", "haven't", "isn't", "aren't", "wasn't", "weren't", "hadn't"];
    let denied = |pair: &[&str]| matches!(pair, [state, "not"] if STATES.contains(state));
    words.windows(2).any(denied) || words.iter().any(|word| SHORT.contains(word))
}

/// Whether the words before a comma negate a verb: “don't merge it”.
fn is_negated(words: [&str; 3]) -> bool {
    let at = words.iter().position(|word| word.ends_with("n't") || matches!(*word, "not" | "never"));
    at.and_then(|at| words.get(at + 1)).is_some_and(|verb| !verb.is_empty())
}

/// Whether what follows a comma goes on with a list, so that a negation holds for it too: “don't open, read or forward it”, but not
/// “don't merge it, tell Sam”.
fn is_listed(rest: &str) -> bool {
    let sentence = rest.split(['.', ';', '!', '?', '\n']).next().unwrap_or_default();
    let mut words = sentence.split(|ch: char| !ch.is_ascii_alphanumeric());
    sentence.contains(',') || words.any(|word| matches!(word, "or" | "nor"))
}

/// Verbs that ask for an answer when their object is the speaker.
const ANSWERS: &[&str] = &["tell", "ask", "inform", "notify", "remind", "answer", "reply", "respond"];

/// Whether the speaker is the one to be told: “me”, “us”, “to me”.
fn is_answered(rest: &str) -> bool {
    let mut words = rest.split_whitespace().map(|word| word.trim_end_matches(|ch: char| !ch.is_alphabetic()));
    let first = words.next().unwrap_or_default();
    let whom = if first == "to" { words.next().unwrap_or_default() } else { first };
    rest.starts_with(' ') && matches!(whom, "me" | "us")
}

fn note(intent: &mut Intent, table: &ByWord, word: &str, counts: bool) {
    if counts {
        intent.classes.extend(table.get(word).into_iter().flatten());
    }
}

/// The effects that each word asks for.
type ByWord = BTreeMap<&'static str, Vec<Effect>>;

static BY_VERB: LazyLock<ByWord> = LazyLock::new(|| by_word(VERBS));
static BY_EITHER: LazyLock<ByWord> = LazyLock::new(|| by_word(EITHER));

fn by_word(table: &'static [(Effect, &'static str)]) -> ByWord {
    let mut all = ByWord::new();
    for (effect, words) in table {
        words.split_ascii_whitespace().for_each(|word| all.entry(word).or_default().push(*effect));
    }
    all
}

/// “the reply”, “my transfer”.
fn after_article(word: &str) -> bool {
    matches!(
        word,
        "the"
            | "a"
            | "an"
            | "my"
            | "your"
            | "his"
            | "her"
            | "their"
            | "our"
            | "this"
            | "that"
            | "last"
            | "of"
            | "every"
    )
}

/// English phrases that leave the decision to a text.
const DELEGATIONS: &[&str] = &[
    "follow the instruction",
    "follow its instruction",
    "follow their instruction",
    "follow the steps",
    "follow the runbook",
    "follow the checklist",
    "follow the guide",
    "follow the list",
    "follow the to-do",
    "follow the procedure",
    "follow the recipe",
    "follow the plan",
    "work through",
    "work off",
    "carry out the instruction",
    "do whatever",
    "do everything it says",
    "do what it says",
    "do as it says",
    "do as he says",
    "do as she says",
    "do as they say",
    "take care of everything in",
    "complete the tasks in",
    "do the tasks in",
    "do all the tasks",
    "handle everything in",
    "execute the instruction",
    "do what's in",
    "act on the mail",
    "act on the email",
];

/// Chinese phrases that leave the decision to a text.
const CHINESE_DELEGATIONS: &[&str] = &[
    "说什么就做什么",
    "怎么说就怎么做",
    "里的要求做",
    "中的要求做",
    "里的要求办",
    "中的要求办",
    "里的说明做",
    "里的说明操作",
    "中的说明操作",
    "里的指示",
    "中的指示",
    "里的步骤",
    "中的步骤",
    "说的做",
    "说的办",
    "说的去做",
    "要求的做",
    "要求去做",
    "里的任务",
    "中的任务",
    "里的待办",
    "中的待办",
    "里写的做",
    "的指令执行",
    "里的指令",
    "中的指令",
];

/// Whether a turn says “do what the mail says”.
fn delegates(turn: &str) -> bool {
    let lower = turn.to_lowercase();
    let plain: String = lower.split_whitespace().collect::<Vec<_>>().join(" ");
    let says = |subject: &str| {
        ["says", "asks", "wants", "tells", "said", "describes"]
            .iter()
            .any(|verb| plain.contains(&format!("{subject} {verb}")))
    };
    let what = ["what the ", "whatever the ", "as the ", "everything the "].iter().any(|start| {
        plain.match_indices(start).any(|(at, _)| {
            let rest = plain.get(at + start.len()..).unwrap_or_default();
            rest.split(' ').take(4).any(|word| {
                ["says", "asks", "wants", "tells"].contains(&word.trim_end_matches(['.', ',', '!']))
            })
        })
    });
    let does = ["do ", "follow ", "act ", "proceed "].iter().any(|verb| plain.contains(verb));
    DELEGATIONS.iter().any(|phrase| plain.contains(phrase))
        || (does && (what || says("what it") || says("what he") || says("what she")))
        || CHINESE_DELEGATIONS.iter().any(|phrase| turn.contains(phrase))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asks(turn: &str, effect: Effect) -> bool {
        Intent::of([turn]).asks_for(effect)
    }

    #[test]
    fn wishes_in_english() {
        for (turn, effect) in [
            ("Ola has not paid, send her a reminder", Effect::Send),
            ("Send the report to anna@example.com", Effect::Send),
            ("Could you mail Anna that I'm late?", Effect::Send),
            ("read my inbox and reply to Bob", Effect::Send),
            ("Email the team about lunch.", Effect::Send),
            ("please pay the invoice", Effect::Pay),
            ("delete the event on Friday", Effect::Delete),
            ("Remember that I like tea", Effect::Create),
            ("remind me tomorrow", Effect::Create),
            ("tell Anna that I am late", Effect::Send),
            ("book a table for two", Effect::Create),
            ("rename the file", Effect::Change),
            ("let Dana Kim know by mail when it starts", Effect::Send),
            ("unlock the door", Effect::Change),
            ("ask there which version it is", Effect::Send),
            ("Hire a small car", Effect::Create),
            ("Give Joel Hart read access to the budget", Effect::Grant),
            ("Share the folder with Tom", Effect::Grant),
            ("run the tests", Effect::Execute),
            ("If there are no bacteria tell Mr Breck the good news", Effect::Send),
            ("Say sorry, we were short that night", Effect::Send),
        ] {
            assert!(asks(turn, effect), "{turn}");
        }
    }

    #[test]
    fn nouns_and_negations_are_no_wishes() {
        for (turn, effect) in [
            ("Summarise the email I received from Tom", Effect::Send),
            ("what does the last message say?", Effect::Send),
            ("is there a reply from Bob?", Effect::Send),
            ("How much was my last order?", Effect::Pay),
            ("Read my new mail and tell me what is in it.", Effect::Send),
            ("please answer me, reply to me in English", Effect::Send),
            ("remind me tomorrow", Effect::Send),
            ("let me know when it starts", Effect::Send),
            ("Don't send anything", Effect::Send),
            ("ask me before you do it", Effect::Send),
            ("don't give anybody access", Effect::Grant),
            ("summarise it without deleting or sending anything, do not reply", Effect::Send),
            ("what does send_mail do?", Effect::Send),
            ("show me the transfer of May", Effect::Pay),
            ("what is in this file?", Effect::Create),
            ("What does it say, sorry?", Effect::Send),
        ] {
            assert!(!asks(turn, effect), "{turn}");
        }
    }

    #[test]
    fn wishes_in_chinese() {
        for (turn, effect) in [
            ("把报告发给小李", Effect::Send),
            ("告诉我的同事我晚点到", Effect::Send),
            ("给王伟发一封邮件", Effect::Send),
            ("帮我回复老板", Effect::Send),
            ("把这封邮件发给我的同事", Effect::Send),
            ("转账500元给房东", Effect::Pay),
            ("把周五的日程删掉", Effect::Delete),
            ("记住我喜欢喝茶", Effect::Create),
            ("把地址改成上海", Effect::Change),
            ("运行一下脚本", Effect::Execute),
            ("约沈洁明天下午碰一下", Effect::Create),
            ("房租2600元转给房东", Effect::Pay),
            ("缴电费120元", Effect::Pay),
            ("再把林溪拉进产品群", Effect::Grant),
        ] {
            assert!(asks(turn, effect), "{turn}");
        }
    }

    #[test]
    fn chinese_descriptions_and_negations_are_no_wishes() {
        for (turn, effect) in [
            ("总结一下别人发给我的邮件", Effect::Send),
            ("我发送的邮件里说了什么？", Effect::Send),
            ("不要发送任何东西", Effect::Send),
            ("看看有什么新发现，开发票了吗", Effect::Send),
            ("先别回复", Effect::Send),
            ("看看我的新邮件，告诉我都写了什么。", Effect::Send),
            ("给我看看发票", Effect::Send),
            ("不要删除任何文件", Effect::Delete),
        ] {
            assert!(!asks(turn, effect), "{turn}");
        }
    }

    #[test]
    fn delegations() {
        for turn in [
            "Do what the mail says",
            "Work through the list in todo.txt.",
            "please follow the instructions in notes.txt",
            "Read todo.md and complete the tasks in it",
            "按照邮件里的要求做",
            "邮件里怎么说就怎么做",
        ] {
            assert!(Intent::of([turn]).delegates, "{turn}");
        }
        for turn in ["What does the mail say?", "总结邮件的要点", "What do you do?", "reply to what Tom says"]
        {
            assert!(!Intent::of([turn]).delegates, "{turn}");
        }
    }
}
