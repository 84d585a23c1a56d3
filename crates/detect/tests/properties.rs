//! Properties of any text, and of adversarial texts.

use std::sync::OnceLock;

use ombud_core::{DataType, Detection};
use ombud_detect::mask::{Minted, mask, token};
use ombud_detect::normalise::normalise;
use ombud_detect::{Detector, Options};
use proptest::prelude::*;

fn detector() -> &'static Detector {
    static DETECTOR: OnceLock<Detector> = OnceLock::new();
    DETECTOR.get_or_init(Detector::default)
}

fn check(text: &str, found: &[Detection]) {
    let mut end = 0;
    for detection in found {
        assert!(detection.span.start >= end, "sorted and apart: {found:?}");
        assert!(!detection.span.is_empty());
        assert!(text.get(detection.span.clone()).is_some(), "on character boundaries: {detection:?}");
        assert!((0.0..=1.0).contains(&detection.score));
        end = detection.span.end;
    }
}

/// Fragments of values, so that random texts come close to values.
fn pieces() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "1",
        "3",
        "9",
        "0",
        "12345678",
        "13912345678",
        "110105",
        "19491231",
        "002X",
        " ",
        "-",
        ".",
        ":",
        "/",
        "@",
        "+86",
        "(",
        ")",
        "\u{200b}",
        "１",
        "：",
        "，",
        "京",
        "A",
        "微信",
        "密码是",
        "password=",
        "\"",
        "'",
        "://",
        "a",
        "b.com",
        "sk-",
        "eyJ",
        "-----BEGIN ",
        "PRIVATE KEY-----",
        "-----END ",
        "PHONE_",
        "7Q2K4M8N",
        "身份证",
        "ip",
        "é",
        "а",
        "\n",
        "\\n",
        "%40",
        "xoxb-",
        "2001:db8:",
        "::",
        "GB82",
        "WEST",
        "62",
        "0222021",
        "wxid_",
        "Bearer ",
        "验证码",
        "护照",
        "E9347",
        "台胞证",
        "𝟏",
        "ﷺ",
    ]);
    prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn any_text_gives_ordered_spans_on_characters(text in "\\PC{0,80}") {
        check(&text, &detector().detect(&text));
    }

    #[test]
    fn near_values_give_ordered_spans_on_characters(text in pieces()) {
        check(&text, &detector().detect(&text));
    }

    #[test]
    fn tokens_are_never_detected(text in pieces()) {
        // What follows a token is judged in the normal form: a mathematical digit is a digit.
        let text = normalise(&text).text.into_owned();
        let found = detector().detect(&text);
        for token in token::spans(&text) {
            let free = !text.as_bytes().get(token.end).is_some_and(u8::is_ascii_alphanumeric);
            let touched = found.iter().any(|d| d.span.start < token.end && token.start < d.span.end);
            prop_assert!(!(free && touched), "{found:?} in {text:?}");
        }
    }

    #[test]
    fn references_hide_nothing_in_either_reading(
        digits in "13[5-9][1-8]{4}[1-9]{4}",
        around in prop::sample::select(vec!["&ndash;", "&shy;", "&#8203;", "&lt;", "&nbsp;", "&#44", "&amp;#44;", "&lowbar;"]),
    ) {
        let key = "sk-proj-abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGH";
        let spelled = digits.bytes().map(|digit| format!("&#{digit};")).collect::<Vec<_>>().concat();
        for text in [
            format!("{around}{key}"),
            format!("tel {around}{digits}{around}id"),
            format!("{spelled} {around}"),
        ] {
            let value = [key, digits.as_str(), spelled.as_str()].into_iter().find(|value| text.contains(value));
            let at = text.find(value.expect("planted")).expect("planted");
            let end = at + value.expect("planted").len();
            let found = detector().detect(&text);
            prop_assert!(found.iter().any(|d| d.span.start <= at && end <= d.span.end), "{} {:?}", text, found);
        }
    }

    #[test]
    fn full_width_is_no_hiding_place(digits in "1[3-9][0-9]{9}") {
        let wide: String = digits.chars().filter_map(|ch| char::from_u32(u32::from(ch) + 0xfee0)).collect();
        let kinds = |text: &str| detector().detect(text).into_iter().map(|d| d.kind).collect::<Vec<_>>();
        prop_assert_eq!(kinds(&digits), kinds(&wide));
    }
}

proptest! {
    // Each case builds a detector.
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn declared_values_are_always_found(before in "[ ,。中]{0,5}", value in "[a-zA-Z][a-zA-Z ]{1,8}[a-z]|[一-龥]{2,4}", after in "[ ,。中]{0,5}") {
        let options = Options { declared: vec![(DataType::Person, value.clone())], ..Options::default() };
        let text = format!("{before}{value}{after}");
        let found = Detector::new(&options).detect(&text);
        prop_assert!(found.iter().any(|d| text[d.span.clone()].contains(&value)), "{found:?} in {text:?}");
    }
}

