//! Whole plans of made-up projects.

use ombud_core::Lang;

use super::verdict::Answer;
use super::{Format, draw, write};
use crate::flowmap::{Damage, Input, Traffic, Why, tests as fixture};
use crate::notice::Published;

#[test]
fn the_plan_of_a_faulty_agent() {
    let known = fixture::faulty();
    for lang in [Lang::En, Lang::Zh] {
        let drawn = draw(&known, lang);
        assert_eq!(drawn.verdict.answer, Answer::DoNot);
        insta::assert_snapshot!(format!("faulty_{}", lang.tag()), write(&drawn, &known, Format::Text));
    }
    insta::assert_snapshot!("faulty_md_zh", write(&draw(&known, Lang::Zh), &known, Format::Md));
    insta::assert_snapshot!("faulty_json", write(&draw(&known, Lang::En), &known, Format::Json));
}

#[test]
fn the_plan_of_a_mended_agent() {
    let mut known = fixture::mended();
    let before = draw(&known, Lang::En);
    assert_eq!(before.verdict.answer, Answer::DoNot, "{:?}", before.verdict.reasons);
    let notice = crate::notice::written(&known, Lang::Zh);
    known.published = Input::Read(Published::parse("PRIVACY.md".as_ref(), notice).unwrap());
    for lang in [Lang::En, Lang::Zh] {
        let drawn = draw(&known, lang);
        assert_eq!(drawn.verdict.answer, Answer::WithLimits, "{:?}", drawn.verdict.reasons);
        insta::assert_snapshot!(format!("mended_{}", lang.tag()), write(&drawn, &known, Format::Text));
    }
}

#[test]
fn nothing_looked_at_is_not_nothing_found() {
    let known = fixture::declared("");
    let drawn = draw(&known, Lang::En);
    assert_eq!(drawn.verdict.answer, Answer::DoNot);
    let ids: Vec<&str> = drawn.steps.iter().take(3).map(|step| step.id).collect();
    assert_eq!(ids, ["look-code", "look-traffic", "look-attack"]);
    insta::assert_snapshot!("nothing_zh", write(&draw(&known, Lang::Zh), &known, Format::Text));
}

#[test]
fn publish_needs_every_witness_and_nothing_open() {
    let mut known = fixture::mended();
    known.notice.recipients.insert(
        "deepseek".into(),
        toml::from_str("kind = \"provider\"\ntrains = \"no\"\nretention_days = 0").unwrap(),
    );
    let publish = |known: &crate::flowmap::Known| draw(known, Lang::En).verdict;
    let notice = crate::notice::written(&known, Lang::En);
    known.published = Input::Read(Published::parse("PRIVACY.md".as_ref(), notice).unwrap());
    assert_eq!(publish(&known).answer, Answer::Publish, "{:?}", publish(&known));
    let damage = Damage { path: "x.json".into(), why: Why::TooLarge, command: "ombud attack -- <CMD>" };
    known.attacked = Input::Damaged(damage);
    let limited = publish(&known);
    assert_eq!(limited.answer, Answer::WithLimits);
    assert!(limited.limits.iter().any(|limit| limit.contains("switched off")), "{limited:?}");
}

#[test]
fn a_stand_in_for_the_provider_is_not_the_provider() {
    let mut known = fixture::mended();
    let mut traffic = Traffic::default();
    traffic.take(&fixture::chat("upstream", "127.0.0.1:40001"));
    known.traffic = Input::Read(traffic);
    let notice = crate::notice::written(&known, Lang::En);
    known.published = Input::Read(Published::parse("PRIVACY.md".as_ref(), notice).unwrap());
    let verdict = draw(&known, Lang::En).verdict;
    assert_eq!(verdict.answer, Answer::WithLimits, "{verdict:?}");
    assert!(verdict.reasons.iter().any(|reason| reason.contains("on this machine")), "{verdict:?}");
}

