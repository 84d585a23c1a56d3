//! The rules, one per file, registered in one list.

use std::borrow::Cow;
use std::ops::Range;

use aho_corasick::AhoCorasick;
use ombud_core::finding::{Bilingual, Confidence, Finding, Place, RuleId, Severity, Step};
use ombud_core::{Lang, Say};
use ombud_detect::Detector;

use crate::check::Options;
use crate::doors::Doors;
use crate::facts::{Facts, File, Function, FunctionId, Reach, Tool, loopback};
use crate::memory::Memory;
use crate::providers::Providers;
use crate::walk::Source;

mod by_place;
mod passages;
mod sinks;
mod statements;

/// Declares the modules and the list together, so that adding a rule takes one line.
macro_rules! rules {
    ($($module:ident,)*) => {
        $(pub(crate) mod $module;)*

        /// Every rule.
        pub(crate) const ALL: &[Rule] = &[$($module::RULE,)*];
    };
}

rules! {
    retrieval_without_consent,
    memory_write_without_consent,
    consent_not_functional,
    personal_data_unmasked,
    secret,
    provider,
    untrusted_to_exec,
    tool_loop_without_limit,
    tool_without_confirmation,
    plaintext_chat_store,
    provider_trains_by_default,
    unknown_relay,
    no_erase_path,
    key_in_browser,
    memory_shared_by_all,
    untrusted_system_prompt,
    connection_not_checked,
    weak_cipher,
    endpoint_without_authentication,
    action_without_confirmation,
    mcp_server_not_pinned,
    mcp_server_reaches_too_much,
    instructions_do_harm,
    instructions_hide_text,
    moderation_off,
    identity_from_body,
    personal_data_hashed,
    untrusted_and_powerful,
    endpoint_without_limit,
    personal_data_crosses_border,
    no_retention,
    ai_output_unlabelled,
    tool_calls_unlogged,
    waiver_without_reason,
    separate_consent_missing,
    key_in_app,
    secret_in_user_defaults,
    device_data_without_consent,
    privacy_manifest_missing_or_different,
    dangerous_switch,
    provider_excludes_minors,
    permission_wider_than_used,
    notice_omits_recipient,
}

/// A text in English and Chinese.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Text {
    /// English.
    pub en: &'static str,
    /// Simplified Chinese.
    pub zh: &'static str,
}

impl Say for Text {
    fn say(&self, lang: Lang) -> String {
        match lang {
            Lang::En => self.en,
            Lang::Zh => self.zh,
        }
        .to_owned()
    }
}

/// A rule and its documentation.
#[derive(Debug)]
pub struct Rule {
    /// Stable id.
    pub id: RuleId,
    /// Ids of `registry/risks.json`.
    pub risks: &'static [&'static str],
    /// Highest severity of its findings.
    pub severity: Severity,
    /// What is wrong, in a few words.
    pub title: Text,
    /// How it affects the people who use the agent, in one sentence.
    pub harm: Text,
    /// How to fix it.
    pub fix: Text,
    /// An example as a diff, before and after.
    pub example: &'static str,
    /// The check, if the rule looks at the graph of facts.
    graph: Option<fn(&Project<'_>) -> Vec<Finding>>,
}

/// What is shown with a finding besides its message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Advice {
    /// How it affects the people who use the agent.
    pub harm: Text,
    /// How to fix it.
    pub fix: Text,
}

/// Returns the harm and fix for a finding: the rule's own, or more specific ones for its sink or kind of file.
pub fn advice(finding: &Finding) -> Option<Advice> {
    let rule = rule(finding.rule.0)?;
    let own = match () {
        () if rule.id == untrusted_to_exec::RULE.id => sinks::advice(finding),
        () if rule.id == personal_data_unmasked::RULE.id => personal_data_unmasked::advice(finding),
        () => None,
    };
    let own = own.unwrap_or(Advice { harm: rule.harm, fix: rule.fix });
    Some(Advice { fix: by_place::fix(finding).unwrap_or(own.fix), ..own })
}

/// Every rule, for lists and reports.
pub fn rules() -> &'static [Rule] {
    ALL
}

/// Returns the rule with this id.
pub fn rule(id: &str) -> Option<&'static Rule> {
    ALL.iter().find(|rule| rule.id.0 == id)
}

/// What rules over the graph can query.
pub(crate) struct Project<'a> {
    pub facts: &'a Facts,
    pub reach: &'a Reach,
    /// HTTP handlers that anyone can reach.
    pub doors: &'a Doors,
    pub providers: &'a Providers,
    /// Options set by the caller.
    pub options: &'a Options,
}

