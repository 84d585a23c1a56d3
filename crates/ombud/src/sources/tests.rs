use serde_json::json;

use super::*;

fn read_one(source: serde_json::Value) -> Result<Declaration, u16> {
    let source: SourceIn = serde_json::from_value(source).map_err(|_| 0_u16)?;
    declaration(3, source, Lang::Zh).map_err(|refused| refused.status().as_u16())
}

#[test]
fn what_a_source_may_say() {
    let taken =
        read_one(json!({ "kind": "knowledge", "name": "faq", "text": "a text of some words" })).unwrap();
    assert_eq!(
        (taken.kind, taken.trust, taken.session.as_deref()),
        (Kind::Knowledge, Vouched::ThirdParty, None)
    );
    assert_eq!(taken.text, Which::Text("a text of some words".into()));
    let user = read_one(json!({ "kind": "user", "text": "mail Anna", "conversation": "s1" })).unwrap();
    assert_eq!((user.trust, user.session.as_deref()), (Vouched::User, Some("s1")));
    let message =
        read_one(json!({ "kind": "web", "sha256": "ab", "spans": [[0, 4], [6, 9]], "conversation": "" }))
            .unwrap();
    assert_eq!((message.text, message.session), (Which::Digest("ab".into(), vec![0..4, 6..9]), None));
    for (source, status) in [
        (json!({ "kind": "web" }), 400),
        (json!({ "kind": "web", "text": "a", "sha256": "b" }), 400),
        (json!({ "kind": "web", "text": "a", "spans": [[0, 1]] }), 400),
        (json!({ "kind": "nothing", "text": "a" }), 0),
        (json!({ "kind": "web", "text": "a", "trusted": true }), 0),
    ] {
        assert_eq!(read_one(source.clone()).err(), Some(status), "{source}");
    }
}

#[test]
fn each_reason_says_what_to_do_in_both_languages() {
    for why in [Refused::Long, Refused::Digest] {
        let (en, zh) = (told(3, why, Lang::En), told(3, why, Lang::Zh));
        assert!(en.starts_with("sources[3]: ") && zh.starts_with("sources[3]：") && en != zh);
    }
}