/// An erasure as it is logged: how much was deleted, and how much is left in a store.
fn erasure(subject: &str, deleted: u64, left: Option<u64>) -> ombud_core::event::Event {
    let kind = ombud_core::event::EventKind::SubjectErased {
        receipt: "00".into(),
        deleted: [("notes".to_owned(), deleted)].into(),
        residue: [("notes".to_owned(), left)].into(),
    };
    ombud_core::event::Event { subject: Some(subject.into()), ..ombud_gateway::record::event(kind) }
}

#[test]
fn an_erasure_counts_once_it_is_whole() {
    let mut known = fixture::mended();
    let mut told = |events: &[ombud_core::event::Event]| {
        let mut traffic = Traffic::default();
        traffic.take(&fixture::chat("deepseek", "api.deepseek.com"));
        for event in events {
            traffic.take(event);
        }
        known.traffic = Input::Read(traffic);
        let drawn = draw(&known, Lang::En);
        let has = |lines: &[String], part: &str| lines.iter().any(|line| line.contains(part));
        (
            has(&drawn.done, "the data of 1 user(s) was erased"),
            has(&drawn.verdict.reasons, "erasure of 1 user(s) is not complete"),
        )
    };
    assert_eq!(told(&[erasure("sub_a", 2, Some(0))]), (true, false));
    assert_eq!(told(&[erasure("sub_typo", 0, Some(0))]), (false, false), "nobody was erased");
    assert_eq!(told(&[erasure("sub_a", 2, None)]), (false, true));
    assert_eq!(told(&[erasure("sub_a", 0, Some(1))]), (false, true));
    assert_eq!(told(&[erasure("sub_a", 2, None), erasure("sub_a", 0, Some(0))]), (true, false));
}

#[test]
fn a_check_that_followed_no_file_is_no_clean_check() {
    let mut known = fixture::mended();
    if let Input::Read(code) = &mut known.code {
        code.summary.followed = Some(0);
    }
    let drawn = draw(&known, Lang::En);
    assert!(drawn.verdict.reasons.iter().any(|reason| reason.contains("no source file")));
    assert!(!drawn.done.iter().any(|done| done.contains("ombud check")), "{:?}", drawn.done);
}

#[test]
fn a_finding_whose_risks_are_unknown_is_named() {
    let mut known = fixture::mended();
    if let Input::Read(code) = &mut known.code {
        let found =
            r#"{"rule":"from-the-future","severity":"error","place":{"path":"a","line":1},"risks":["Z99"]}"#;
        code.findings.push(serde_json::from_str(found).unwrap());
    }
    let plan = write(&draw(&known, Lang::En), &known, Format::Text);
    assert!(plan.contains("from-the-future"), "{plan}");
}

#[test]
fn steps_come_in_the_order_of_what_they_save_per_minute() {
    let drawn = draw(&fixture::faulty(), Lang::En);
    let gain = |step: &super::Step| f64::from(step.weight) / f64::from(step.minutes);
    assert!(drawn.steps.windows(2).all(|pair| gain(&pair[0]) >= gain(&pair[1]) - 0.001));
    let closed: usize = drawn.steps.iter().map(|step| step.closes.len()).sum();
    assert_eq!(closed, drawn.open.len());
}

#[test]
fn a_plan_is_the_same_each_time() {
    let (one, two) = (fixture::faulty(), fixture::faulty());
    for format in [Format::Text, Format::Md, Format::Json] {
        assert_eq!(write(&draw(&one, Lang::Zh), &one, format), write(&draw(&two, Lang::Zh), &two, format));
    }
}

#[test]
fn an_attack_that_showed_nothing_is_not_taken_for_safe() {
    let known = fixture::faulty();
    let text = write(&draw(&known, Lang::En), &known, Format::Text);
    let (_, unseen) = text.split_once("Not checked").unwrap();
    for part in ["page-form/zh-1", "memory-poison", "files.example.com", "web/app.swift"] {
        assert!(unseen.contains(part), "{part}: {unseen}");
    }
}
