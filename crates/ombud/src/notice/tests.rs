//! Whole notices of made-up projects, and what the check says about them.

use ombud_core::flow::{Amount, Flow, FlowMap, Recipient, RecipientKind, What};
use ombud_core::{DataCategory, Lang};
use proptest::prelude::*;

use super::facts::Facts;
use super::machine::Block;
use super::{Format, Layer, Published, drift, layers, write};
use crate::flowmap::{Input, Known, Traffic, tests as fixture};

fn published(known: &Known, lang: Lang, format: Format) -> Published {
    let text = write(&Facts::of(known, lang), None, format);
    let block = Block::find(&text).unwrap().read().cloned();
    Published { path: "PRIVACY.md".into(), text, block }
}

#[test]
fn the_notice_of_a_mended_agent() {
    let known = fixture::mended();
    for lang in [Lang::En, Lang::Zh] {
        let facts = Facts::of(&known, lang);
        assert_eq!(facts.gaps(), []);
        insta::assert_snapshot!(format!("mended_{}", lang.tag()), write(&facts, None, Format::Md));
    }
}

#[test]
fn the_notice_of_an_agent_of_which_little_is_declared() {
    let known = fixture::faulty();
    for lang in [Lang::En, Lang::Zh] {
        let facts = Facts::of(&known, lang);
        insta::assert_snapshot!(format!("faulty_{}", lang.tag()), write(&facts, None, Format::Text));
    }
    insta::assert_snapshot!("faulty_html", write(&Facts::of(&known, Lang::Zh), None, Format::Html));
}

#[test]
fn gaps_are_shown_where_they_stand_and_listed() {
    let facts = Facts::of(&fixture::faulty(), Lang::Zh);
    let text = write(&facts, Some(Layer::Full), Format::Md);
    for gap in facts.gaps() {
        assert!(text.contains(gap.key()), "{}", gap.key());
    }
    assert!(text.contains("【待填：联系方式】"));
}

#[test]
fn the_pop_up_is_short_and_its_sentences_too() {
    for known in [fixture::mended(), fixture::faulty()] {
        let facts = Facts::of(&known, Lang::Zh);
        let prose = layers::parts(&facts, Some(Layer::Popup)).into_iter().find_map(|part| match part {
            crate::document::Part::Text(text) => Some(text),
            _ => None,
        });
        let prose = prose.unwrap();
        assert!(prose.chars().count() <= 120, "{}: {prose}", prose.chars().count());
        let full = write(&facts, None, Format::Text);
        // A list of names is not a sentence.
        let full = full
            .lines()
            .map(|line| if line.starts_with("  -") { line.replace('、', "；") } else { line.to_owned() });
        let full = full.collect::<Vec<_>>().join("\n");
        for sentence in full.split(['。', '！', '？', '；', '\n', ';']) {
            let words = sentence.split("：").last().unwrap_or(sentence);
            let length = words.chars().filter(|c| !c.is_ascii()).count();
            assert!(length <= 40, "{length}: {sentence}");
        }
    }
}

#[test]
fn a_notice_names_all_that_it_was_made_of() {
    for known in [fixture::mended(), fixture::faulty()] {
        for format in [Format::Md, Format::Html] {
            let drift = drift(&known, &published(&known, Lang::Zh, format));
            assert_eq!((drift.lacks.as_slice(), drift.by_words, drift.edited), (&[][..], false, false));
        }
    }
}

#[test]
fn a_notice_that_was_compared_with_nothing_is_not_called_true() {
    let mut known = fixture::declared("[agent]\nname = \"小安\"");
    let mut traffic = Traffic::default();
    traffic.take(&fixture::chat("upstream", "127.0.0.1:40001"));
    known.traffic = Input::Read(traffic);
    let text = "We send what you write to nobody.".to_owned();
    let bare = Published { path: "bad.md".into(), text, block: None };
    let empty = drift(&known, &bare);
    assert_eq!((empty.lacks.as_slice(), empty.is_true()), (&[][..], None));
    let known = fixture::mended();
    assert_eq!(drift(&known, &bare).is_true(), Some(false));
    assert_eq!(drift(&known, &published(&known, Lang::En, Format::Md)).is_true(), Some(true));
}

