//! Finds what a response points to while it is being written: images, links, addresses and HTML tags.
//!
//! It reads Markdown as loosely as the most lenient renderer, and HTML wherever Markdown allows it. Code is left alone:
//! nothing in it is fetched. In a stream only what may still become an address is held back, at most [`LIMIT`] bytes: the
//! text of a link and the `http` of an address are sent as they come, and the replacement of an address follows them.

mod html;
mod line;
mod place;

use std::collections::{BTreeMap, BTreeSet};

use ombud_core::gate::Fetched;

use line::{Fence, Line};
use place::Place;

/// The longest piece that is held back, in bytes; a longer address counts as unreadable.
pub const LIMIT: usize = 4096;

/// How much text is examined for one address, so that the cost stays linear in the length of the response.
const WINDOW: usize = LIMIT + 512;

/// How many bytes of a link's text are remembered.
const MOST_SAID: usize = 512;

/// How many reference labels are remembered, and how many bytes of their addresses.
const MOST_LABELS: usize = 256;
const MOST_NAMED: usize = 64 * 1024;

/// The form in which something points somewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Form<'t> {
    /// `![words](address)`
    Image(&'t str),
    /// The end of a link whose text has already been sent: `(address)`.
    Link(&'t str),
    /// The end of `[label]: address`, starting at the colon.
    Definition,
    /// An address in the text.
    Bare,
    /// An HTML tag of this name.
    Tag(&'t str),
}

impl Form<'_> {
    /// The id in records.
    pub fn id(self) -> &'static str {
        match self {
            Self::Image(_) => "image",
            Self::Link(_) => "link",
            Self::Definition => "definition",
            Self::Bare => "address",
            Self::Tag(_) => "tag",
        }
    }
}

/// Something that points somewhere.
#[derive(Debug)]
pub struct Found<'t> {
    /// Its form.
    pub form: Form<'t>,
    /// Who fetches it.
    pub fetched: Fetched,
    /// The addresses, without escapes.
    pub targets: Vec<String>,
    /// Its source text, as far as it was held back.
    pub raw: &'t str,
}

/// Returns the replacement for something that was found; `None` leaves it.
pub type Watch<'w> = dyn FnMut(&Found<'_>) -> Option<String> + 'w;

/// What was read at a position in the text.
enum Read {
    /// This many bytes without meaning.
    Plain(usize),
    /// One byte that gives meaning to the next.
    Mark(Before),
    /// Undecided until more text arrives; this many bytes before it are held back too.
    More(usize),
    /// Something that points somewhere.
    Points(Seen),
}

/// The kind of the previous byte.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Before {
    #[default]
    Other,
    /// A backslash.
    Escape,
    /// `!`
    Bang,
    /// `]`
    Close,
}

/// The same as [`Found`], by offsets into the text.
struct Seen {
    len: usize,
    kind: Kind,
    fetched: Fetched,
    targets: Vec<String>,
    /// How much of it is skipped if it stays: what is nested in it is examined too.
    stays: usize,
    /// Whether its end was not seen.
    cut: bool,
    /// How many bytes of it come before this position.
    lead: usize,
}

enum Kind {
    Image(usize),
    Link,
    Definition,
    Bare,
    Tag(usize),
}

/// Scans one text that arrives in pieces.
#[derive(Debug)]
pub struct Scanner {
    pending: String,
    /// Bytes of `pending` that were already passed.
    settled: usize,
    /// The text is JSON: its escapes are two characters, and a quotation mark ends a string.
    json: bool,
    before: Before,
    line: Line,
    fence: Option<Fence>,
    /// A fence that opens if its line ends without a backtick.
    info: Option<Fence>,
    /// Length of the run of backticks that may have opened a code span.
    ticks: usize,
    /// Length of the current run.
    run: usize,
    /// The beginning of an image was sent before its address was known.
    loose: bool,
    /// What follows belongs to an address that was removed.
    swallowing: bool,
    /// The last characters that were passed.
    tail: String,
    /// The text since the last opening bracket.
    said: String,
    named: BTreeMap<String, String>,
    named_bytes: usize,
    /// Labels of images without a definition so far; `None` if there are too many.
    wanted: Option<BTreeSet<String>>,
}

impl Default for Scanner {
    fn default() -> Self {
        Self::new(false)
    }
}

impl Scanner {
    /// A scanner at the start of a text; `json` tells whether it is JSON.
    pub fn new(json: bool) -> Self {
        Self {
            pending: String::new(),
            settled: 0,
            json,
            before: Before::Other,
            line: Line::default(),
            fence: None,
            info: None,
            ticks: 0,
            run: 0,
            loose: false,
            swallowing: false,
            tail: String::new(),
            said: String::new(),
            named: BTreeMap::new(),
            named_bytes: 0,
            wanted: Some(BTreeSet::new()),
        }
    }

