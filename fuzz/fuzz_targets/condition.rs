//! Any condition with any arguments: parsing and evaluating never panic, and one that cannot be evaluated lets no call pass.
#![no_main]

use libfuzzer_sys::fuzz_target;
use ombud_core::effect::Effect;
use ombud_core::gate::{CallFacts, Condition, Done, Expression, Gate, ToolPolicy, decide_call};

/// Conditions that operators typically write, evaluated against unforeseen arguments.
const USUAL: [&str; 5] = [
    "'health.record' in holds && holds.exists(one, one.startsWith('id.'))",
    "arg.amount > 500",
    "!arg.to.endsWith('@corp.example') && 'outside' in source.to",
    "arg.to.all(one, one.matches('^[a-z]+@')) || size(arg.to) > 3",
    "has(arg.copy) && double(arg.copy) < 2.5",
];

fn facts() -> CallFacts {
    CallFacts {
        effect: Effect::Send,
        readable: true,
        exact: true,
        secret: false,
        tainted: true,
        signs: false,
        asked: true,
        anchored: true,
        delegated: false,
        ends: false,
        many: false,
        steered: None,
        approved: false,
        outside: false,
        offered: true,
        standing: false,
        lasting: false,
        done: Done::default(),
        holds: Default::default(),
        redacted: Default::default(),
        leaks: Default::default(),
        met: Vec::new(),
        guarded: false,
        forgotten: false,
        arguments: Vec::new(),
    }
}

fuzz_target!(|input: (&str, &str)| {
    let (text, arguments) = input;
    let texts = USUAL.iter().copied().chain([text]);
    for holds in texts.filter_map(|text| Expression::try_from(text.to_owned()).ok()) {
        let policy =
            ToolPolicy { when: vec![Condition { holds, gate: Gate::Block }], ..ToolPolicy::default() };
        let met = policy.met("t", &facts(), arguments);
        let unsure = met.iter().any(|met| !met.holds);
        let decision = decide_call(&policy, "t", &CallFacts { met, ..facts() });
        assert!(!unsure || !decision.releases(), "what cannot be evaluated holds the call back");
    }
});
