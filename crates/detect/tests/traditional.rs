//! Text in traditional characters is read like the same text in simplified ones.

use ombud_core::DataType;
use ombud_detect::Detector;

fn finds(text: &str, kind: DataType, value: &str) {
    let found = Detector::default().detect(text);
    let values: Vec<_> =
        found.iter().filter(|found| found.kind == kind).map(|found| &text[found.span.clone()]).collect();
    assert!(values.contains(&value), "{text}: {found:?}");
}

#[test]
fn names_and_places_are_found() {
    finds("請幫我轉告陳建國，明天下午三點開會。", DataType::Person, "陳建國");
    finds("我叫劉曉麗，想改一下預約時間", DataType::Person, "劉曉麗");
    finds("寄到臺北市信義區信義路五段7號，謝謝", DataType::Location, "臺北市信義區信義路五段7號");
}

#[test]
fn labels_are_understood() {
    finds("密碼是abc12345，別告訴別人", DataType::Secret, "abc12345");
    finds("身分證字號：A123456789", DataType::TwId, "A123456789");
    finds("驗證碼482913，五分鐘內有效", DataType::Secret, "482913");
}

#[test]
fn a_declared_name_is_found_in_both_scripts() {
    let options = ombud_detect::Options {
        declared: vec![(DataType::Person, "陈皮糖".into())],
        without_names: true,
        ..Default::default()
    };
    let detector = Detector::new(&options);
    for text in ["找陈皮糖", "找陳皮糖"] {
        assert_eq!(detector.detect(text).len(), 1, "{text}");
    }
}