#[test]
fn both_languages_of_a_notice_have_one_hash() {
    let known = fixture::mended();
    let block = |lang| published(&known, lang, Format::Md).block.unwrap();
    assert_eq!(block(Lang::En).hash, block(Lang::Zh).hash);
    let mut edited = published(&known, Lang::En, Format::Md);
    edited.block.as_mut().unwrap().recipients.clear();
    assert!(edited.is_edited());
}

#[test]
fn what_is_new_since_the_notice_is_named_with_its_evidence() {
    let notice = published(&fixture::mended(), Lang::En, Format::Md);
    let known = fixture::faulty();
    let drift = drift(&known, &notice);
    let told: Vec<String> = drift.lacks.iter().map(|lack| lack.told(&known, Lang::En)).collect();
    insta::assert_snapshot!("drift_en", told.join("\n"));
    let told: Vec<String> = drift.lacks.iter().map(|lack| lack.told(&known, Lang::Zh)).collect();
    insta::assert_snapshot!("drift_zh", told.join("\n"));
    let whats: Vec<&What> = drift.lacks.iter().map(|lack| &lack.difference.what).collect();
    assert!(whats.contains(&&What::Category { category: DataCategory::FinBankCard }));
    assert!(drift.lacks.iter().any(|lack| lack.difference.recipient == "openai"));
}

#[test]
fn places_that_are_still_to_be_filled_in_are_counted() {
    let (faulty, mended) = (fixture::faulty(), fixture::mended());
    for lang in [Lang::En, Lang::Zh] {
        assert!(drift(&faulty, &published(&faulty, lang, Format::Md)).gaps > 5);
        assert_eq!(drift(&mended, &published(&mended, lang, Format::Html)).gaps, 0);
    }
}

#[test]
fn what_a_notice_states_and_nobody_saw_is_a_note() {
    let notice = published(&fixture::faulty(), Lang::En, Format::Md);
    let drift = drift(&fixture::mended(), &notice);
    let unseen: Vec<&str> = drift.unseen.iter().map(|difference| difference.recipient.as_str()).collect();
    assert!(unseen.contains(&"openai") && unseen.contains(&"files.example.com:443"), "{unseen:?}");
}

#[test]
fn a_notice_in_words_is_searched() {
    let known = fixture::faulty();
    let of = |text: &str| Published { path: "privacy.txt".into(), text: text.into(), block: None };
    let bare = drift(&known, &of("我们重视你的隐私。"));
    let missing: Vec<&str> = bare.lacks.iter().map(|lack| lack.difference.recipient.as_str()).collect();
    assert!(
        bare.by_words
            && missing.contains(&"deepseek")
            && missing.contains(&"openai")
            && !missing.contains(&"send_mail")
    );
    let good = of(
        "聊天内容、手机号、银行卡和上传的图片会发给 DeepSeek 和 OpenAI；记忆保存在 notes；附件经 files.example.com。另见 Mistral。",
    );
    let drift = drift(&known, &good);
    assert_eq!(drift.lacks, []);
    assert_eq!(drift.named, ["mistral"]);
}

#[test]
fn a_hostile_name_stays_a_name() {
    let name = "x --> <script>alert(1)</script> \u{202e} | y";
    let mut known = fixture::mended();
    let mut flow = FlowMap::default();
    let who = Recipient {
        kind: RecipientKind::Tool,
        name: name.into(),
        country: "unknown".into(),
        inspected: true,
    };
    flow.to(who.clone()).requests = 1;
    flow.to(Recipient { kind: RecipientKind::Host, ..who }).requests = 1;
    if let Input::Read(traffic) = &mut known.traffic {
        traffic.flow.merge(&flow);
    }
    for format in [Format::Md, Format::Html] {
        let notice = published(&known, Lang::En, format);
        assert!(!notice.text.replace("\\<", "").contains("<script"), "{}", notice.text);
        assert!(!notice.text.contains('\u{202e}') && notice.text.matches("-->").count() == 1);
        assert_eq!(drift(&known, &notice).lacks, []);
    }
}

