//! Different forms of the same flaw: the head of each sample says which rules report it, and which (`!`) do not.

use crate::project::{checked, lines};

/// Samples of the form `### name rule,!rule`, each followed by its files: `== path` and the text.
fn holds(samples: &str) {
    let mut count = 0;
    for sample in format!("\n{samples}").split("\n### ").skip(1) {
        let mut parts = sample.split("\n== ");
        let (name, rules) = parts.next().and_then(|head| head.split_once(' ')).unwrap_or((sample, ""));
        let files: Vec<(&str, &str)> = parts.filter_map(|text| text.split_once('\n')).collect();
        let found = lines(&checked(&files));
        for rule in rules.split(',') {
            let (wanted, rule) = rule.strip_prefix('!').map_or((true, rule), |rule| (false, rule));
            let told = found.iter().any(|line| line.starts_with(&format!("{rule}@")));
            assert_eq!(told, wanted, "{name}: {rule} in {found:?}");
            count += 1;
        }
    }
    assert!(count > 1, "no sample was read");
}

#[test]
fn calls_that_come_by_a_detour() {
    holds(include_str!("forms/calls.txt"));
}

#[test]
fn system_prompts_of_helpers_objects_and_templates() {
    holds(include_str!("forms/prompts.txt"));
}

#[test]
fn servers_of_tools_whose_command_others_choose() {
    holds(include_str!("forms/launched.txt"));
}

#[test]
fn tools_that_run_statements_bind_or_stand_in_a_toolkit() {
    holds(include_str!("forms/tools.txt"));
}

#[test]
fn routes_that_answer_with_settings() {
    holds(include_str!("forms/settings.txt"));
}

#[test]
fn conversations_that_are_kept_under_other_names() {
    holds(include_str!("forms/kept.txt"));
}

#[test]
fn memories_of_other_libraries() {
    holds(include_str!("forms/memories.txt"));
}
