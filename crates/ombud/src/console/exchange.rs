//! One exchange for the page: its records, and its texts with the marks in them.

use anyhow::Result;
use bytes::Bytes;
use ombud_core::event::{
    AnswerFinding, ArgumentRecord, EventKind, OverlapRecord, RequestRecord, ResponseRecord,
};
use ombud_core::{DataType, Lang, Origin, Role, gate};
use ombud_detect::mask::{Form, Minted, Tally, restore, token};
use ombud_gateway::replay::{self, Piece, PieceKind, Request};
use ombud_ledger::read::{Contents, Reader, Record};

use super::fold::{left_clear, sum, unread};
use super::passage::{Mark, page};
use super::source::Knowledge;
use super::view::{
    AnswerView, ArgumentView, Bilingual, ContentState, ExchangeRow, ExchangeView, NoticeView, OpaqueView,
    OriginView, OverlapView, Passage, RequestView, Side, SpanState, ToolView,
};

/// The contents of an exchange, decrypted and parsed.
pub(crate) struct Said {
    view: ExchangeView,
    request: Option<Request>,
    /// Values left in the clear; if there are any, the texts are searched for them again.
    clear: u64,
    raw: String,
    minted: Minted,
    answer: Vec<Piece>,
}

/// Reads an exchange; `None` if the log has none with this id.
pub(crate) async fn read(reader: &mut Reader, id: &str, knowledge: &Knowledge) -> Result<Option<Said>> {
    let records = reader.exchange(id).await?;
    let Some(first) = records.iter().find_map(|record| record.event.as_ref()) else { return Ok(None) };
    let mut said = Said {
        view: ExchangeView {
            id: id.to_owned(),
            t: first.t.clone(),
            conversation: records.iter().find_map(|record| record.event.as_ref()?.conversation.clone()),
            request: None,
            answer: None,
            refused: None,
            tools: Vec::new(),
            notices: Vec::new(),
        },
        request: None,
        clear: 0,
        raw: String::new(),
        minted: Minted::default(),
        answer: Vec::new(),
    };
    for record in &records {
        take(&mut said, reader, record, knowledge).await?;
    }
    Ok(Some(said))
}

async fn take(said: &mut Said, reader: &Reader, record: &Record, knowledge: &Knowledge) -> Result<()> {
    let Some(event) = &record.event else { return Ok(()) };
    match &event.kind {
        EventKind::Request(request) => {
            let (state, parts) = contents(reader, record).await?;
            said.request(request, state, &parts, knowledge);
        }
        EventKind::Response(answer) => {
            let (state, parts) = contents(reader, record).await?;
            said.answer(answer, state, &parts);
        }
        EventKind::ToolIntent { tool, call, complete, decision, effect, arguments, weighed: _ } => {
            said.view.tools.push(ToolView {
                tool: tool.clone(),
                call: call.clone(),
                complete: *complete,
                decision: decision.clone(),
                told: Bilingual { en: gate::told(decision, Lang::En), zh: gate::told(decision, Lang::Zh) },
                released: gate::was_released(decision),
                effect: effect.as_ref().map(id_of),
                arguments: arguments.iter().map(argument).collect(),
            });
        }
        EventKind::AnswerNotice(record) => said.view.notices.extend(record.found.iter().map(notice)),
        EventKind::Refused { code, .. } => said.view.refused = Some(code.clone()),
        _ => {}
    }
    Ok(())
}

/// The decrypted parts of a payload, or why there are none.
async fn contents(reader: &Reader, record: &Record) -> Result<(ContentState, Vec<Bytes>)> {
    match reader.contents(record).await {
        Ok(Contents::None) => Ok((ContentState::None, Vec::new())),
        Ok(Contents::Erased) => Ok((ContentState::Erased, Vec::new())),
        Ok(Contents::Parts(parts)) => {
            Ok((ContentState::Readable, parts.iter().map(|part| Bytes::copy_from_slice(part)).collect()))
        }
        Err(ombud_ledger::Error::Payload(_)) => Ok((ContentState::Damaged, Vec::new())),
        Err(error) => Err(error.into()),
    }
}

impl Said {
    /// What the records say.
    pub(crate) fn view(self) -> ExchangeView {
        self.view
    }

    fn request(
        &mut self,
        record: &RequestRecord,
        state: ContentState,
        parts: &[Bytes],
        knowledge: &Knowledge,
    ) {
        let mut opaque = Vec::new();
        let mut passages = 0;
        if let Some(body) = parts.first() {
            let patches = parts.get(1).map(AsRef::as_ref).unwrap_or_default();
            let request = replay::request(&record.wire, body.clone(), patches);
            self.minted = request.minted(&|token| knowledge.is_one_way(token.kind));
            opaque = request
                .exchange
                .opaque
                .iter()
                .map(|part| OpaqueView { kind: id_of(&part.kind), bytes: part.span.len() as u64 })
                .collect();
            passages = request.exchange.slots.len() as u64;
            if request.exchange.slots.is_empty() && !body.is_empty() {
                self.raw = String::from_utf8_lossy(body).into_owned();
                passages = 1;
            }
            self.request = Some(request);
        }
        self.clear = left_clear(record);
        self.view.request = Some(RequestView {
            provider: record.provider.clone(),
            host: record.host.clone(),
            wire: record.wire.clone(),
            model: record.model.clone(),
            bytes_sent: record.bytes.0,
            bytes_seen: record.bytes.1,
            masked: sum(&record.masked),
            clear: self.clear,
            state,
            passages,
            opaque,
        });
    }

