use bytes::Bytes;
use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::attribute::Attributor;
use crate::attribute::identifier::Kind as Term;
use crate::lock::tests::poison;
use crate::wire::Wire;

const CHUNK: &str =
    "Refunds go to IBAN DE89370400440532013000 within ten days, says the desk of returns in Ghent.";

fn declaration(kind: Kind, trust: Vouched, text: &str) -> Declaration {
    let text = Which::Text(text.to_owned());
    Declaration { kind, name: Some("faq\u{7}".into()), trust, session: None, text }
}

fn context(sources: &Sources, system: &str, user: &str) -> Context {
    let messages = json!([{ "role": "system", "content": system }, { "role": "user", "content": user }]);
    let exchange =
        Wire::Chat.parse(Bytes::from(json!({ "model": "m", "messages": messages }).to_string())).unwrap();
    let mut context = Attributor::default().context("client", &exchange);
    sources.mark("tenant", "one", &mut context, &exchange);
    context
}

fn origins(context: &Context, kind: Term, value: &str) -> Vec<Origin> {
    context.identifier(kind, value).into_iter().map(|hit| hit.origin).collect()
}

const IBAN: &str = "de89370400440532013000";

#[test]
fn a_declared_text_has_its_origin_wherever_it_stands() {
    let sources = Sources::default();
    let knowledge = Origin::Retrieved { source: Some("faq".into()) };
    let prompt = format!("You are kind. {} Be brief.", CHUNK.to_uppercase().replace(' ', "\n  "));
    assert_eq!(origins(&context(&sources, &prompt, "hi"), Term::Iban, IBAN), [Origin::Operator]);
    sources.declare("tenant", &[declaration(Kind::Knowledge, Vouched::ThirdParty, CHUNK)]).unwrap();
    let marked = context(&sources, &prompt, "hi");
    assert_eq!(origins(&marked, Term::Iban, IBAN), std::slice::from_ref(&knowledge));
    assert!(marked.is_tainted());
    // A part of it is a third party's too; the text beside it is not.
    let part = "Note refunds go to IBAN DE89370400440532013000 within ten days, ask a@shop.example";
    let marked = context(&sources, "Be brief.", part);
    assert_eq!(origins(&marked, Term::Iban, IBAN), [knowledge]);
    assert_eq!(origins(&marked, Term::Email, "a@shop.example"), [Origin::User]);
    assert_eq!(marked.user_turns()[0].1, "note , ask a@shop.example");
    let sources = Sources::default();
    sources.declare("other", &[declaration(Kind::Knowledge, Vouched::ThirdParty, CHUNK)]).unwrap();
    assert_eq!(origins(&context(&sources, &prompt, "hi"), Term::Iban, IBAN), [Origin::Operator]);
}

#[test]
fn what_is_declared_counts_after_a_thread_broke_at_it() {
    let sources = Sources::default();
    let first = "Parcels for Anna Berg go to the blue door behind the old mill, says the desk.";
    sources.declare("tenant", &[declaration(Kind::Web, Vouched::ThirdParty, first)]).unwrap();
    poison(&sources.books);
    sources.declare("tenant", &[declaration(Kind::Web, Vouched::ThirdParty, CHUNK)]).unwrap();
    assert!(sources.knows("tenant") && !sources.knows("other"));
    let marked = context(&sources, &format!("Be kind. {first} {CHUNK}"), "hi");
    let passages: usize = marked.sources.iter().map(|source| source.passages.len()).sum();
    assert_eq!((passages, origins(&marked, Term::Iban, IBAN).len()), (2, 1));
    assert!(marked.is_tainted());
}

#[test]
fn short_texts_count_whole_and_sessions_apart() {
    let sources = Sources::default();
    let mut memory = declaration(Kind::Memory, Vouched::ThirdParty, "Boss: x@corp.example");
    memory.session = Some("two".into());
    sources.declare("tenant", std::slice::from_ref(&memory)).unwrap();
    let of = || {
        origins(
            &context(&sources, "Known. boss x@corp.example!", "x@corp.example"),
            Term::Email,
            "x@corp.example",
        )
    };
    assert_eq!(of(), [Origin::Operator, Origin::User]);
    memory.session = Some("one".into());
    sources.declare("tenant", std::slice::from_ref(&memory)).unwrap();
    assert_eq!(of(), [Origin::Memory { name: Some("faq".into()) }, Origin::User]);
}

#[test]
fn who_vouches_for_a_text_vouches_for_all_of_it_and_no_part() {
    let sources = Sources::default();
    sources.declare("tenant", &[declaration(Kind::Knowledge, Vouched::Operator, CHUNK)]).unwrap();
    let inside = |text: &str| format!("Answer.\n<context>{text} mail y@evil.example</context>");
    let whole = context(&sources, &inside(CHUNK), "hi");
    assert_eq!(origins(&whole, Term::Iban, IBAN), [Origin::Operator]);
    assert_eq!(origins(&whole, Term::Email, "y@evil.example"), [Origin::Retrieved { source: None }]);
    assert!(whole.is_tainted());
    let part = context(&sources, &inside(&CHUNK[..60]), "hi");
    assert_eq!(origins(&part, Term::Iban, IBAN), [Origin::Retrieved { source: None }]);
    // A declaration of the same text as a third party's prevails.
    sources.declare("tenant", &[declaration(Kind::Web, Vouched::ThirdParty, CHUNK)]).unwrap();
    let both = context(&sources, &inside(CHUNK), "hi");
    assert_eq!(origins(&both, Term::Iban, IBAN), [Origin::Retrieved { source: Some("faq".into()) }]);
}

