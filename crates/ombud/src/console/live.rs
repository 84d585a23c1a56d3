//! The stream of updates. The journal is the signal: any write to it, by this process or another, is noticed.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use tokio::sync::watch;

use super::api::Console;
use super::source::Source;
use super::view::{ConsoleProblem, Update};

/// How often the journal is polled: often enough to look immediate, rarely enough to cost nothing.
const PAUSE: Duration = Duration::from_millis(300);

/// How often an idle stream sends a sign of life.
const ALIVE: Duration = Duration::from_secs(15);

/// Updates as server-sent events: `update` each time the log has grown, with an `Update` as JSON.
#[utoipa::path(get, path = "/api/v1/console/stream",
    responses((status = 200, body = Update, content_type = "text/event-stream"), (status = 401, body = ConsoleProblem)))]
pub(crate) async fn stream(State(console): State<Console>) -> Response {
    let watching =
        Watching { opened: console.source.opened(), source: Arc::clone(&console.source), size: None };
    let updates = stream::unfold(watching, |mut watching| async move {
        let event = watching.next().await?;
        Some((Ok::<Event, Infallible>(event), watching))
    });
    Sse::new(updates).keep_alive(KeepAlive::new().interval(ALIVE)).into_response()
}

struct Watching {
    source: Arc<Source>,
    opened: watch::Receiver<bool>,
    /// Size of the journal at the last update.
    size: Option<u64>,
}

impl Watching {
    /// The next update; `None` when the console closes.
    async fn next(&mut self) -> Option<Event> {
        loop {
            if !*self.opened.borrow() {
                return None;
            }
            let size = self.source.size();
            if self.size != Some(size)
                && let Some(event) = self.update(size).await
            {
                return Some(event);
            }
            tokio::select! {
                () = tokio::time::sleep(PAUSE) => {}
                // A dropped sender closes the console too.
                _ = self.opened.wait_for(|open| !open) => return None,
            }
        }
    }

    async fn update(&mut self, size: u64) -> Option<Event> {
        let Ok(update) = self.source.update().await else {
            self.size = Some(size);
            return Some(Event::default().event("unreadable").data("{}"));
        };
        // A long log is read step by step: then the next look follows without a change of size.
        self.size = (update.flow.read >= update.flow.entries).then_some(size);
        Event::default().event("update").json_data(update).ok()
    }
}