    fn answer(&mut self, record: &ResponseRecord, state: ContentState, parts: &[Bytes]) {
        let wire = self.view.request.as_ref().map(|request| request.wire.clone()).unwrap_or_default();
        let mut cut = false;
        if let Some(body) = parts.first() {
            self.answer = replay::answer(&wire, body);
            cut = record.bytes > body.len() as u64;
        }
        self.view.answer = Some(AnswerView {
            status: record.status,
            complete: record.complete,
            restored: record.restored,
            unknown_tokens: record.unknown_tokens,
            model: record.model.clone(),
            finish: record.finish.clone(),
            ms: record.ms.1,
            fault: id_of(&record.fault),
            code: record.code.clone(),
            state,
            cut,
            passages: self.answer.len() as u64,
        });
    }

    /// Passages `from .. from + count` of a side in reading order, each with its first page of text.
    pub(crate) fn passages(&self, side: Side, from: u64, count: u64, knowledge: &Knowledge) -> Vec<Passage> {
        let order = self.order(side);
        let at = |position: u64| match &order {
            Some(order) => usize::try_from(position).ok().and_then(|at| order.get(at).copied()),
            None => Some(position),
        };
        let range = from..from.saturating_add(count);
        range.map_while(|position| self.passage(side, at(position)?, 0, knowledge)).collect()
    }

    /// The reading order of a request's slots: tool definitions before the conversation, wherever they are in the body,
    /// because a page that shows the end must show the user's last words. `None` if it is the order of the numbers.
    fn order(&self, side: Side) -> Option<Vec<u64>> {
        let slots = &self.request.as_ref()?.exchange.slots;
        if side == Side::Answer || slots.is_empty() {
            return None;
        }
        let mut order: Vec<u64> = (0..slots.len() as u64).collect();
        let said =
            |at: &u64| slots.get(usize::try_from(*at).ok()?).map(|slot| slot.role != Role::ToolDefinition);
        order.sort_by_key(said);
        Some(order)
    }

    /// One passage from an offset in UTF-16 code units on; `None` if there is none with this number.
    pub(crate) fn passage(
        &self,
        side: Side,
        index: u64,
        from: u64,
        knowledge: &Knowledge,
    ) -> Option<Passage> {
        let at = usize::try_from(index).ok()?;
        match side {
            Side::Request => self.slot(at, from, knowledge),
            Side::Answer => self.piece(at, from),
        }
    }

    fn slot(&self, at: usize, from: u64, knowledge: &Knowledge) -> Option<Passage> {
        let request = self.request.as_ref()?;
        let blank = Passage {
            side: Side::Request,
            index: at as u64,
            role: "other".to_owned(),
            origin: OriginView { from: "unknown".to_owned(), name: None },
            tool: None,
            from: 0,
            text: String::new(),
            length: 0,
            spans: Vec::new(),
        };
        if at == 0 && !self.raw.is_empty() {
            return Some(page(blank, &self.raw, Vec::new(), from));
        }
        let slot = request.exchange.slots.get(at)?;
        let mut marks: Vec<Mark> = request
            .replaced
            .iter()
            .filter(|replaced| replaced.slot == at)
            .map(|replaced| Mark {
                span: replaced.span.clone(),
                state: if knowledge.is_one_way(replaced.stands.kind()) {
                    SpanState::OneWay
                } else {
                    SpanState::Masked
                },
                kind: replaced.stands.kind(),
                other: replaced.stands.to_string(),
                token: replaced.stands.token().map(|token| token.to_string()),
            })
            .collect();
        if self.clear > 0 {
            let clear = left_in_clear(&slot.text, &marks, knowledge);
            marks.extend(clear);
        }
        let passage = Passage { role: id_of(&slot.role), origin: origin(&slot.origin), ..blank };
        Some(page(passage, &slot.text, marks, from))
    }

    fn piece(&self, at: usize, from: u64) -> Option<Passage> {
        let piece = self.answer.get(at)?;
        let form = if piece.kind == PieceKind::Arguments { Form::Json } else { Form::Plain };
        let tokens =
            token::spans(&piece.text).into_iter().filter_map(|span| self.token(&piece.text, span, form));
        let mut marks: Vec<Mark> = tokens.chain(self.surrogates(&piece.text)).collect();
        marks.sort_by_key(|mark| mark.span.start);
        let passage = Passage {
            side: Side::Answer,
            index: at as u64,
            role: role(piece.kind).to_owned(),
            origin: OriginView { from: "model".to_owned(), name: None },
            tool: piece.tool.clone(),
            from: 0,
            text: String::new(),
            length: 0,
            spans: Vec::new(),
        };
        Some(page(passage, &piece.text, marks, from))
    }

