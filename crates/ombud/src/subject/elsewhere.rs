//! Where the agent keeps user data that Ombud does not guard, as the last `ombud check` saw it. An erasure cannot reach it,
//! and must not let anybody believe that it did.

use std::path::Path;

use ombud_core::flow::RecipientKind;
use ombud_core::{Lang, say};

use crate::document::one_line;
use crate::flowmap::{Code, Input};

/// Source locations listed on one line, at most.
const NAMED: usize = 3;

/// Rules that find conversations written outside any store.
const FILES: &[&str] = &["plaintext-chat-store"];

/// One line for each unguarded store or file, or one that says why none is known.
pub(super) fn elsewhere(home: &Path, lang: Lang) -> Vec<String> {
    match Code::open(&home.join("reports/check.json")) {
        Input::Read(code) if !code.is_blind() => places(&code, lang),
        Input::Read(_) | Input::Absent | Input::Damaged(_) => vec![say!(lang,
            en: "unknown whether the agent also keeps user data elsewhere: `ombud check` looks for it",
            zh: "不清楚智能体是否还在别处保存用户数据：`ombud check` 可以检查")],
    }
}

fn places(code: &Code, lang: Lang) -> Vec<String> {
    let unguarded =
        |(who, _): &(&ombud_core::flow::Recipient, _)| who.kind == RecipientKind::Store && !who.inspected;
    // A file of conversations may already be listed as a store.
    let named = |place: &String| {
        code.flow.recipients.iter().filter(unguarded).any(|(_, flow)| flow.evidence.contains(place))
    };
    let stores = code.flow.recipients.iter().filter(unguarded).map(|(who, flow)| {
        let at: Vec<&str> = flow.evidence.iter().take(NAMED).map(String::as_str).collect();
        (one_line(&who.name), one_line(&at.join(", ")))
    });
    let written = code.findings.iter().filter(|found| found.stands() && FILES.contains(&found.rule.as_str()));
    let file = say!(lang, en: "a file or table of conversations", zh: "保存对话的文件或数据表");
    stores
        .map(|(name, at)| (format!("`{name}`"), at))
        .chain(written.map(|found| (file.clone(), found.place())).filter(|(_, place)| !named(place)))
        .map(|(what, at)| {
            say!(lang,
                en: "NOT ERASED in {what} ({at}): it does not go through Ombud. Delete the user's data there, or put it behind the memory edge",
                zh: "没有删除 {what}（{at}）中的数据：它不经过 Ombud。请在该处删除此用户的数据，或把它放到记忆入口之后")
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(report: &str, lang: Lang) -> Vec<String> {
        let home = tempfile::tempdir().unwrap();
        std::fs::create_dir(home.path().join("reports")).unwrap();
        std::fs::write(home.path().join("reports/check.json"), report).unwrap();
        elsewhere(home.path(), lang)
    }

    fn store(inspected: bool) -> String {
        let place = r#"{"path":"agent.py","line":143}"#;
        format!(
            r#"{{"summary":{{"followed":1}},"findings":[{{"rule":"plaintext-chat-store","severity":"warning","place":{place}}},
            {{"rule":"plaintext-chat-store","severity":"warning","place":{place},"waived":"test data"}}],
            "flow":{{"recipients":[{{"kind":"store","name":"chroma","country":"unknown","inspected":{inspected},"requests":1,
            "evidence":["agent.py:86"]}}]}}}}"#
        )
    }

    #[test]
    fn stores_and_files_that_are_not_guarded_are_named() {
        let told = told(&store(false), Lang::En);
        assert_eq!(told.len(), 2, "{told:?}");
        assert!(told[0].starts_with("NOT ERASED in `chroma` (agent.py:86)"), "{told:?}");
        assert!(
            told[1].starts_with("NOT ERASED in a file or table of conversations (agent.py:143)"),
            "{told:?}"
        );
    }

    #[test]
    fn a_file_that_is_a_store_is_named_once() {
        let told = told(&store(false).replace("agent.py:86", "agent.py:143"), Lang::En);
        assert_eq!(told.len(), 1, "{told:?}");
    }

    #[test]
    fn what_is_guarded_is_not_named() {
        let told = told(&store(true), Lang::Zh);
        assert_eq!(told.len(), 1, "{told:?}");
        assert!(told[0].contains("agent.py:143"));
    }

    #[test]
    fn without_a_check_it_is_not_known() {
        let home = tempfile::tempdir().unwrap();
        assert!(elsewhere(home.path(), Lang::En)[0].contains("`ombud check`"));
        assert!(told(r#"{"findings":[],"summary":{"followed":0}}"#, Lang::Zh)[0].contains("`ombud check`"));
    }
}