    /// Sets whether the text is JSON; call before the first piece.
    pub fn set_json(&mut self, json: bool) {
        self.json = json;
    }

    /// What is held back.
    pub fn pending(&self) -> &str {
        &self.pending
    }

    /// Takes the next piece and appends to `out` what is settled.
    pub fn push(&mut self, piece: &str, watch: &mut Watch<'_>, out: &mut String) {
        self.take(piece, false, watch, out);
    }

    /// Ends the text.
    pub fn finish(&mut self, watch: &mut Watch<'_>, out: &mut String) {
        self.take("", true, watch, out);
    }

    fn take(&mut self, piece: &str, last: bool, watch: &mut Watch<'_>, out: &mut String) {
        let mut text = std::mem::take(&mut self.pending);
        text.push_str(piece);
        let mut at = std::mem::take(&mut self.settled);
        let mut done = 0;
        while at < text.len() {
            let rest = text.get(at..).unwrap_or_default();
            if self.swallowing {
                at += self.swallow(rest);
                done = at;
                continue;
            }
            let view = rest.get(..rest.floor_char_boundary(WINDOW)).unwrap_or(rest);
            let whole = view.len() == rest.len();
            let read = match self.read(view, last && whole) {
                // Nothing more will arrive, or the text is too long to wait for more.
                Read::More(_) if last || !whole => Read::Plain(1),
                read => read,
            };
            match read {
                Read::More(lead) => {
                    self.settled = lead.min(at - done);
                    let from = at - self.settled;
                    out.push_str(text.get(done..from).unwrap_or_default());
                    text.get(from..).unwrap_or_default().clone_into(&mut self.pending);
                    return;
                }
                Read::Plain(len) => at += self.pass(rest, len, Before::Other),
                Read::Mark(before) => at += self.pass(rest, 1, before),
                Read::Points(seen) => match watch(&self.found(&seen, rest)) {
                    None => at += self.pass(rest, seen.stays, Before::Other),
                    Some(with) => {
                        out.push_str(text.get(done..at).unwrap_or_default());
                        take_back(out, seen.lead);
                        out.push_str(&with);
                        self.swallowing = seen.cut;
                        self.pass(" ", 1, Before::Other);
                        at += seen.len.max(1);
                        done = at;
                    }
                },
            }
        }
        out.push_str(text.get(done..).unwrap_or_default());
    }

    fn found<'t>(&'t self, seen: &Seen, rest: &'t str) -> Found<'t> {
        let form = match seen.kind {
            Kind::Image(alt) => Form::Image(rest.get(1..alt).unwrap_or_default()),
            Kind::Link => Form::Link(self.said.trim_end_matches(']')),
            Kind::Definition => Form::Definition,
            Kind::Bare => Form::Bare,
            Kind::Tag(name) => Form::Tag(rest.get(1..name).unwrap_or_default()),
        };
        let raw = rest.get(..seen.len).unwrap_or_default();
        Found { form, fetched: seen.fetched, targets: seen.targets.clone(), raw }
    }

    /// How many bytes still belong to an address that was removed.
    fn swallow(&mut self, rest: &str) -> usize {
        let ends = |ch: char| ch.is_whitespace() || matches!(ch, ')' | '>' | '"' | '`');
        let Some(end) = rest.find(ends) else { return rest.len() };
        self.swallowing = false;
        end + usize::from(rest.get(end..).is_some_and(|rest| rest.starts_with(')')))
    }

    /// Passes bytes through; returns how many.
    fn pass(&mut self, rest: &str, len: usize, before: Before) -> usize {
        let len = rest.ceil_char_boundary(len.max(1));
        let text = rest.get(..len).unwrap_or_default();
        self.before = before;
        keep_last(&mut self.tail, text);
        if self.said.len() + text.len() <= MOST_SAID {
            self.said.push_str(text);
        }
        len
    }

    fn read(&mut self, rest: &str, last: bool) -> Read {
        let first = rest.as_bytes().first().copied().unwrap_or_default();
        self.settle(first);
        if let Some(read) = self.begin(first).or_else(|| self.code(rest, first)) {
            return read;
        }
        match (first, self.before) {
            (b'\n', _) => self.next_line(),
            (_, Before::Escape) => Read::Plain(1),
            (b'"', _) if self.json => self.next_text(),
            (b'`' | b'~', _) if self.is_run(first) => {
                self.run += 1;
                Read::Plain(1)
            }
            (b'\\', _) if self.ticks == 0 || self.json => Read::Mark(Before::Escape),
            (b'!', _) => Read::Mark(Before::Bang),
            (b'[', Before::Bang) => self.in_code(rest, last).unwrap_or_else(|| self.image(rest, last)),
            (b'[', _) => self.open(),
            (b']', _) => Read::Mark(Before::Close),
            (b'(', Before::Close) => self.link(rest, last),
            (b':', Before::Close) if self.line.label => self.definition(rest, last),
            (b':' | b'.', _) => self.bare(rest, last),
            (b'<', _) => self.tag(rest, last),
            _ => Read::Plain(self.dull(rest)),
        }
    }

