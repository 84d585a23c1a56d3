//! Any text: no panic, and the spans of detections can be spliced safely.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use ombud_detect::{Detector, Options};

static DETECTOR: LazyLock<Detector> = LazyLock::new(|| Detector::new(&Options::default()));

fuzz_target!(|text: &str| {
    let mut end = 0;
    for found in DETECTOR.detect(text) {
        assert!(found.span.start >= end, "spans are sorted and do not overlap");
        assert!(!found.span.is_empty(), "a detection covers something");
        assert!(text.get(found.span.clone()).is_some(), "spans lie in the text, on character boundaries");
        assert!((0.0..=1.0).contains(&found.score), "a score is a share");
        end = found.span.end;
    }
});
