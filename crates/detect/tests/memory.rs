//! Properties of any conversation: masking and restoring is the identity, and no conversation learns from another.

use std::sync::Arc;

use ombud_core::{DataType, Detection};
use ombud_detect::Detector;
use ombud_detect::mask::{Form, Minted, Restorer, Tally, mask, restore};
use ombud_detect::memory::{Recalled, detect_whole, recall};
use proptest::prelude::*;

/// A keyed digest, good enough for tests: FNV-1a.
fn digest(key: u64, kind: DataType, value: &str, attempt: u32) -> [u8; 5] {
    let text = format!("{key}{kind}{value}{attempt}");
    let hash = text
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3));
    hash.to_be_bytes().first_chunk().copied().unwrap_or_default()
}

/// The first text mentions the name, and nothing else was found anywhere.
fn conversation(name: &str, texts: &[String]) -> Recalled {
    let told = Detection { span: 0..name.len(), kind: DataType::Person, score: 0.9, recogniser: "tagger" };
    let all: Vec<&str> = std::iter::once(name).chain(texts.iter().map(String::as_str)).collect();
    let found = std::iter::once(Arc::from([told])).chain(texts.iter().map(|_| Arc::from([]))).collect();
    recall(&all, found, &[])
}

fn masked(recalled: &Recalled, name: &str, texts: &[String], key: u64) -> (Minted, Vec<String>) {
    let mut minted = Minted::with_kin(Arc::clone(&recalled.kin));
    let all = std::iter::once(name).chain(texts.iter().map(String::as_str));
    let mint = |kind, value: &str, attempt| digest(key, kind, value, attempt);
    let out = all
        .zip(&recalled.detections)
        .map(|(text, found)| mask(text, found.iter(), &|_| true, &mut minted, &mint))
        .collect();
    (minted, out)
}

const NAMES: &[&str] = &["王建国", "欧阳锋", "John Smith", "Jane van Doe", "Łukasz Nowak"];
const PIECES: &[&str] = &[
    "老王",
    "王总",
    "王先生",
    "建国哥",
    "王建国",
    "欧阳总",
    "欧阳锋",
    "Mr. Smith",
    "John Smith",
    "J. Smith",
    "Smith",
    "John",
    "Ms Doe",
    "Nowak",
    "，",
    "说",
    " ",
    ". ",
    "b",
    "k",
    "n",
    "W",
    "小王子",
    "国王总",
    "hello",
    "\n",
    "**",
    "的",
];

fn text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![4 => prop::sample::select(PIECES).prop_map(str::to_owned), 1 => "\\PC{0,4}"];
    prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn mask_then_restore_is_the_identity(
        name in prop::sample::select(NAMES), texts in prop::collection::vec(text(), 0..4), cut in any::<usize>(),
    ) {
        let recalled = conversation(name, &texts);
        let (minted, out) = masked(&recalled, name, &texts, 1);
        for (before, after) in std::iter::once(name.to_owned()).chain(texts).zip(out) {
            let mut restorer = Restorer::new(Form::Plain);
            let mut back = String::new();
            let (head, tail) = after.split_at(after.floor_char_boundary(cut % (after.len() + 1)));
            restorer.push(&minted, head, &mut back);
            restorer.push(&minted, tail, &mut back);
            restorer.finish(&minted, &mut back);
            prop_assert_eq!(back, before);
        }
    }

    #[test]
    fn detections_stay_sorted_and_apart(
        name in prop::sample::select(NAMES), texts in prop::collection::vec(text(), 0..4),
    ) {
        let recalled = conversation(name, &texts);
        for (text, found) in texts.iter().zip(recalled.detections.iter().skip(1)) {
            let mut end = 0;
            for detection in found.iter() {
                prop_assert!(detection.span.start >= end && text.get(detection.span.clone()).is_some());
                end = detection.span.end;
            }
        }
    }

    #[test]
    fn conversations_never_mix(
        name in prop::sample::select(NAMES), other in prop::sample::select(NAMES),
        texts in prop::collection::vec(text(), 1..4),
    ) {
        // Each request restores only what it minted, under any key.
        let (recalled, stranger) = (conversation(name, &texts), conversation(other, &[]));
        let (_, out) = masked(&recalled, name, &texts, 1);
        let (foreign, _) = masked(&stranger, other, &[], 2);
        for text in &out {
            prop_assert_eq!(restore(&foreign, text, Form::Plain, &mut Tally::default()), None);
        }
        // Earlier recalls have no effect.
        prop_assert_eq!(&conversation(name, &texts).detections, &recalled.detections);
    }
}

#[test]
fn a_short_form_is_restored_to_itself_through_noise() {
    let texts = ["老王说王建国来了".to_owned()];
    let recalled = conversation("王建国", &texts);
    let (minted, out) = masked(&recalled, "王建国", &texts, 7);
    let (short, full) = out[1].split_once('说').unwrap_or_default();
    let full = full.trim_end_matches("来了");
    assert_eq!(&short[..full.len()], full, "the same token with a letter behind it");
    assert_eq!(short.len(), full.len() + 1);
    let noisy = [
        short.to_owned(),
        short.to_lowercase(),
        short.to_uppercase(),
        format!("**{short}**"),
        short.replace('_', "\\_"),
        short.replace('_', "-"),
    ];
    for written in noisy {
        let back = restore(&minted, &format!("问{written}吧"), Form::Plain, &mut Tally::default());
        assert_eq!(back.map(|text| text.replace('*', "")).as_deref(), Some("问老王吧"), "{written}");
    }
    let glued = restore(&minted, &format!("{full}s hat, {short}x"), Form::Plain, &mut Tally::default());
    assert!(
        glued.is_some_and(|text| text.starts_with("王建国s hat, 王建国")),
        "a letter that goes on is no short form"
    );
}

/// The number of positions in one text where `detect_whole` reports `name`.
fn places_of(text: &str, name: &str) -> usize {
    let found = detect_whole(&Detector::default(), text);
    found.iter().filter(|found| text.get(found.span.clone()) == Some(name)).count()
}

#[test]
fn a_name_that_one_place_makes_sure_is_found_at_the_others_of_the_same_text() {
    let text = "姓名：王建国，电话13800138000。\n找王建国改一下/王建国ok，王建国abc";
    assert_eq!(places_of(text, "王建国"), text.matches("王建国").count());
}

#[test]
fn a_text_without_names_stays_as_it_is() {
    let text = "The build failed twice; run it again with more memory. 构建失败，请重试。";
    assert!(detect_whole(&Detector::default(), text).is_empty());
}
