//! The flow map of the code.

use ombud_core::category::DataCategory;

use crate::project::checked;

#[test]
fn what_goes_where() {
    let text = "from openai import OpenAI\nfrom mem0 import Memory\nm = Memory()\nc = OpenAI(base_url='https://api.deepseek.com')\nq = input()\nfound = m.search(q)\nc.chat.completions.create(messages=[q, found])\nm.add(q)\n";
    let report = checked(&[("agent.py", text)]);
    let rows: Vec<(String, String, Vec<DataCategory>)> = report
        .flow
        .recipients
        .iter()
        .map(|(who, flow)| (who.name.clone(), who.country.clone(), flow.data.keys().copied().collect()))
        .collect();
    assert_eq!(
        rows,
        [
            ("deepseek".into(), "CN".into(), vec![DataCategory::CommChat, DataCategory::MemLongterm]),
            ("mem0".into(), "unknown".into(), vec![DataCategory::CommChat, DataCategory::MemLongterm]),
        ]
    );
    let flow = report.flow.recipients.values().next().unwrap();
    assert!(flow.evidence.contains("agent.py:7"));
}

#[test]
fn code_that_cannot_run_shows_nothing() {
    let text = "from openai import OpenAI\ndef never():\n    OpenAI().responses.create(input=input())\ndef main():\n    return 1\n# OpenAI().responses.create(input=input())\nmain()\n";
    assert!(checked(&[("agent.py", text)]).flow.recipients.is_empty());
}
