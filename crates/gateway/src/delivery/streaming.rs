//! A streamed response on its way: the state machine of its channels, driven by what the provider sends.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use futures_util::{Stream, StreamExt};
use ombud_core::event::Party;

use super::Delivery;
use crate::channel::stream::{AnswerStream, Step};
use crate::refusal::Refusal;
use crate::upstream;
use crate::wire::answer::ToolCall;
use crate::wire::{Dialect, Wire};

/// Time given to the last bytes of a broken stream to reach the socket.
const FLUSH: Duration = Duration::from_millis(20);

type Source = Pin<Box<dyn Stream<Item = reqwest::Result<Bytes>> + Send>>;

/// A streamed response.
struct Streaming {
    delivery: Delivery,
    source: Source,
    state: AnswerStream,
    /// The source ended, or the rest of it is to be ignored.
    ended: bool,
    /// Whether the stream to the client must end with a broken connection, as the provider's did.
    broken: bool,
}

pub(super) fn stream(mut delivery: Delivery, wire: Wire, answer: reqwest::Response) -> Body {
    delivery.streamed = true;
    let state = AnswerStream::new(wire, Arc::clone(&delivery.minted)).guarded(delivery.guard());
    let source: Source = Box::pin(answer.bytes_stream());
    let streaming = Streaming { delivery, source, state, ended: false, broken: false };
    Body::from_stream(futures_util::stream::unfold(Some(streaming), |streaming| async move {
        let mut streaming = streaming?;
        match streaming.next().await {
            Some(Ok(bytes)) => {
                streaming.delivery.give(&bytes);
                Some((Ok(bytes), Some(streaming)))
            }
            Some(Err(error)) => Some((Err(error), None)),
            None => None,
        }
    }))
}

impl Streaming {
    /// The next bytes for the client.
    async fn next(&mut self) -> Option<Result<Bytes, std::io::Error>> {
        loop {
            let step = self.state.step();
            self.delivery.points(self.state.seen());
            match step {
                Some(Step::Forward(bytes)) if !bytes.is_empty() => return Some(Ok(bytes.into())),
                Some(Step::Forward(_)) => {}
                Some(Step::Decide(calls)) => {
                    if let Some(error) = self.decided(&calls).await {
                        return Some(Ok(error));
                    }
                }
                Some(Step::Unreadable) => return Some(Ok(self.end_with(&Refusal::Frame))),
                Some(Step::TooLarge) => return Some(Ok(self.end_with(&Refusal::AnswerTooLarge))),
                None if self.ended => return self.close().await,
                None => self.read().await,
            }
        }
    }

    async fn read(&mut self) {
        match self.source.next().await {
            Some(Ok(bytes)) => {
                self.delivery.keep(&bytes);
                if self.state.push(&bytes).is_err() {
                    self.stop(&Refusal::AnswerTooLarge);
                }
            }
            Some(Err(error)) => self.stop(&upstream::broke(&error, &self.delivery.url)),
            None => {
                self.ended = true;
                self.state.end();
            }
        }
    }

    /// Handles a failure on the provider's side: what arrived is passed on as it was, and the connection breaks as the
    /// provider's did.
    fn stop(&mut self, why: &Refusal) {
        self.ended = true;
        self.broken = true;
        self.delivery.record.fault = why.party();
        self.delivery.record.code = Some(why.code().to_owned());
        self.state.end();
    }

    /// Decides on tool calls; if that fails or cannot be recorded, ends the stream with an error, which is returned.
    async fn decided(&mut self, calls: &[ToolCall]) -> Option<Bytes> {
        match self.delivery.decide(calls).await {
            Ok(withheld) => {
                self.state.settle(withheld);
                None
            }
            Err(why) => Some(self.end_with(&why)),
        }
    }

    /// Ends the stream with an error in the form the client's SDK expects.
    fn end_with(&mut self, why: &Refusal) -> Bytes {
        self.ended = true;
        self.state.abandon();
        self.delivery.record.fault = why.party();
        self.delivery.record.code = Some(why.code().to_owned());
        let body = why.body(self.delivery.dialect, &self.delivery.gateway.config.told(why));
        let event = if self.delivery.dialect == Dialect::Anthropic { "event: error\n" } else { "" };
        format!("{event}data: {body}\n\n").into()
    }

    async fn close(&mut self) -> Option<Result<Bytes, std::io::Error>> {
        let (model, finish) = (self.state.model.take(), self.state.finish.take());
        self.delivery.saw((self.state.tally(), self.state.used), model, finish);
        let record = &mut self.delivery.record;
        record.complete = self.state.complete && !self.broken;
        if !self.state.complete && record.code.is_none() {
            record.fault = Party::Provider;
            record.code = Some("stream_without_end".to_owned());
        }
        self.delivery.finish();
        if !self.broken {
            return None;
        }
        // The server flushes its buffer while the body is pending, and discards it when the body fails.
        tokio::time::sleep(FLUSH).await;
        Some(Err(std::io::Error::other("the provider's stream broke")))
    }
}