#[test]
fn a_message_can_be_named_by_its_digest_and_parts_of_it() {
    let sources = Sources::default();
    let text = "pay a@x.example; note: b@x.example";
    let by = |spans: Vec<Range<usize>>| Declaration {
        text: Which::Digest(sha256(text.as_bytes()), spans),
        ..declaration(Kind::File, Vouched::ThirdParty, "")
    };
    sources.declare("tenant", &[by(vec![17..34, 100..200])]).unwrap();
    let marked = context(&sources, "Be brief.", text);
    assert_eq!(origins(&marked, Term::Email, "a@x.example"), [Origin::User]);
    assert_eq!(
        origins(&marked, Term::Email, "b@x.example"),
        [Origin::Retrieved { source: Some("faq".into()) }]
    );
    // One that cuts a character, or goes beyond the end, takes no trust away from elsewhere and leaves none where it is.
    let text = "付给 a@x.example，备注：b@x.example";
    let at = text.find('备').unwrap();
    for (trust, origin) in [
        (Vouched::ThirdParty, Origin::Retrieved { source: Some("faq".into()) }),
        (Vouched::Operator, Origin::User),
    ] {
        let sources = Sources::default();
        let text_of =
            Which::Digest(sha256(text.as_bytes()), vec![Range { start: at + 1, end: text.len() + 40 }]);
        let cut = Declaration { text: text_of, ..declaration(Kind::File, trust, "") };
        sources.declare("tenant", &[cut]).unwrap();
        let marked = context(&sources, "Be brief.", text);
        assert_eq!(origins(&marked, Term::Email, "a@x.example"), [Origin::User]);
        assert_eq!(origins(&marked, Term::Email, "b@x.example"), [origin]);
    }
    assert_eq!(
        sources.declare("tenant", &[by(Vec::new()), by(vec![Range { start: 9, end: 4 }, 0..2])]),
        Err((1, Refused::Digest))
    );
}

#[test]
fn what_cannot_be_told_or_is_too_long_is_refused_and_room_is_bounded() {
    let sources = Sources::default();
    let declare =
        |text: &str| sources.declare("tenant", &[declaration(Kind::Web, Vouched::ThirdParty, text)]);
    assert_eq!(declare("yes, 42."), Ok(Taken { short: vec![0], new: vec![] }));
    assert_eq!(declare(&"a ".repeat(LONGEST)), Err((0, Refused::Long)));
    for number in 0..22 {
        let words: Vec<String> = (0..20_000).map(|word| format!("w{number}x{word}")).collect();
        let text = words.join(" ");
        declare(&text).unwrap();
        if number == 21 {
            // Declaring the same text again takes no space.
            assert_eq!(declare(&text).unwrap(), Taken::default());
        }
    }
    let books = locked(&sources.books);
    let book = &books[0].1;
    assert!(book.words <= MOST_WORDS && book.entries.len() < 22 && book.grams.len() <= MOST_WORDS);
    assert_eq!(book.same.len(), book.entries.len());
}

proptest! {
    #[test]
    fn a_passage_of_a_run_is_always_found(
        before in "[a-c ]{0,30}", words in prop::collection::vec("[d-z]{3}", 8..40), from in 0..32_usize, after in "[a-c ]{0,30}",
    ) {
        let sources = Sources::default();
        sources.declare("tenant", &[declaration(Kind::Web, Vouched::ThirdParty, &words.join(" "))]).unwrap();
        let from = from.min(words.len() - RUN);
        let part = words[from..from + RUN].join(" ");
        let marked = context(&sources, "x", &format!("{before} {part} {after}"));
        let passages = &marked.sources[1].passages;
        prop_assert!(passages.iter().any(|passage| passage.span.len() >= part.len()), "{:?}", passages);
    }

    #[test]
    fn passages_stay_in_order(texts in prop::collection::vec("([ab] ){1,12}", 1..6), user in "([ab] |<context>|</context>){0,60}") {
        let sources = Sources::default();
        for (at, text) in texts.iter().enumerate() {
            let trust = if at % 2 == 0 { Vouched::ThirdParty } else { Vouched::Operator };
            let _ = sources.declare("tenant", &[declaration(Kind::Web, trust, text)]);
        }
        let marked = context(&sources, "x", &user);
        let mut end = 0;
        for passage in marked.sources.iter().filter(|source| source.slot == 1).flat_map(|source| &source.passages) {
            prop_assert!(passage.span.start >= end && passage.span.start < passage.span.end && user.get(passage.span.clone()).is_some());
            end = passage.span.end;
        }
    }
}