    /// Handles a quotation mark in JSON, after which another string may begin.
    fn next_text(&mut self) -> Read {
        (self.ticks, self.loose) = (0, false);
        Read::Plain(1)
    }

    fn open(&mut self) -> Read {
        self.said.clear();
        Read::Plain(1)
    }

    /// Number of bytes before the next one that may have a meaning.
    fn dull(&self, rest: &str) -> usize {
        let mut before = b' ';
        let end = rest.bytes().position(|byte| {
            let special = match byte {
                b'\n' | b'`' | b'\\' | b'!' | b'[' | b']' | b'<' => true,
                b'"' => self.json,
                b':' => matches!(before, b'p' | b'P' | b's' | b'S'),
                b'.' => matches!(before, b'w' | b'W'),
                _ => false,
            };
            before = byte;
            special
        });
        // The first byte is always passed: it has already been read as plain.
        end.unwrap_or(rest.len()).max(1)
    }

    /// Handles text that may be code, as far as it shows. `None` means that it is not code.
    fn in_code(&mut self, rest: &str, last: bool) -> Option<Read> {
        if let Some(read) = self.in_info(rest, last) {
            return Some(read);
        }
        if self.ticks == 0 {
            return None;
        }
        let end = line::closing(rest, self.ticks, self.json, last);
        if end.is_none() && !last && rest.len() < LIMIT && !line::breaks(rest, self.json) {
            return Some(Read::More(0));
        }
        self.ticks = 0;
        end.map(Read::Plain)
    }

    /// Reads `![words](address)` from the bracket on, or a reference.
    fn image(&mut self, rest: &str, last: bool) -> Read {
        // Whatever comes next in this paragraph already counts as an image's address.
        let close = if self.loose { None } else { place::bracket(rest, 1, self.json) };
        let Some(close) = close else {
            if !self.loose && !last && rest.len() < LIMIT && !line::breaks(rest, self.json) {
                return Read::More(1);
            }
            self.loose = true;
            return self.open();
        };
        let after = rest.get(close + 1..).unwrap_or_default();
        if after.is_empty() && !last {
            return Read::More(1);
        }
        if !after.starts_with('(') {
            return self.reference(rest, close, last);
        }
        match place::read(rest, close + 2, self.json, last) {
            Place::More => Read::More(1),
            Place::None => self.open(),
            Place::Here { target, end, cut } => {
                Read::Points(Seen { cut, ..picture(rest, close, end, target) })
            }
        }
    }

    /// An image whose address is defined elsewhere.
    fn reference(&mut self, rest: &str, close: usize, last: bool) -> Read {
        let after = rest.get(close + 1..).unwrap_or_default();
        let own = after.strip_prefix('[').map(|label| label.find(']'));
        if matches!(own, Some(None)) && !last && rest.len() < LIMIT {
            return Read::More(1);
        }
        let end = own.flatten().map_or(close + 1, |end| close + end + 3);
        let label = rest.get(close + 2..end.saturating_sub(1)).filter(|label| !label.trim().is_empty());
        let label = normal(label.unwrap_or_else(|| rest.get(1..close).unwrap_or_default()));
        if let Some(target) = self.named.get(&label) {
            return Read::Points(picture(rest, close, end, target.clone()));
        }
        if let Some(wanted) = &mut self.wanted {
            wanted.insert(label);
        }
        if self.wanted.as_ref().is_some_and(|wanted| wanted.len() > MOST_LABELS) {
            self.wanted = None;
        }
        self.open()
    }

    /// The kind of fetch that a definition leads to: automatic where an image may refer to it.
    fn defined(&mut self, target: &str) -> Fetched {
        let label = normal(self.said.trim_end_matches(']').trim_start_matches('['));
        let wanted = self.wanted.as_ref().is_none_or(|wanted| wanted.contains(&label));
        self.named_bytes += label.len() + target.len();
        if wanted || self.named.len() >= MOST_LABELS || self.named_bytes > MOST_NAMED {
            return Fetched::ByItself;
        }
        // The first definition of a label wins.
        self.named.entry(label).or_insert_with(|| target.to_owned());
        Fetched::ByReader
    }

