//! Network requests: to a model, a store, or anybody else.

use ruff_text_size::TextRange;

use super::api::web::Request;
use super::api::{flaws, labels, models, stores, web};
use super::deeds::add;
use super::given::only;
use super::state::Lifted;
use super::value::{Argument, Shape, Value};
use super::walk::Walk;
use crate::facts::{Deed, Flaw, Sink, Taint, Template, host_of};

/// Whether a body has the form of a chat with a model, wherever it is sent: a model, and messages.
fn is_chat(value: &Value, depth: usize) -> bool {
    let deeper = |value: &Value| depth < 4 && is_chat(value, depth + 1);
    match &value.shape {
        Shape::Dict(items) => {
            let inner = match items.get("input").map(|input| &input.shape) {
                Some(Shape::Dict(inner)) => inner.contains_key("messages"),
                _ => false,
            };
            let asks = items.contains_key("model") && (inner || items.contains_key("messages"));
            asks || items.values().any(deeper)
        }
        Shape::List(items) => items.iter().any(deeper),
        _ => false,
    }
}

/// Whether an address is on the page's own server: what that returns without being sent anything was written by no
/// stranger.
fn is_relative(address: &Template) -> bool {
    let shown = address.shown();
    shown.starts_with('/') && !shown.starts_with("//")
}

/// Whether an address of a provider concerns the account or the list of models, and calls none of them.
fn is_of_account(address: &Template) -> bool {
    const ABOUT: &[&str] = &[
        "models",
        "balance",
        "usage",
        "billing",
        "credits",
        "credit_grants",
        "quota",
        "key",
        "keys",
        "status",
        "subscription",
    ];
    let shown = address.shown();
    let path = shown.split(['?', '#']).next().unwrap_or_default().trim_end_matches('/');
    path.rsplit('/').next().is_some_and(|last| ABOUT.contains(&last))
}

/// Returns a statement sent to something that executes it: `post(url, json={"sql": sql})`.
fn statement_sent(arguments: &[Argument]) -> Option<Value> {
    let sent = |value: &Value| match &value.shape {
        Shape::Dict(items) => items.get("sql").cloned(),
        _ => None,
    };
    arguments.iter().find_map(|one| sent(&one.value)).filter(|value| value.deep_taint() != Taint::NONE)
}

impl Walk<'_, '_> {
    /// Records a request made here. Returns the origins of the response.
    pub(super) fn request(&mut self, request: Request, arguments: &[Argument], range: TextRange) -> Taint {
        let given = || arguments.iter().map(|argument| &argument.value);
        let own = self.script && request.content == Taint::NONE && is_relative(&request.address);
        if flaws::carries_key_in_clear(&request.address, arguments) {
            add(&mut self.call_at(range).does, Deed::Flaw(Flaw::Unencrypted));
        }
        self.note_request(&request.address, given(), range);
        if request.chosen != Taint::NONE {
            add(&mut self.call_at(range).does, Deed::Ask(request.chosen));
        }
        let handed = &self.summary.handed;
        let chat = given().any(|value| is_chat(value, 0) || is_chat(&value.filled(handed), 0));
        if let Some(sent) = statement_sent(arguments) {
            let (content, given) = (sent.deep_taint(), only(&sent).map(|index| (self.function, index)));
            add(&mut self.call_at(range).does, Deed::Run { sink: Sink::Sql, content, given });
        }
        let page = self.is_page();
        let open_key = self.script && flaws::shows_key_to_visitors(&request.address, arguments, page);
        let answer = self.requested(request.address, request.content, chat, range);
        if open_key && answer == Some(Taint::MODEL) {
            add(&mut self.call_at(range).does, Deed::Flaw(Flaw::KeyInBrowser));
        }
        let other = if own { Taint::NONE } else { Taint::WEB };
        answer.filter(|answer| !own || *answer != Taint::WEB).unwrap_or(other)
    }

    /// Whether the file is a page, or a part of one, which every visitor receives.
    fn is_page(&self) -> bool {
        let path = self.state.texts.get(self.file()).map_or("", |file| file.path.as_str());
        matches!(path.rsplit_once('.'), Some((_, "html" | "htm" | "vue" | "svelte")))
    }

    /// Records a request that the callee makes to an address chosen here.
    pub(super) fn lifted(
        &mut self,
        lifted: &Lifted,
        values: &[Value],
        taints: &[Taint],
        range: TextRange,
        result: Value,
    ) -> Value {
        let texts: Vec<Option<Template>> = values.iter().map(|value| value.template().cloned()).collect();
        let address = lifted.address.filled(&texts);
        let content = lifted.content.filled(taints);
        if !address.starts_with_parameter() {
            self.note_request(&address, values.iter(), range);
        }
        match self.requested(address, content, lifted.chat, range) {
            Some(taint) => Value { taint: result.taint.without(Taint::WEB) | taint, ..result },
            None => result,
        }
    }

    /// Records a request. Returns the origins of the response, if the address determines them.
    fn requested(
        &mut self,
        address: Template,
        content: Taint,
        chat: bool,
        range: TextRange,
    ) -> Option<Taint> {
        if address.starts_with_parameter() {
            let lifted = Lifted { address, content, chat };
            if !self.summary.lifted.contains(&lifted) && self.summary.lifted.len() < 8 {
                self.summary.lifted.push(lifted);
            }
            return None;
        }
        let (deed, answer) = if let Some((does, store)) = stores::of_address(&address) {
            let store = self.state.store(store);
            match does {
                stores::Use::Read => (Deed::Retrieve(store), Taint::RETRIEVED),
                stores::Use::Write => (Deed::Store(store, content), Taint::NONE),
                stores::Use::Erase => (Deed::Erase(store), Taint::NONE),
            }
        } else {
            let recipient = models::at(&address, self.state.providers);
            let own = self.script && is_relative(&address);
            let known = recipient.provider.is_some() && !is_of_account(&address);
            if chat && !own || known || web::is_model_path(&address) && !own {
                (Deed::Model { recipient, content }, Taint::MODEL)
            } else {
                let said = match () {
                    () if web::brings_words(&address) => Taint::USER,
                    // A model also wrote what the page's own server responds.
                    () if chat || web::is_model_path(&address) => Taint::WEB | Taint::MODEL,
                    () => Taint::WEB,
                };
                (Deed::Send { host: host_of(&address.shown()), content }, said)
            }
        };
        let published = labels::is_publishing(&address.shown()).then_some(Deed::Publish(content));
        let call = self.call_at(range);
        if let Some(deed) = published {
            add(&mut call.does, deed);
        }
        if call.target.is_empty() {
            call.target = address.shown();
        }
        add(&mut call.does, deed);
        if content != Taint::NONE && flaws::is_open(&address) {
            add(&mut call.does, Deed::Flaw(Flaw::Unencrypted));
        }
        Some(answer)
    }
}