    /// Surrogates in a response, with what the agent received in their place.
    fn surrogates(&self, text: &str) -> Vec<Mark> {
        let mark = |(made, value): (&str, &str)| {
            let kind = self.minted.surrogate_kind(made)?;
            let at = text.find(made)?;
            Some(Mark {
                span: at..at + made.len(),
                state: SpanState::Masked,
                kind,
                other: value.to_owned(),
                token: None,
            })
        };
        self.minted.surrogates().filter_map(mark).collect()
    }

    /// A token in a response, with what the agent received in its place.
    fn token(&self, text: &str, span: std::ops::Range<usize>, form: Form) -> Option<Mark> {
        use ombud_detect::mask::minted::Meaning;
        let written = text.get(span.clone())?;
        let token = token::read(written.as_bytes())?;
        let (state, other) = match self.minted.meaning(&token) {
            Some(Meaning::Value(_)) => {
                let value = restore(&self.minted, written, form, &mut Tally::default());
                (SpanState::Masked, value.unwrap_or_else(|| written.to_owned()))
            }
            Some(Meaning::OneWay) => (SpanState::OneWay, written.to_owned()),
            None => (SpanState::UnknownToken, written.to_owned()),
        };
        Some(Mark { span, state, kind: token.kind, other, token: Some(token.to_string()) })
    }
}

/// Values that are found when the text is searched again, and that no token replaced.
fn left_in_clear(text: &str, marks: &[Mark], knowledge: &Knowledge) -> Vec<Mark> {
    let found = knowledge.detector().detect(text);
    let masked = |span: &std::ops::Range<usize>| {
        marks.iter().any(|mark| mark.span.start < span.end && span.start < mark.span.end)
    };
    found
        .into_iter()
        .filter(|found| found.score >= knowledge.min_score() && !masked(&found.span))
        .map(|found| Mark {
            other: text.get(found.span.clone()).unwrap_or_default().to_owned(),
            span: found.span,
            state: SpanState::Clear,
            kind: found.kind,
            token: None,
        })
        .collect()
}

fn role(kind: PieceKind) -> &'static str {
    match kind {
        PieceKind::Text => "text",
        PieceKind::Arguments => "arguments",
        PieceKind::Refusal => "refusal",
        PieceKind::Reasoning => "reasoning",
        PieceKind::Raw => "raw",
    }
}

/// The id that a value has in JSON.
fn id_of(value: &impl serde::Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(id)) => id,
        _ => "unknown".to_owned(),
    }
}

/// An origin by the names used in records, so that one of a later version is shown too.
fn origin(origin: &Origin) -> OriginView {
    let value = serde_json::to_value(origin).unwrap_or_default();
    let text = |key: &str| value.get(key).and_then(|value| value.as_str()).map(str::to_owned);
    OriginView {
        from: text("from").unwrap_or_else(|| "unknown".to_owned()),
        name: text("name").or_else(|| text("source")),
    }
}

fn overlap(overlap: &OverlapRecord) -> OverlapView {
    OverlapView { slot: overlap.slot, origin: origin(&overlap.origin), by: overlap.by.clone() }
}

fn notice(found: &AnswerFinding) -> NoticeView {
    let told = |lang| gate::told_rule(&found.rule, &found.decision, lang);
    NoticeView {
        rule: found.rule.clone(),
        told: Bilingual { en: told(Lang::En), zh: told(Lang::Zh) },
        left: found.decision == "would_ask",
        overlaps: found.overlaps.iter().map(overlap).collect(),
    }
}

fn argument(record: &ArgumentRecord) -> ArgumentView {
    ArgumentView {
        path: record.path.clone(),
        part: record.part.clone(),
        overlaps: record.overlaps.iter().map(overlap).collect(),
    }
}

/// Adds a record to the list of a conversation's exchanges.
pub(crate) fn list(rows: &mut Vec<ExchangeRow>, record: &Record) {
    let Some(event) = &record.event else { return };
    let Some(id) = &event.exchange else { return };
    if rows.iter().all(|row| row.id != *id) {
        rows.push(ExchangeRow {
            id: id.clone(),
            t: event.t.clone(),
            seq: record.seq,
            provider: None,
            model: None,
            masked: 0,
            clear: 0,
            opaque: 0,
            tools: Vec::new(),
            status: None,
            code: None,
        });
    }
    let Some(row) = rows.iter_mut().find(|row| row.id == *id) else { return };
    match &event.kind {
        EventKind::Request(request) => {
            row.provider = Some(request.provider.clone());
            row.model.clone_from(&request.model);
            row.masked = sum(&request.masked);
            row.clear = left_clear(request);
            row.opaque = unread(request);
        }
        EventKind::Response(answer) => {
            row.status = Some(answer.status);
            row.code = answer.code.clone().or_else(|| row.code.take());
        }
        EventKind::ToolIntent { tool, .. } => row.tools.push(tool.clone()),
        EventKind::Refused { code, .. } => row.code = Some(code.clone()),
        _ => {}
    }
}

/// The type of a mark for the page.
pub(crate) fn category(kind: DataType) -> super::view::Category {
    kind.category().into()
}
