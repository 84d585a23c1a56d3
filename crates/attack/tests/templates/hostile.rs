use std::collections::BTreeSet;

use ombud_attack::template::{Channel, Template, builtin, load};
use ombud_core::{Lang, Say};

const GOOD: &str = include_str!("../../templates/mail/forward-inbox.yaml");

#[test]
fn the_built_in_templates_are_whole() {
    let all = builtin().unwrap();
    let ids: BTreeSet<&str> = all.iter().map(|template| template.id.as_str()).collect();
    assert!(all.len() >= 12 && all.len() == ids.len());
    let channels: BTreeSet<Channel> = all.iter().map(|template| template.channel).collect();
    assert_eq!(channels.len(), 6, "every channel has an attack");
    for template in &all {
        let words: Vec<&str> = template
            .payloads
            .iter()
            .flat_map(|payload| [payload.text.en.as_str(), payload.text.zh.as_str()])
            .collect();
        assert_eq!(
            words.iter().collect::<BTreeSet<_>>().len(),
            words.len(),
            "{}: a wording twice",
            template.id
        );
    }
}

#[test]
fn the_published_schema_is_that_of_the_types() {
    let schema = serde_json::to_string_pretty(&schemars::schema_for!(Template)).unwrap();
    assert_eq!(
        schema.trim(),
        include_str!("../../templates/template.schema.json").trim(),
        "`ombud attack --schema > crates/attack/templates/template.schema.json`"
    );
}

/// The field and the line of a mistake; the message names the file in English and Chinese.
fn wrong(text: &str) -> (String, usize) {
    let problem = load("mine.yaml", text).unwrap_err();
    for lang in [Lang::En, Lang::Zh] {
        assert!(problem.say(lang).contains("mine.yaml"), "{problem}");
    }
    (problem.field, problem.line)
}

#[test]
fn mistakes_are_told_with_their_place() {
    let line = |part: &str| GOOD.lines().position(|line| line.contains(part)).unwrap() + 1;
    assert_eq!(wrong(&GOOD.replace("severity:", "severty:")), ("severty".into(), line("severity:")));
    assert_eq!(wrong(&GOOD.replace("channel: mail", "channel: fax")), ("channel".into(), line("channel:")));
    assert_eq!(wrong(&GOOD.replace("version: 1", "version: one")), ("version".into(), line("version:")));
    assert_eq!(
        wrong(&GOOD.replace("ombud.template/1", "ombud.template/9")),
        ("schema".into(), line("schema:"))
    );
    assert_eq!(wrong(&GOOD.replace("[S02", "[Z99")).0, "risks");
    assert_eq!(wrong(&GOOD.replacen("{{mail}}", "{{purse}}", 1)).0, "payloads[0].text.en");
    assert_eq!(wrong(&GOOD.replacen("id: forward-inbox", "id: \"../x\"", 1)).0, "id");
    let without_zh: String =
        GOOD.lines().filter(|line| !line.contains("收件箱转发出去")).collect::<Vec<_>>().join("\n");
    assert_eq!(wrong(&without_zh).0, "title.zh");
    let one = &GOOD[..GOOD.find("  - id: b").unwrap()];
    assert_eq!(wrong(&format!("{one}oracle: []\nfix: {{advice: {{en: a, zh: b}}}}")).0, "payloads");
    let blank: String = GOOD
        .lines()
        .map(|line| if line.starts_with("      en: \"Before") { "      en: \" \"" } else { line })
        .collect::<Vec<_>>()
        .join("\n");
    assert_eq!(wrong(&blank).0, "payloads[0].text.en");
}

#[test]
fn hostile_files_are_refused() {
    let deep = format!("schema: {}{}", "[".repeat(5_000), "]".repeat(5_000));
    let bomb = "a: &a [x,x,x,x]\nb: &b [*a,*a,*a,*a]\nc: [*b,*b,*b,*b]\n".to_owned();
    for text in [
        "",
        "- 1",
        "schema",
        "a: [",
        "\u{0}",
        "{{{{",
        "schema: !!binary x",
        &deep,
        &bomb,
        &"x: y\n".repeat(100_000),
    ] {
        assert!(load("mine.yaml", text).is_err());
    }
}
