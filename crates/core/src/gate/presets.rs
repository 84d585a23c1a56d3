//! What each preset makes of each class of effect: one table, so that no change of a preset goes unseen.

use super::tests::{argument, call};
use super::{
    ArgumentFacts, CallDecision, CallFacts, Doubt, Gate, Limits, Preset, Ruled, ToolPolicy, ToolRule,
    decide_call,
};
use crate::effect::{Effect, Part};

/// The classes, each with the part of the argument that decides in it.
const CLASSES: [(Effect, Part); 10] = [
    (Effect::Read, Part::Object),
    (Effect::Fetch, Part::Url),
    (Effect::Send, Part::Destination),
    (Effect::Pay, Part::Account),
    (Effect::Create, Part::Object),
    (Effect::Change, Part::Object),
    (Effect::Delete, Part::Object),
    (Effect::Grant, Part::Destination),
    (Effect::Credential, Part::Credential),
    (Effect::Execute, Part::Command),
];

/// For each class in that order: what becomes of a call that the user asked for, with a value of the user, with one that stands
/// only in what a third party wrote, and with one that appears nowhere. `r` released, `o` released and noted, `a` asked about,
/// `b` withheld. A command that appears nowhere is the model's own work, and a link to be read may be one that a page names.
const TABLE: [(&str, [&str; 10]); 8] = [
    ("assistant", ["rrr", "rra", "raa", "raa", "raa", "raa", "raa", "raa", "raa", "rar"]),
    ("rag-chat", ["rrr", "rra", "rbb", "rbb", "raa", "raa", "rbb", "rbb", "rbb", "rbr"]),
    ("wechat-bot", ["rrr", "rra", "raa", "aaa", "raa", "raa", "abb", "abb", "abb", "aba"]),
    ("companion", ["rrr", "rra", "raa", "rbb", "raa", "raa", "raa", "rbb", "rbb", "rbr"]),
    ("kids", ["rrr", "rrb", "rbb", "abb", "raa", "raa", "abb", "abb", "abb", "aba"]),
    ("coding", ["rrr", "rra", "raa", "rbb", "roo", "roo", "raa", "rbb", "raa", "rar"]),
    ("shop", ["rrr", "rra", "raa", "raa", "raa", "raa", "rbb", "rbb", "rbb", "rbr"]),
    ("strict", ["rrr", "rrb", "rbb", "rbb", "rbb", "rbb", "rbb", "rbb", "rbb", "rbr"]),
];

/// A value of the user, of a third party's text, and of nowhere.
fn values(part: Part) -> [ArgumentFacts; 3] {
    let outside = argument(part);
    let nowhere = ArgumentFacts { outside: None, ..outside.clone() };
    [ArgumentFacts { user: true, ..nowhere.clone() }, outside, nowhere]
}

fn letter(decision: &CallDecision) -> char {
    match decision {
        CallDecision::Release(doubts) if doubts.is_empty() => 'r',
        CallDecision::Release(_) => 'o',
        CallDecision::Ask(_) => 'a',
        CallDecision::Block(_) => 'b',
        other => panic!("{other:?}"),
    }
}

fn by(preset: Preset) -> ToolPolicy {
    ToolPolicy { preset: Some(preset), ..ToolPolicy::default() }
}

#[test]
fn what_each_preset_decides() {
    let decided = Preset::ALL.map(|(preset, name)| {
        let row = CLASSES.map(|(effect, part)| {
            let one = |value| letter(&decide_call(&by(preset), "t", &call(effect, vec![value])));
            values(part).map(one).iter().collect::<String>()
        });
        (name, row)
    });
    for (decided, wanted) in decided.iter().zip(&TABLE) {
        assert_eq!((decided.0, decided.1.each_ref().map(String::as_str)), *wanted);
    }
}

