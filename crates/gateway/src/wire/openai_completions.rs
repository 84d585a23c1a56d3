//! `POST …/completions`: text in, text out, without roles. The oldest of the wires; local servers and fill-in-the-middle
//! models (`suffix`) still use it.

use ombud_core::{Origin, Role};

use super::collect::Collector;
use super::embeddings::texts;
use super::frame::{Channel, ChannelKind, Frame, Mark};
use super::json::Doc;
use super::openai_chat::{number, other};
use super::places::Places;
use super::{Calls, Dialect, Format};

/// The format.
pub static FORMAT: Format = Format {
    id: "openai.completions",
    method: "POST",
    path: "/completions",
    others: &[],
    dialect: Some(Dialect::OpenAi),
    request: Some(request),
    frame,
    calls: Calls::None,
    across_sessions: false,
};

/// Walks a request.
pub fn request(c: &mut Collector<'_, '_>) {
    let root = c.doc.root();
    c.members(root, Role::Other, &Origin::Operator, |c, key, value| match key {
        "model" => c.model(value),
        "stream" => c.stream(value),
        "logit_bias" | "stream_options" => c.settings(value),
        "prompt" => texts(c, value, Role::Other),
        // `suffix` is text like the prompt.
        "suffix" => c.text(value, Role::Other, &Origin::Unknown),
        _ => other(c, root, key, value),
    });
}

/// Reads one frame of a streamed response.
pub fn frame(doc: &Doc<'_>, _: &mut Places) -> Frame {
    let mut frame = Frame { model: doc.get_str(doc.root(), "model").map(Into::into), ..Frame::default() };
    let choices = doc.get(doc.root(), "choices").into_iter().flat_map(|choices| doc.items(choices));
    for (place, choice) in choices.enumerate() {
        let index = number(doc, choice, "index").unwrap_or(u32::try_from(place).unwrap_or(0));
        let channel = Channel { index, sub: 0, kind: ChannelKind::Text };
        if let Some(text) = doc.get(choice, "text") {
            frame.delta(doc, text, channel);
        }
        if let Some(reason) = doc.get_str(choice, "finish_reason") {
            frame.finish = Some(reason.into());
            frame.marks.push(Mark::Close(index));
        }
    }
    frame
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::super::Wire;
    use super::super::json::Keys;
    use super::*;

    #[test]
    fn every_text_of_a_request_is_a_slot() {
        let body = r#"{"model":"m","prompt":["call 13912345678","two"],"suffix":"end","user":"u","n":2}"#;
        let exchange = Wire::pick("POST", "/v1/completions").unwrap().parse(Bytes::from(body)).unwrap();
        let texts: Vec<&str> = exchange.slots.iter().map(|slot| slot.text.as_str()).collect();
        assert_eq!(texts, ["call 13912345678", "two", "end", "u"]);
        assert!(exchange.opaque.is_empty());
    }

    #[test]
    fn token_numbers_cannot_be_read() {
        for body in [r#"{"prompt":[1,2]}"#, r#"{"prompt":[[1,2],[3]]}"#] {
            let exchange = Wire::pick("POST", "/v1/completions").unwrap().parse(Bytes::from(body)).unwrap();
            assert_eq!(exchange.opaque.len(), 1, "{body}");
        }
    }

    #[test]
    fn chat_completions_are_another_wire() {
        assert_eq!(Wire::pick("POST", "/v1/chat/completions"), Some(Wire::Chat));
    }

    #[test]
    fn pieces_of_each_choice_are_channels() {
        let doc = Doc::parse(
            br#"{"choices":[{"text":"a","index":0},{"text":"b","index":1,"finish_reason":"stop"}]}"#,
            Keys::Any,
        )
        .unwrap();
        let frame = frame(&doc, &mut Places::default());
        assert_eq!(frame.deltas.iter().map(|delta| delta.1.index).collect::<Vec<_>>(), [0, 1]);
        assert_eq!((frame.marks, frame.finish.as_deref()), (vec![Mark::Close(1)], Some("stop")));
    }
}
