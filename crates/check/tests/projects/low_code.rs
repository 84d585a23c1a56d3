//! Dify exports.

use crate::project::{checked, lines};

fn app(nodes: &str, edges: &str) -> String {
    format!(
        "app:\n  mode: advanced-chat\n  name: 助手\nkind: app\nversion: 0.3.0\nworkflow:\n  graph:\n    edges:\n{edges}    nodes:\n{nodes}"
    )
}

fn node(id: &str, kind: &str, rest: &str) -> String {
    format!("    - id: '{id}'\n      data:\n        title: {id}\n        type: {kind}\n{rest}")
}

fn edge(from: &str, handle: &str, to: &str) -> String {
    format!("    - source: '{from}'\n      sourceHandle: '{handle}'\n      target: '{to}'\n")
}

const ASK: &str = "        cases:\n        - case_id: 'true'\n          logical_operator: and\n          conditions:\n          - comparison_operator: is\n            value: 同意\n            variable_selector:\n            - start\n            - consent\n";

fn found(nodes: &[String], edges: &[String]) -> Vec<String> {
    let report = checked(&[("app.yml", &app(&nodes.concat(), &edges.concat()))]);
    assert!(report.gaps.is_empty(), "{:?}", report.gaps);
    lines(&report).into_iter().filter_map(|line| line.split('@').next().map(str::to_owned)).collect()
}

fn memory() -> String {
    node(
        "recall",
        "http-request",
        "        method: post\n        url: https://api.mem0.ai/v1/memories/search\n        body:\n          data: '{{#sys.query#}}'\n",
    )
}

#[test]
fn a_branch_on_consent_closes_the_way() {
    let nodes = [node("start", "start", ""), node("ask", "if-else", ASK), memory()];
    let asked = [edge("start", "source", "ask"), edge("ask", "true", "recall")];
    assert!(!found(&nodes, &asked).contains(&"retrieval-without-consent".to_owned()));
    let wrong = [edge("start", "source", "ask"), edge("ask", "false", "recall")];
    assert!(found(&nodes, &wrong).contains(&"retrieval-without-consent".to_owned()));
    let around =
        [edge("start", "source", "ask"), edge("ask", "true", "recall"), edge("start", "source", "recall")];
    assert!(found(&nodes, &around).contains(&"retrieval-without-consent".to_owned()));
    let other =
        [node("start", "start", ""), node("ask", "if-else", &ASK.replace("consent", "language")), memory()];
    assert!(found(&other, &asked).contains(&"retrieval-without-consent".to_owned()));
}

#[test]
fn a_node_that_nothing_leads_to_does_nothing() {
    let nodes = [node("start", "start", ""), memory()];
    assert!(found(&nodes, &[]).is_empty());
}

#[test]
fn a_knowledge_base_of_unknown_owner_is_a_warning() {
    let nodes = [
        node("start", "start", ""),
        node("kb", "knowledge-retrieval", "        dataset_ids:\n        - 0123456789ab\n"),
    ];
    let report = checked(&[("app.yml", &app(&nodes.concat(), &edge("start", "source", "kb")))]);
    let severities: Vec<String> =
        report.findings.iter().map(|f| format!("{}:{:?}", f.rule.0, f.severity)).collect();
    assert_eq!(severities, ["retrieval-without-consent:Warning"]);
}

#[test]
fn code_that_runs_what_a_model_wrote() {
    let llm = node(
        "llm",
        "llm",
        "        model:\n          provider: langgenius/tongyi/tongyi\n          name: qwen-max\n",
    );
    let code = |body: &str| {
        node(
            "code",
            "code",
            &format!(
                "        code: '{body}'\n        variables:\n        - value_selector:\n          - llm\n          - text\n          variable: text\n"
            ),
        )
    };
    let edges = [edge("start", "source", "llm"), edge("llm", "source", "code")];
    let start = node("start", "start", "");
    let runs = found(&[start.clone(), llm.clone(), code("def main(text): return eval(text)")], &edges);
    assert_eq!(runs, ["provider-trains-by-default", "untrusted-to-exec"]);
    let harmless = found(&[start, llm, code("def main(text): return re.exec(text)")], &edges);
    assert_eq!(harmless, ["provider-trains-by-default"]);
}