#[test]
fn a_model_on_this_machine_is_told_of_and_is_no_third_party() {
    let mut known = fixture::declared("[agent]\nname = \"小安\"");
    let mut traffic = Traffic::default();
    for port in [40_001, 40_002] {
        traffic.take(&fixture::chat("upstream", &format!("127.0.0.1:{port}")));
    }
    known.traffic = Input::Read(traffic);
    for lang in [Lang::En, Lang::Zh] {
        let facts = Facts::of(&known, lang);
        assert_eq!((facts.receivers.len(), facts.others().count()), (1, 0));
        let full = write(&facts, None, Format::Md);
        assert!(full.contains(if lang == Lang::En { "local model" } else { "本地模型" }), "{full}");
    }
    let hash = |lang| published(&known, lang, Format::Md).block.unwrap().hash;
    assert_eq!(hash(Lang::En), hash(Lang::Zh));
    let drift = drift(&known, &published(&known, Lang::En, Format::Md));
    assert_eq!((drift.lacks.len(), drift.unseen.len()), (0, 0));
}

fn any_flow() -> impl Strategy<Value = FlowMap> {
    let kind = prop_oneof![
        Just(RecipientKind::Provider),
        Just(RecipientKind::Store),
        Just(RecipientKind::Tool),
        Just(RecipientKind::Host)
    ];
    let name = prop_oneof![
        Just("openai".to_owned()),
        Just("API.OpenAI.com:443".to_owned()),
        "\\PC{1,12}",
        any::<String>()
    ];
    let country = prop_oneof![Just("CN"), Just("US"), Just("unknown"), Just("local"), Just("-->")];
    let who = (kind, name, country, any::<bool>()).prop_map(|(kind, name, country, inspected)| Recipient {
        kind,
        name,
        country: country.to_owned(),
        inspected,
    });
    let category = prop::sample::select(DataCategory::ALL);
    let amount = (0..2_u64, 0..2_u64).prop_map(|(masked, clear)| Amount { masked, clear });
    let flow = (
        prop::collection::btree_map(category, amount, 0..4),
        prop::collection::btree_set(any::<String>(), 0..2),
        0..2_u64,
    )
        .prop_map(|(data, purposes, opaque)| Flow {
            requests: 1,
            data,
            purposes,
            opaque,
            ..Flow::default()
        });
    prop::collection::btree_map(who, flow, 0..6).prop_map(|recipients| FlowMap { recipients })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever was seen, by whatever name: a notice that was just written names it all, in each language and format.
    #[test]
    fn a_fresh_notice_lacks_nothing(code in any_flow(), seen in any_flow()) {
        let mut known = fixture::mended();
        known.notice.recipients.clear();
        known.traffic = Input::Read(Traffic { flow: seen, ..Traffic::default() });
        if let Input::Read(found) = &mut known.code {
            found.flow = code;
        }
        for (lang, format) in [(Lang::En, Format::Md), (Lang::Zh, Format::Html)] {
            let notice = published(&known, lang, format);
            let drift = drift(&known, &notice);
            prop_assert_eq!((drift.lacks, drift.unseen.len(), drift.edited), (vec![], 0, false));
        }
    }

    #[test]
    fn any_text_can_be_checked(text in any::<String>(), inside in any::<String>()) {
        let _ = Block::find(&format!("{text}<!-- ombud:notice {inside} -->"));
        let notice = Published { path: "x".into(), text, block: None };
        drift(&fixture::faulty(), &notice);
    }
}

#[test]
fn a_block_that_is_broken_is_said_to_be() {
    for text in [
        "<!-- ombud:notice {\"schema\":\"ombud.notice/1\"} -->",
        "<!-- ombud:notice {\"schema\":\"ombud.notice/9\"} -->",
        "<!-- ombud:notice {",
        "<!-- ombud:notice -->",
    ] {
        assert!(Block::find(text).is_err(), "{text}");
    }
    assert!(matches!(Block::find("no block"), Ok(Input::Absent)));
}
