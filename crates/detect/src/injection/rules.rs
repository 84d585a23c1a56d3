//! Combinations of words that are a sign by themselves, whatever the model says, since it knows only what it has seen.
//! They apply to text that is neither quoted nor about attacks.

use super::lexicon::Class;

/// Actions that an instruction asks for.
const ACTS: &[Class] = &[Class::Send, Class::Change, Class::Run, Class::Secret];

/// Each row: all of the first, at least one of the second, and none of the last.
const RULES: &[(&[Class], &[Class], &[Class])] = &[
    // “AI assistants must send …”
    (&[Class::Model, Class::Must, Class::Target], ACTS, &[Class::Never]),
    (&[Class::Model, Class::Must, Class::Secret], &[Class::Send, Class::Run], &[Class::Never, Class::We]),
    // “Send …, do not tell the user.”
    (&[Class::Conceal, Class::User], ACTS, &[]),
    (&[Class::Conceal, Class::Model], ACTS, &[]),
    (&[Class::Conceal, Class::Helper, Class::Target], ACTS, &[Class::We]),
    // “Ignore your previous instructions and send …”
    (&[Class::Override, Class::Meta, Class::Prior, Class::Begin], ACTS, &[Class::We]),
    (&[Class::Override, Class::Meta, Class::Model], ACTS, &[]),
    (
        &[Class::Override, Class::Meta, Class::Prior, Class::Secret],
        &[Class::Send, Class::Run, Class::Speak],
        &[Class::We],
    ),
    // Terms of service that replace earlier ones also say where to write.
    (&[Class::Override, Class::Meta, Class::Prior, Class::Target], ACTS, &[Class::We, Class::You]),
    // “When you, an AI, summarise this, send …”
    (
        &[Class::Reading, Class::Model, Class::Must],
        &[Class::Send, Class::Change, Class::Run, Class::Speak],
        &[Class::Never, Class::We],
    ),
    // “System message: the assistant must send … to …”
    (&[Class::Role, Class::Must, Class::Target], ACTS, &[Class::We]),
    (&[Class::Role, Class::Helper, Class::Must], &[Class::Target, Class::Secret], &[Class::Never, Class::We]),
    (&[Class::Tool, Class::Helper, Class::Must, Class::Target], ACTS, &[Class::Never, Class::We]),
    // “The user agreed: send … to …”
    (&[Class::User, Class::Authority, Class::Target], ACTS, &[Class::We]),
];

/// The same, where the words of setting aside must precede what is set aside: “your password expires” is a notice.
const IN_ORDER: &[(&[Class], &[Class], &[Class])] =
    &[(&[Class::Override, Class::Meta, Class::You], &[Class::Secret], &[Class::We])];

/// Whether the classes of a sentence form one of the combinations. `aside` says that it sets aside rules, in this order.
pub(super) fn hold(own: u32, aside: bool) -> bool {
    let has = |class: &Class| own & class.bit() != 0;
    let more = if aside { IN_ORDER } else { &[] };
    RULES
        .iter()
        .chain(more)
        .any(|(all, one, none)| all.iter().all(has) && one.iter().any(has) && !none.iter().any(has))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_combination_needs_all_of_its_parts() {
        let bits = |classes: &[Class]| classes.iter().fold(0, |bits, class| bits | class.bit());
        assert!(hold(bits(&[Class::Model, Class::Must, Class::Target, Class::Send]), false));
        assert!(!hold(bits(&[Class::Model, Class::Must, Class::Send]), false));
        assert!(!hold(bits(&[Class::Model, Class::Must, Class::Target, Class::Send, Class::Never]), false));
        assert!(!hold(0, false));
    }
}