/// What rules over the text of a file can query.
pub(crate) struct Context<'a> {
    /// Finds provider hosts.
    pub automaton: &'a AhoCorasick,
    /// Hosts of known providers.
    pub hosts: &'a [&'a str],
    /// Finds credentials.
    pub detector: &'a Detector,
}

/// The rules over the text of one file.
pub(crate) const SOURCE: &[fn(&Source, &Context<'_>) -> Vec<Finding>] =
    &[provider::run, secret::run, mcp_server_reaches_too_much::text];

/// Runs the rules over the graph of facts.
pub(crate) fn graph(project: &Project<'_>) -> Vec<Finding> {
    ALL.iter().filter_map(|rule| rule.graph).flat_map(|run| run(project)).collect()
}

/// Runs the rules over source text.
pub(crate) fn source(
    memory: &mut Memory,
    sources: &[Source],
    files: &[File],
    providers: &Providers,
    detector: &Detector,
) -> Vec<Finding> {
    // A model on this machine is not a recipient, and many other things share its address.
    let hosts: Vec<&str> = providers.hosts().into_iter().filter(|host| !loopback(host)).collect();
    let Ok(automaton) = crate::survey::automaton(&hosts) else { return Vec::new() };
    let context = Context { automaton: &automaton, hosts: &hosts, detector };
    let all = |source: &Source| SOURCE.iter().flat_map(|run| run(source, &context)).collect();
    let looked = sources.iter().zip(files).map(|(source, file)| as_shown(source, file));
    looked.flat_map(|source| memory.findings(&source.path, &source.text, || all(&source))).collect()
}

/// Returns a notebook as the program extracted from it, so that all rules count the same lines.
fn as_shown<'s>(source: &'s Source, file: &File) -> Cow<'s, Source> {
    match source.path.rsplit_once('.') {
        Some((_, "ipynb")) => Cow::Owned(Source { text: file.text.clone(), ..source.clone() }),
        _ => Cow::Borrowed(source),
    }
}

/// Returns the function that carries out a tool: its own, or the one containing the branch taken for its name.
fn carried_by(facts: &Facts, tool: &Tool) -> Option<FunctionId> {
    let around = || {
        let (file, acts) = tool.acts.as_ref()?;
        let holds = |function: &Function| {
            function.file == *file && function.body.start <= acts.start && acts.end <= function.body.end
        };
        let all = facts.functions.iter().enumerate().filter(|(_, function)| holds(function));
        all.min_by_key(|(_, function)| function.body.len()).map(|(id, _)| id)
    };
    tool.function.or_else(around)
}

/// Builds a finding of a rule.
fn finding(
    rule: &Rule,
    severity: Severity,
    confidence: Confidence,
    place: Place,
    message: Bilingual,
) -> Finding {
    Finding {
        rule: rule.id,
        severity,
        confidence,
        place,
        subject: String::new(),
        message,
        path: Vec::new(),
        fingerprint: String::new(),
    }
}

/// Adds the path that leads to a finding.
fn on_the_way(finding: Finding, path: Vec<Step>) -> Finding {
    Finding { path, ..finding }
}

/// Returns the location of a byte range in a source.
pub(crate) fn place(source: &Source, span: Range<usize>) -> Place {
    let before = source.text.get(..span.start).unwrap_or_default();
    let line = 1 + before.matches('\n').count();
    Place { path: source.path.clone(), line: u32::try_from(line).unwrap_or(u32::MAX), span }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_are_complete_and_told_apart() {
        let risks: Vec<serde_json::Value> =
            serde_json::from_str(include_str!("../../../../registry/risks.json")).unwrap();
        for rule in ALL {
            assert_eq!(ALL.iter().filter(|other| other.id == rule.id).count(), 1, "{}", rule.id.0);
            // The rule for invalid waivers has no risks of its own: those of the waived rule apply.
            let own = rule.id != waiver_without_reason::RULE.id;
            assert!(rule.risks.is_empty() != own && !rule.example.is_empty());
            for risk in rule.risks {
                assert!(risks.iter().any(|row| row["id"] == *risk), "{risk}");
            }
            for text in [rule.title, rule.harm, rule.fix] {
                assert!(!text.en.is_empty() && text.zh.chars().any(|ch| ch > '\u{4e00}'), "{}", rule.id.0);
            }
        }
    }
}