#[test]
fn what_nobody_asked_for_is_as_doubtful_as_a_value_of_nowhere() {
    for (preset, name) in Preset::ALL {
        for (effect, part) in CLASSES {
            let [own, ..] = values(part);
            let unasked = CallFacts { asked: false, ..call(effect, vec![own]) };
            let by_gate = match by(preset).gate("t", effect) {
                Gate::Allow => 'r',
                Gate::Observe => 'o',
                Gate::Ask => 'a',
                Gate::Block => 'b',
            };
            // What is looked at or fetched needs no wish.
            let doubt = if matches!(effect, Effect::Read | Effect::Fetch) { 'r' } else { by_gate };
            assert_eq!(letter(&decide_call(&by(preset), "t", &unasked)), doubt, "{name} {effect:?}");
        }
    }
}

#[test]
fn in_a_group_nobodys_word_is_enough_for_what_cannot_be_undone() {
    let [own, ..] = values(Part::Account);
    // Without anything foreign in the context, with a standing answer and with the user's own words: all the same.
    let facts = CallFacts { tainted: false, standing: true, ..call(Effect::Pay, vec![own]) };
    let bot = by(Preset::WechatBot);
    let asked = decide_call(&bot, "t", &facts);
    assert_eq!(asked, CallDecision::Ask(vec![Doubt::Anyone]));
    assert_eq!(asked.values(), None, "no standing answer is offered");
    let foreign = CallFacts { tainted: true, ..call(Effect::Pay, vec![argument(Part::Account)]) };
    let doubtful = decide_call(&bot, "t", &foreign);
    assert_eq!((&*doubtful.id(), doubtful.values()), ("ask: foreign_account, anyone", None));
    assert_eq!(
        decide_call(&bot, "t", &CallFacts { approved: true, ..facts.clone() }),
        CallDecision::Approved
    );
    let cut = CallFacts { approved: true, exact: false, ..facts.clone() };
    assert_eq!(
        decide_call(&bot, "t", &cut).id(),
        "block: anyone",
        "nobody can say yes to what cannot be shown"
    );

    // A limit withholds what the preset withholds, instead of only asking.
    let limits = Limits { calls: Some(0), ..Limits::default() };
    let grant = CallFacts {
        done: super::Done { equal: 1, calls: 1, ..super::Done::default() },
        ..call(Effect::Grant, Vec::new())
    };
    assert_eq!(decide_call(&ToolPolicy { limits, ..bot.clone() }, "t", &grant).id(), "block: over_calls");

    // What the operator writes counts more.
    let rule = ToolRule { gate: Some(Gate::Observe), ..ToolRule::default() };
    for open in [
        ToolPolicy { tools: [("t".to_owned(), rule)].into(), ..bot.clone() },
        ToolPolicy { effects: [(Effect::Pay, Gate::Ask)].into(), ..bot.clone() },
        ToolPolicy { mode: Some(Gate::Ask), ..bot.clone() },
    ] {
        assert_eq!(decide_call(&open, "t", &facts).id(), "release");
        assert_ne!(open.ruled("t", Effect::Pay).1, Ruled::Preset);
    }
}

#[test]
fn a_childs_yes_is_not_enough_for_what_cannot_be_undone() {
    let kids = by(Preset::Kids);
    for (effect, part) in CLASSES {
        let guarded = matches!(
            effect,
            Effect::Pay | Effect::Delete | Effect::Grant | Effect::Credential | Effect::Execute
        );
        let [own, foreign, _] = values(part);
        let wished = call(effect, vec![own]);
        let asked = decide_call(&kids, "t", &wished);
        assert_eq!(asked == CallDecision::Ask(vec![Doubt::Guardian]), guarded, "{effect:?}");
        // The code, “yes” and “always” are the child's own words; what comes from outside is somebody else's.
        let child = CallFacts { approved: true, standing: true, ..wished };
        assert_eq!(decide_call(&kids, "t", &child).releases(), !guarded, "{effect:?}");
        let outside = CallFacts { outside: true, ..child };
        assert!(decide_call(&kids, "t", &outside).releases(), "{effect:?}");
        // What is doubtful beside that is withheld as before.
        let doubtful = decide_call(&kids, "t", &call(effect, vec![foreign]));
        assert!(!guarded || matches!(doubtful, CallDecision::Block(_)), "{effect:?}");
    }
}
