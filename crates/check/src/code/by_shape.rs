//! Calls on objects of which nothing but the spelling of the call is known: a client that was passed in, a wrapper
//! from another package, an object created out of sight. What they do is inferred from how they are written and from
//! their arguments.

use ruff_python_ast::{Expr, ExprCall};
use ruff_text_size::{Ranged, TextRange};

use super::api::stores::{self, Use};
use super::api::{databases, files, guards, labels, last, models, names, system, web};
use super::call::{all_of, name_options};
use super::deeds::add;
use super::value::{Argument, Made, Shape, Value, given};
use super::walk::Walk;
use crate::facts::{Deed, Guard, Piece, Sink, Store, Taint, Template};

/// Names for what somebody said.
const SAID: &[&str] = &[
    "text",
    "message",
    "msg",
    "query",
    "question",
    "prompt",
    "answer",
    "response",
    "reply",
    "content",
    "transcript",
    "utterance",
    "input",
    "said",
    "heard",
];

impl Walk<'_, '_> {
    /// Records what a call does, judged by its shape. Returns the response, if anything is known of it.
    pub(super) fn by_shape(
        &mut self,
        node: &ExprCall,
        object: &Value,
        arguments: &[Argument],
    ) -> Option<Value> {
        let written = tail(&node.func);
        self.log_by_shape(&written, node);
        self.raw_by_shape(&written, arguments, node.range());
        self.download_by_shape(&written, arguments, node.range());
        self.asked_by_shape(&written, node, arguments)
            .or_else(|| self.kept_by_shape(&written, object, arguments, node.range()))
            .or_else(|| prepared_by_shape(&written, arguments))
            .or_else(|| self.requested_by_shape(&written, object, arguments, node.range()))
    }

    /// `Note.objects.raw(f"SELECT …")`: a statement that Django passes to the database unchanged.
    fn raw_by_shape(&mut self, written: &str, arguments: &[Argument], range: TextRange) {
        if self.script || !written.ends_with("objects.raw") {
            return;
        }
        if let Some(statement) = super::value::given(arguments, 0, "raw_query") {
            let content = statement.deep_taint();
            self.did(written, vec![Deed::Run { sink: Sink::Sql, content, given: None }], range);
        }
    }

    /// `self.bot.download(document, f"downloads/{document.file_name}")`: whoever sent the file named it.
    fn download_by_shape(&mut self, written: &str, arguments: &[Argument], range: TextRange) {
        let place = files::downloaded(last(written), arguments);
        let Some(place) = place.filter(|place| place.deep_taint().has(Taint::UPLOAD)) else { return };
        let opened = super::kept::opens(files::Access::Change, &place, self.is_method());
        self.did(written, opened.into_iter().collect(), range);
    }

    /// Records a request through a client that was passed in.
    fn requested_by_shape(
        &mut self,
        written: &str,
        object: &Value,
        arguments: &[Argument],
        range: TextRange,
    ) -> Option<Value> {
        let unknown = matches!(&object.shape, Shape::Unknown)
            || matches!(&object.shape, Shape::Text(text) if matches!(text.pieces.as_slice(), [Piece::Parameter(_) | Piece::Hole]));
        let request = web::by_address(written, arguments).filter(|_| unknown)?;
        let call = self.call_at(range);
        written.clone_into(&mut call.target);
        let answer = self.request(request, arguments, range);
        Some(Value::of(answer))
    }

    /// Records a model call through an unknown client. Returns the response.
    fn asked_by_shape(&mut self, written: &str, node: &ExprCall, arguments: &[Argument]) -> Option<Value> {
        let mut given = arguments.to_vec();
        if self.script {
            name_options(&mut given);
        }
        if !models::is_written_as_call(written, &given) {
            return None;
        }
        let range = node.range();
        let recipient = models::anybody(&given, self.state.providers);
        self.note_told(written, true, &given, range);
        self.note_model(None, &given, recipient.clone(), range);
        let content = models::told(&given).without(Taint::CONSENT);
        let history = self.one_history(node);
        let mut found = vec![Deed::Model { recipient, content }];
        // If options were composed elsewhere, it is unknown which part comes from whom.
        if !arguments.iter().any(|one| one.spread) {
            found.extend(system::system_prompt(&given).map(Deed::SystemPrompt));
        }
        found.extend(history.map(|name| Deed::OneHistory { name, content }));
        self.did(written, found, range);
        Some(Value::of(if models::embeds(written) { content } else { Taint::MODEL }))
    }