    /// Reads `[label]: address` from the colon on.
    fn definition(&mut self, rest: &str, last: bool) -> Read {
        match place::word(rest, 1, last) {
            Place::More => Read::More(0),
            Place::None => Read::Plain(1),
            Place::Here { target, end, cut } => {
                let fetched = self.defined(&target);
                let stays = if is_simple(&target) { end } else { 1 };
                let targets = vec![target];
                Read::Points(Seen { len: end, kind: Kind::Definition, fetched, targets, stays, cut, lead: 0 })
            }
        }
    }

    /// Reads `](address)` from the parenthesis on.
    fn link(&mut self, rest: &str, last: bool) -> Read {
        if let Some(code) = self.in_code(rest, last) {
            return code;
        }
        match place::read(rest, 1, self.json, last) {
            Place::More => Read::More(0),
            Place::None => Read::Plain(1),
            Place::Here { target, end, cut } => {
                let fetched = if self.loose { Fetched::ByItself } else { Fetched::ByReader };
                let targets = vec![target];
                Read::Points(Seen { len: end, kind: Kind::Link, fetched, targets, stays: end, cut, lead: 0 })
            }
        }
    }

    /// Reads an HTML tag that names an address.
    fn tag(&mut self, rest: &str, last: bool) -> Read {
        let (name, fetched) = match html::name(rest, last) {
            html::Name::More => return Read::More(0),
            html::Name::None => return Read::Plain(1),
            html::Name::Of(end, fetched) => (end, fetched),
        };
        if let Some(code) = self.in_code(rest, last) {
            return code;
        }
        let (len, seen) = match html::end(rest, self.json) {
            html::End::At(end) => (end, end),
            html::End::Open if rest.len() >= LIMIT => (1, rest.len()),
            html::End::Open if !last && !line::breaks(rest, self.json) => return Read::More(0),
            html::End::Open | html::End::Other => return Read::Plain(1),
        };
        let targets = html::targets(rest.get(..seen).unwrap_or_default());
        if targets.is_empty() {
            return Read::Plain(1);
        }
        Read::Points(Seen { len, kind: Kind::Tag(name), fetched, targets, stays: len, cut: false, lead: 0 })
    }

    /// Reads an address in the text, from what follows `http`, `https` or `www` on.
    fn bare(&mut self, rest: &str, last: bool) -> Read {
        let Some(lead) = place::lead(&self.tail, rest) else { return Read::Plain(1) };
        if !place::begins(rest) {
            let more = !last && place::may_begin(rest);
            return if more { Read::More(lead.len()) } else { Read::Plain(1) };
        }
        if let Some(code) = self.in_code(rest, last) {
            return code;
        }
        let end = place::extent(rest);
        if end == rest.len() && !last && end < LIMIT {
            return Read::More(lead.len());
        }
        let cut = end >= LIMIT;
        let end = place::trimmed(rest, end);
        let written = format!("{lead}{}", rest.get(..end).unwrap_or_default());
        let targets = vec![place::decoded(&written, self.json)];
        let before = self.tail.get(..self.tail.len() - lead.len()).unwrap_or_default().to_lowercase();
        let style = ["url(", "url('", "url(\""].iter().any(|call| before.ends_with(call));
        let fetched = if style { Fetched::ByItself } else { Fetched::ByReader };
        let lead = lead.len();
        Read::Points(Seen { len: end, kind: Kind::Bare, fetched, targets, stays: end, cut, lead })
    }
}

/// An image whose alt text ends at `close`.
fn picture(rest: &str, close: usize, end: usize, target: String) -> Seen {
    let stays = if rest.get(1..close).is_some_and(is_simple) { end } else { 1 };
    let (kind, fetched) = (Kind::Image(close), Fetched::ByItself);
    Seen { len: end, kind, fetched, targets: vec![target], stays, cut: false, lead: 1 }
}

/// Removes the last bytes from `out` if they have not been sent yet; otherwise adds a space, so that what follows does not
/// join them.
fn take_back(out: &mut String, lead: usize) {
    if out.len() >= lead {
        out.truncate(out.len() - lead);
    } else {
        out.push(' ');
    }
}

/// How many characters of the passed text are remembered.
const TAIL: usize = 16;

fn keep_last(tail: &mut String, text: &str) {
    let from = |text: &str| text.char_indices().rev().nth(TAIL - 1).map_or(0, |(at, _)| at);
    tail.push_str(text.get(from(text)..).unwrap_or_default());
    tail.drain(..from(tail));
}

/// Whether a text contains nothing that could point somewhere itself.
fn is_simple(words: &str) -> bool {
    !words.contains(['[', '<', '`'])
}

/// A label in the form used for comparison.
fn normal(label: &str) -> String {
    label.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

#[cfg(test)]
mod tests;
