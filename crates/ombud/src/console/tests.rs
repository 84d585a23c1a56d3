//! The description of the interface, which the page's types are made from; and reading back what a ledger was given.

use ombud_core::event::{
    AnswerFinding, AnswerNoticeRecord, Counts, Event, EventKind, OverlapRecord, Party, RequestRecord,
    ResponseRecord,
};
use ombud_core::{DataType, Policy};
use ombud_detect::{Detector, Options};
use ombud_gateway::providers::Providers;
use ombud_ledger::{Ledger, Payload};

use super::view::{ContentState, Side, SpanState};
use super::*;

const DESCRIPTION: &str = "../../console/openapi.json";

#[test]
fn the_page_has_the_description_that_is_served() {
    let served = serde_json::to_string_pretty(&document()).unwrap() + "\n";
    if std::env::var_os("OMBUD_WRITE_DESCRIPTION").is_some() {
        std::fs::write(DESCRIPTION, &served).unwrap();
    }
    let kept = std::fs::read_to_string(DESCRIPTION).unwrap();
    assert!(
        kept == served,
        "console/openapi.json is not what is served; write it with OMBUD_WRITE_DESCRIPTION=1 cargo nextest run -p ombud description, then `npm run schema` in console/"
    );
}

const PHONE: &str = "13912345678";
const CLEAR: &str = "13787654321";
const TOKEN: &str = "PHONE_7Q2K4M8N";

fn knowledge() -> Knowledge {
    Knowledge::Configuration {
        providers: Box::new(Providers::builtin().unwrap()),
        local: std::collections::BTreeSet::new(),
        policy: Policy::default(),
        detector: Box::new(Detector::new(&Options::default())),
    }
}

fn event(exchange: &str, kind: EventKind) -> Event {
    Event {
        exchange: Some(exchange.into()),
        conversation: Some("c".into()),
        ..ombud_gateway::record::event(kind)
    }
}

/// A request with one masked and one clear number, and its answer.
async fn written(home: &Path) -> Ledger {
    written_without(home, 0).await
}