#[test]
fn declared_values_are_whole_words_and_survive_disguise() {
    let declared = vec![
        (DataType::Person, "Ann".to_owned()),
        (DataType::Org, "安伴科技".to_owned()),
        (DataType::Org, " ".to_owned()),
    ];
    let detector = Detector::new(&Options { declared, ..Options::default() });
    // "Annie" is a name too, but not a declared one.
    let values = |text: &'static str| {
        let found = detector.detect(text).into_iter().filter(|d| d.recogniser == "declared");
        found.map(|d| &text[d.span]).collect::<Vec<_>>()
    };
    assert_eq!(values("Announcement: Ann met Annie, 在安伴科技工作"), ["Ann", "安伴科技"]);
    assert_eq!(values("A\u{200b}nn and Ａｎｎ"), ["A\u{200b}nn", "Ａｎｎ"]);
}

#[test]
fn the_longest_validated_type_owns_the_digits() {
    let kinds = |text: &str| detector().detect(text).into_iter().map(|d| d.kind).collect::<Vec<_>>();
    assert_eq!(kinds("11010519491231002X"), [DataType::CnId]);
    assert_eq!(kinds("卡号6222021234567890128,手机13912345678"), [DataType::Card, DataType::Phone]);
    assert_eq!(kinds("postgres://app:s3cret@10.0.3.15:5432/u"), [DataType::DbUrl]);
    assert_eq!(kinds("https://a:b1c@example.com/?mail=x@y.io"), [DataType::Url]);
    assert_eq!(kinds("wx13912345678@qq.com"), [DataType::Email]);
}

#[test]
fn what_is_masked_is_not_found_again() {
    let text = "我叫小明,手机13912345678,邮箱a.b@example.com,密码是hunter2x,卡号6222021234567890128";
    let found = detector().detect(text);
    assert_eq!(found.len(), 5);
    let mut minted = Minted::default();
    let masked = mask(text, &found, &|_| true, &mut minted, &|_, value, attempt| {
        let sum = value.bytes().fold(attempt, |sum, byte| sum.wrapping_mul(31).wrapping_add(u32::from(byte)));
        let [a, b, c, d] = sum.to_le_bytes();
        [a, b, c, d, a ^ d]
    });
    assert_eq!(detector().detect(&masked), [], "{masked}");
}

#[test]
fn ordinary_text_is_quiet() {
    let quiet = [
        "Release 2.14.0 (2024-01-05) fixes #1234, see commit 9fceb02d0ae598e95dc970b74767f19372d61af8.",
        "id=550e8400-e29b-41d4-a716-446655440000 ts=1718000000123 took 0.139123456 s",
        "ISBN 978-7-302-51162-3,定价59.00元,2024年1月5日第3版",
        "订单JD202496749431769金额3991.23,流水号1391234567820240105",
        "md5 d41d8cd98f00b204e9800998ecf8427e, sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "range 10.0-20.5, 3.1415926535897932, 1e-10, 0xDEADBEEF, 1,234,567.89, 12:30:45.123",
        "const MAX_TOKENS: usize = 4096; let token = lexer.next_token()?; // password check",
        "快递单号SF1391234567890,运单号 75312345678901,批号20240105001",
        "https://example.com/articles/2024/01/05/how-to-use-sk-learn?page=3#section-12",
        "GPT-4o, A100-80GB, RTX 4090, iPhone15, H264, UTF-8, ISO8601, RFC 5322",
        "他考了598分,身高1.75米,体重65.5公斤,第3组第2名,编号1201",
    ];
    for text in quiet {
        assert_eq!(detector().detect(text), [], "{text}");
    }
}

/// Each would take minutes if a recogniser read the same run again at each trigger in it.
#[test]
fn hostile_texts_end() {
    let units = [
        "1",
        "1 ",
        "13912 ",
        "@",
        "a@",
        "a@b.co",
        "%40",
        "-----BEGIN",
        "-----BEGIN PRIVATE KEY-----",
        "-----BEGIN PRIVATE KEY-----\n-----END ",
        "eyJ",
        "eyJ.",
        "sk-",
        "sk-a1B2",
        "://",
        "a:b@://",
        "password:",
        "密码是",
        "微信",
        "qq:",
        "1:",
        "a1:",
        "1.",
        "(",
        "+1",
        "\u{200b}",
        "１",
        "，",
        "а",
        "á\u{301}",
        "PHONE_",
        "_",
        "京A",
        "Bearer ",
        "验证码",
        "0571-",
        "aA1",
        "00",
        "\"",
        "\\",
        "﷽",
    ];
    for unit in units {
        let text = unit.repeat(100_000 / unit.len());
        check(&text, &detector().detect(&text));
    }
}