    /// Records a vector search, a statement, or access to a row under a key. Returns the response.
    fn kept_by_shape(
        &mut self,
        written: &str,
        object: &Value,
        arguments: &[Argument],
        range: TextRange,
    ) -> Option<Value> {
        let mut found = Vec::new();
        let statement = databases::statement_of(written, arguments);
        if let Some(html) = given(arguments, 1, "html").filter(|_| last(written) == "insertAdjacentHTML") {
            found.push(Deed::Run { sink: Sink::Html, content: html.deep_taint(), given: None });
        }
        let condition = asked_with(written, arguments).map(|(_, content)| content);
        if let Some(content) = run_by_shape(written, arguments).or(condition) {
            found.push(Deed::Run { sink: Sink::Sql, content, given: None });
        }
        let content = all_of(arguments);
        if labels::posts_by_name(last(written)) && object.shape == Shape::Unknown {
            found.push(Deed::Publish(content));
        }
        let kept = stores::by_shape(written)
            .map(|(does, store)| (does, store, content))
            .or_else(|| {
                databases::by_statement_alone(statement.as_deref()?)
                    .map(|(does, store)| (does, store, content))
            })
            .or_else(|| {
                let namespace = || {
                    let own = self.state.project.functions.get(self.function)?;
                    databases::by_namespace(written, last(&own.name)).filter(|_| self.script)
                };
                let (does, store) = databases::by_key_alone(last(written), arguments)
                    .or_else(|| databases::let_go_of(written))
                    .or_else(namespace)?;
                super::by_name::is_unknown(object)
                    .then(|| (does, store, all_of(arguments.get(1..).unwrap_or_default())))
            });
        let mut answer = None;
        if let Some((does, store, content)) = kept {
            let by_key = store.product == "keys";
            let id = self.state.store(store);
            match does {
                Use::Read => {
                    found.push(Deed::Retrieve(id));
                    if statement.as_deref().is_some_and(|text| !databases::names_somebody(text)) {
                        found.push(Deed::ForAll(id));
                    }
                    answer = Some(Taint::RETRIEVED);
                }
                Use::Write => {
                    found.push(Deed::Store(id, content));
                    if by_key {
                        found.push(Deed::Persist { content, conversation: true, remote: false });
                        found.extend(guards::ends(arguments).then_some(Deed::Guard(Guard::Expires)));
                    }
                }
                Use::Erase => found.push(Deed::Erase(id)),
            }
        }
        if let Some((content, words)) =
            statement.as_deref().and_then(|text| super::api::web::inserts(text, content))
        {
            found.push(Deed::Persist { content, conversation: words, remote: !self.state.on_disk });
        }
        if found.is_empty() {
            return None;
        }
        self.did(written, found, range);
        Some(Value::of(answer.unwrap_or_else(|| (object.deep_taint() | content).without(Taint::CONSENT))))
    }

    /// Records a log line that contains what somebody said.
    fn log_by_shape(&mut self, written: &str, node: &ExprCall) {
        let logs = guards::is_logger(written);
        if logs || guards::is_tracer(written) {
            self.did(written, vec![Deed::Guard(Guard::Logged)], node.range());
        }
        if logs {
            self.log_words(node);
        }
    }

    /// Records that what somebody said is written to a log, if that is a file.
    pub(super) fn log_words(&mut self, node: &ExprCall) {
        let told = matches!(&*node.func, Expr::Attribute(part) if matches!(part.attr.as_str(), "info" | "log" | "success" | "msg"));
        // A function that only writes lines for others does not know who said them.
        if !told || !self.state.logs_to_file() || self.is_called(&["log*", "info", "warn*", "emit*"]) {
            return;
        }
        let mut said = Vec::new();
        node.arguments.args.iter().for_each(|argument| words_in(argument, &mut said, 0));
        let content = said.iter().fold(Taint::NONE, |sum, part| sum | self.eval(part).deep_taint());
        let content = content.without(Taint::CONSENT);
        if content != Taint::NONE {
            self.did(&tail(&node.func), vec![Deed::Guard(Guard::Logged), Deed::Log(content)], node.range());
        }
    }

    fn did(&mut self, written: &str, found: Vec<Deed>, range: TextRange) {
        let call = self.call_at(range);
        if call.target.is_empty() {
            written.clone_into(&mut call.target);
        }
        for deed in found {
            add(&mut call.does, deed);
        }
    }
}

/// Returns the origins of a statement passed to a connection, if it is composed of parts.
fn run_by_shape(written: &str, arguments: &[Argument]) -> Option<Taint> {
    let method = last(written);
    let runs =
        matches!(method, "execute" | "executescript" | "exec_driver_sql" | "execute_sql" | "raw" | "query");
    let first = given(arguments, 0, "sql").filter(|_| runs)?;
    let put_together = match &first.shape {
        Shape::Text(text) => text.known().is_none() && databases::is_put_together(&text.shown()),
        _ => false,
    };
    put_together.then(|| first.deep_taint())
}