/// The same, where so many bytes at the end of the answer were not kept.
async fn written_without(home: &Path, missing: u64) -> Ledger {
    let ledger = Ledger::open(home).await.unwrap();
    let body = format!(r#"{{"messages":[{{"role":"user","content":"😀 {PHONE} or \"{CLEAR}\""}}]}}"#);
    let at = body.find(PHONE).unwrap();
    let patches = serde_json::to_vec(&[(at, at + PHONE.len(), TOKEN)]).unwrap();
    let request = RequestRecord {
        provider: "openai".into(),
        host: "api.openai.com".into(),
        wire: "openai.chat".into(),
        model: None,
        stream: false,
        bytes: (1, 1),
        slots: std::collections::BTreeMap::new(),
        found: Counts::from([(DataType::Phone, 2)]),
        masked: Counts::from([(DataType::Phone, 1)]),
        opaque: std::collections::BTreeMap::new(),
        signs: Vec::new(),
        headers: Vec::new(),
    };
    let parts: [&[u8]; 2] = [body.as_bytes(), &patches];
    let payload = Payload { conversation: "c", parts: &parts };
    let kind = EventKind::Request(Box::new(request));
    let _ticket = ledger.append(event("x", kind), Some(payload)).unwrap();
    let answer = format!(r#"{{"choices":[{{"message":{{"content":"{TOKEN}, not PHONE_00000000"}}}}]}}"#);
    let parts: [&[u8]; 1] = [answer.as_bytes()];
    let payload = Payload { conversation: "c", parts: &parts };
    let kind = EventKind::Response(Box::new(ResponseRecord {
        status: 200,
        complete: true,
        bytes: answer.len() as u64 + missing,
        restored: 1,
        unknown_tokens: 1,
        tokens: None,
        request_id: None,
        model: None,
        finish: None,
        ms: (0, 0),
        fault: Party::None,
        code: None,
    }));
    let last = ledger.append(event("x", kind), Some(payload)).unwrap();
    ledger.durable(&last).await.unwrap();
    ledger
}

/// The marks of a side: the text, how it left, and the text on the other side.
fn marks(passages: &[view::Passage]) -> Vec<(String, SpanState, String)> {
    let mut found = Vec::new();
    for passage in passages {
        let units: Vec<u16> = passage.text.encode_utf16().collect();
        for span in &passage.spans {
            let range = usize::try_from(span.start).unwrap()..usize::try_from(span.end).unwrap();
            found.push((String::from_utf16(&units[range]).unwrap(), span.state, span.other.clone()));
        }
    }
    found
}

#[tokio::test]
async fn both_sides_of_an_exchange_are_read_back() {
    let home = tempfile::tempdir().unwrap();
    let ledger = written(home.path()).await;
    let (knowledge, mut reader) = (knowledge(), Reader::open(home.path()).await.unwrap());
    let said = exchange::read(&mut reader, "x", &knowledge).await.unwrap().unwrap();
    let masked = |here: &str, state, other: &str| (here.to_owned(), state, other.to_owned());
    assert_eq!(
        marks(&said.passages(Side::Request, 0, 9, &knowledge)),
        [masked(PHONE, SpanState::Masked, TOKEN), masked(CLEAR, SpanState::Clear, CLEAR)]
    );
    assert_eq!(
        marks(&said.passages(Side::Answer, 0, 9, &knowledge)),
        [
            masked(TOKEN, SpanState::Masked, PHONE),
            masked("PHONE_00000000", SpanState::UnknownToken, "PHONE_00000000")
        ]
    );
    assert!(exchange::read(&mut reader, "y", &knowledge).await.unwrap().is_none());
    ledger.close().await.unwrap();
}

#[tokio::test]
async fn a_response_that_was_not_kept_whole_says_so() {
    for (missing, wanted) in [(0, false), (1, true)] {
        let home = tempfile::tempdir().unwrap();
        let ledger = written_without(home.path(), missing).await;
        let mut reader = Reader::open(home.path()).await.unwrap();
        let said = exchange::read(&mut reader, "x", &knowledge()).await.unwrap().unwrap();
        assert_eq!(said.view().answer.map(|answer| answer.cut), Some(wanted));
        ledger.close().await.unwrap();
    }
}

#[tokio::test]
async fn what_was_erased_says_so_and_shows_nothing() {
    let home = tempfile::tempdir().unwrap();
    let ledger = written(home.path()).await;
    let source = Source::new(home.path(), knowledge());
    let rows = |fold: &fold::Fold, _| fold.conversations(None, 9).into_iter().cloned().collect::<Vec<_>>();
    assert!(!source.look(rows).await.unwrap()[0].erased);
    ledger.erase(&["c"]).await.unwrap();
    assert!(source.look(rows).await.unwrap()[0].erased, "a look takes in what came since the last");
    let mut reader = source.reader().await.unwrap();
    let said = exchange::read(&mut reader, "x", &source.knowledge).await.unwrap().unwrap();
    assert!(said.passages(Side::Request, 0, 9, &source.knowledge).is_empty());
    let view = said.view();
    let states = (view.request.as_ref().unwrap().state, view.answer.as_ref().unwrap().state);
    assert_eq!(states, (ContentState::Erased, ContentState::Erased));
    assert!(!serde_json::to_string(&view).unwrap().contains(PHONE));
    let flow = source.update().await.unwrap().flow;
    assert_eq!((flow.recipients[0].data[0].masked, flow.recipients[0].data[0].clear), (1, 1));
    assert!(flow.recipients[0].warnings.contains(&view::Warning::InTheClear));
    ledger.close().await.unwrap();
}

#[tokio::test]
async fn a_home_without_room_for_a_token_stops_no_gateway() {
    let home = tempfile::tempdir().unwrap();
    // A folder in the place of the token can be neither read nor replaced.
    std::fs::create_dir_all(home.path().join("console.token/x")).unwrap();
    let ledger = Ledger::open(home.path()).await.unwrap();
    let config = config::gateway(config::File::default(), &Flags::default(), Lang::En).unwrap();
    let gateway = Gateway::new(config, Detector::new(&Options::default()), ledger).unwrap();
    let console = Console::beside(&gateway, &[]);
    assert_eq!(console.link("127.0.0.1:1".parse().unwrap()), None);
    console.close();
    assert!(Token::of(home.path(), Lang::En).is_err());
}

#[tokio::test]
async fn what_rules_said_about_an_answer_is_shown() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = written(folder.path()).await;
    let origin = ombud_core::Origin::Memory { name: Some("notes".into()) };
    let overlaps = vec![OverlapRecord { slot: 0, origin, by: "token".into(), coverage: 100, first: true }];
    let found = |rule: &str, decision: &str, overlaps| AnswerFinding {
        rule: rule.into(),
        decision: decision.into(),
        form: "text".into(),
        carries: Vec::new(),
        overlaps,
    };
    let found =
        vec![found("answer.others", "would_ask", overlaps), found("answer.prompt", "ask", Vec::new())];
    let kind = EventKind::AnswerNotice(Box::new(AnswerNoticeRecord { found, more: 0 }));
    let last = ledger.append(event("x", kind), None).unwrap();
    ledger.durable(&last).await.unwrap();
    let mut reader = Reader::open(folder.path()).await.unwrap();
    let view = exchange::read(&mut reader, "x", &knowledge()).await.unwrap().unwrap().view();
    let [others, prompt] = view.notices.as_slice() else { panic!("{:?}", view.notices) };
    assert!(others.left && !prompt.left && prompt.overlaps.is_empty());
    assert!(others.told.en.contains("third-party content") && others.told.zh.contains("个人信息"));
    assert_eq!(
        (others.overlaps[0].origin.from.as_str(), others.overlaps[0].by.as_str()),
        ("memory", "token")
    );
}