/// Returns the origins of a query condition on any object, if it is composed of parts.
pub(super) fn asked_with(path: &str, arguments: &[Argument]) -> Option<(Sink, Taint)> {
    let asks = matches!(
        last(path),
        "query" | "delete" | "search" | "filter" | "where" | "find" | "select" | "remove"
    );
    let text = given(arguments, 0, "filter").filter(|_| asks)?;
    let open = |known: &&Template| known.known().is_none() && is_condition(&known.shown());
    text.template().filter(open).map(|_| (Sink::Sql, text.deep_taint()))
}

/// `id in ["{}"]`, `owner == '{}'`: a condition that interpolates a value between quotes, and that value may
/// contain a quote.
fn is_condition(text: &str) -> bool {
    let quoted = ["'{}'", "\"{}\""].iter().any(|part| text.contains(part));
    let compares = ["==", " = ", "!=", " in ", " in[", "contains("].iter().any(|part| text.contains(part));
    quoted && compares && !text.contains(['<', '>', '?'])
}

/// Whether a query to a store does not say whose items are wanted: a statement without a column for that, a search
/// without a filter.
pub(super) fn is_for_all(path: &str, object: Option<&Made>, arguments: &[Argument], store: &Store) -> bool {
    const NARROWS: &[&str] = &[
        "where",
        "filter*",
        "namespace",
        "user",
        "userId",
        "user_id",
        "query_filter",
        "expr",
        "search_kwargs",
        "ids",
        "kwargs",
        "partition_names",
    ];
    const SEARCHES: &[&str] = &[
        "similarity_search",
        "similarity_search_with_score",
        "similaritySearch",
        "similaritySearchWithScore",
        "asimilarity_search",
    ];
    let prepared = || object?.chain().find_map(|made| databases::statement_of("run", &made.given));
    if let Some(text) = databases::statement_of(path, arguments).or_else(prepared) {
        return !databases::names_somebody(&text);
    }
    if databases::takes_all(path, &store.product, arguments) {
        return true;
    }
    let searches = matches!(store.product.as_str(), "chromadb" | "qdrant_client" | "pinecone")
        || SEARCHES.contains(&last(path));
    let vectors = searches && store.name.contains(':');
    let narrow = |one: &Argument| one.spread || one.name.as_deref().is_some_and(|name| names(name, NARROWS));
    vectors && !arguments.iter().any(narrow)
}

/// `this.db.prepare("INSERT …")`: running it later executes the statement.
fn prepared_by_shape(written: &str, arguments: &[Argument]) -> Option<Value> {
    let text = given(arguments, 0, "sql").and_then(Value::template).map(Template::shown)?;
    let prepared = last(written) == "prepare" && databases::is_statement(&text);
    prepared
        .then(|| Value::new(Value::path("better-sqlite3.Database.prepare").called(arguments), Taint::NONE))
}

/// Returns the trailing names of a callee: `chat.completions.create` of `client().chat.completions.create`.
fn tail(called: &Expr) -> String {
    let mut parts: Vec<&str> = Vec::new();
    let mut at = called;
    while parts.len() < 8 {
        match at {
            Expr::Attribute(part) => {
                parts.push(part.attr.as_str());
                at = &part.value;
            }
            Expr::Name(name) => {
                parts.push(name.id.as_str());
                break;
            }
            _ => break,
        }
    }
    parts.reverse();
    parts.join(".")
}

/// Collects the parts of a log line that are somebody's words, judged by their names.
fn words_in<'e>(line: &'e Expr, found: &mut Vec<&'e Expr>, depth: usize) {
    let mut deeper = |inner: &'e Expr| {
        if depth < 4 {
            words_in(inner, found, depth + 1);
        }
    };
    match line {
        Expr::FString(text) => {
            let holes = text.value.elements().filter_map(|part| part.as_interpolation());
            holes.for_each(|hole| deeper(&hole.expression));
        }
        Expr::BinOp(node) => {
            deeper(&node.left);
            deeper(&node.right);
        }
        Expr::Tuple(node) => node.elts.iter().for_each(deeper),
        Expr::Subscript(node) => deeper(&node.value),
        Expr::Name(name) if is_said(name.id.as_str()) => found.push(line),
        Expr::Attribute(part) if is_said(part.attr.as_str()) => found.push(line),
        _ => {}
    }
}

fn is_said(name: &str) -> bool {
    names(name, SAID) && !names(name, &["id", "type", "count", "len", "length", "status", "time", "code"])
}
