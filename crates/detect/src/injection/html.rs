//! Markup, to the extent that it decides what a reader sees: one linear pass, no tree.
//!
//! A tag ends at the next `>`; if a `<` comes first, it is not a tag. So each byte is examined at most twice, whatever
//! the input. Elements unknown to HTML remain in the text: `<system>` is not markup but a sign.

mod style;

use std::collections::BTreeSet;

use ombud_core::Hiding;

use super::decode::reference as numeric;
use super::view::{Derived, View};
use style::{hides, hiding_names};

/// Elements treated as markup, and whether they start a new line.
const ELEMENTS: &[(&str, bool)] = &[
    ("a", false),
    ("abbr", false),
    ("article", true),
    ("aside", true),
    ("b", false),
    ("base", false),
    ("blockquote", true),
    ("body", true),
    ("br", true),
    ("button", true),
    ("center", true),
    ("code", false),
    ("dd", true),
    ("details", true),
    ("div", true),
    ("dl", true),
    ("dt", true),
    ("em", false),
    ("figure", true),
    ("figcaption", true),
    ("font", false),
    ("footer", true),
    ("form", true),
    ("h1", true),
    ("h2", true),
    ("h3", true),
    ("h4", true),
    ("h5", true),
    ("h6", true),
    ("head", true),
    ("header", true),
    ("hr", true),
    ("html", true),
    ("i", false),
    ("iframe", true),
    ("img", false),
    ("input", true),
    ("label", false),
    ("li", true),
    ("link", false),
    ("main", true),
    ("mark", false),
    ("meta", true),
    ("nav", true),
    ("noscript", true),
    ("ol", true),
    ("option", true),
    ("p", true),
    ("picture", false),
    ("pre", true),
    ("q", false),
    ("s", false),
    ("script", true),
    ("section", true),
    ("select", true),
    ("small", false),
    ("span", false),
    ("strong", false),
    ("style", true),
    ("sub", false),
    ("summary", true),
    ("sup", false),
    ("svg", true),
    ("table", true),
    ("tbody", true),
    ("td", true),
    ("template", true),
    ("textarea", true),
    ("tfoot", true),
    ("th", true),
    ("thead", true),
    ("title", true),
    ("tr", true),
    ("u", false),
    ("ul", true),
    ("video", true),
    ("wbr", false),
];
/// Elements without an end tag.
const VOID: &[&str] = &["base", "br", "hr", "img", "input", "link", "meta", "wbr"];
/// Attributes whose values are sentences.
const SPOKEN: &[&str] =
    &["alt", "title", "aria-label", "content", "placeholder", "value", "summary", "data-"];
/// Attributes whose values are addresses.
const LINKS: &[&str] = &["src", "href", "action", "data-src", "background"];
/// Minimum length of an attribute value or hidden part that is worth reading.
const SAYS: usize = 16;

/// What a reader sees, and what they do not see.
pub(super) struct Parts {
    /// The text without its markup.
    pub(super) visible: View<'static>,
    /// Comments, attribute values and text hidden by a style.
    pub(super) hidden: Vec<View<'static>>,
}

/// Separates markup from text; `None` if there is no markup.
pub(super) fn parts(view: &View<'_>) -> Option<Parts> {
    memchr::memchr(b'<', view.text.as_bytes())?;
    let mut reader = Reader::new(view);
    let text: &str = &view.text;
    let mut at = 0;
    while let Some(open) = memchr::memchr(b'<', text.as_bytes().get(at..)?).map(|found| at + found) {
        reader.text(at, open);
        at = reader.markup(open);
    }
    reader.text(at, text.len());
    reader.finish()
}

/// An open element that hides its content.
struct Hidden<'t> {
    name: &'t str,
    /// Nested open elements of the same name.
    open: usize,
    derived: Derived,
}

struct Reader<'v, 't> {
    view: &'v View<'t>,
    text: &'v str,
    visible: Derived,
    inside: Option<Hidden<'v>>,
    hidden: Vec<View<'static>>,
    /// Classes and ids hidden by the page's own style sheet.
    names: BTreeSet<String>,
    found: bool,
}

impl<'v, 't> Reader<'v, 't> {
    fn new(view: &'v View<'t>) -> Self {
        let text: &str = &view.text;
        let names = hiding_names(text);
        Self { view, text, visible: Derived::new(), inside: None, hidden: Vec::new(), names, found: false }
    }

    fn out(&mut self) -> &mut Derived {
        match &mut self.inside {
            Some(hidden) => &mut hidden.derived,
            None => &mut self.visible,
        }
    }

    /// Copies text, decoding its character references.
    fn text(&mut self, start: usize, end: usize) {
        let text = self.text;
        let (mut from, mut at) = (start, start);
        while let Some(found) = text.get(at..end).and_then(|part| memchr::memchr(b'&', part.as_bytes())) {
            let place = at + found;
            at = place + 1;
            if let Some((length, ch)) = text.get(place..end).and_then(reference) {
                let out = self.out();
                out.copy(text.get(from..place).unwrap_or_default(), from);
                out.put(ch, place);
                (from, at) = (place + length, place + length);
            }
        }
        self.out().copy(text.get(from..end).unwrap_or_default(), from);
    }

    /// Handles what starts with `<` at `open`; returns where to continue.
    fn markup(&mut self, open: usize) -> usize {
        let text = self.text;
        let rest = text.get(open..).unwrap_or_default();
        if rest.starts_with("<!--") {
            return self.comment(open);
        }
        let body = rest.get(1..).unwrap_or_default();
        let end =
            memchr::memchr2(b'<', b'>', body.as_bytes()).filter(|at| body.as_bytes().get(*at) == Some(&b'>'));
        let tag = end.and_then(|end| Tag::read(body.get(..end)?));
        let Some((tag, end)) = tag.zip(end) else {
            self.text(open, open + 1);
            return open + 1;
        };
        self.found = true;
        let next = open + 1 + end + 1;
        if tag.closes {
            self.close(&tag, open);
        } else {
            self.open(&tag, open);
        }
        if tag.name.eq_ignore_ascii_case("style") && !tag.closes { self.sheet(next) } else { next }
    }

    fn comment(&mut self, open: usize) -> usize {
        self.found = true;
        let inner = open + 4;
        let rest = self.text.get(inner..).unwrap_or_default();
        let length = memchr::memmem::find(rest.as_bytes(), b"-->").unwrap_or(rest.len());
        self.aside(inner, inner + length, Hiding::Comment);
        (inner + length + 3).min(self.text.len())
    }

    /// Turns an invisible part into a view of its own.
    fn aside(&mut self, start: usize, end: usize, hiding: Hiding) {
        let part = self.text.get(start..end).unwrap_or_default();
        if part.len() >= SAYS {
            let mut derived = Derived::new();
            derived.copy(part, start);
            self.hidden.push(self.view.child(derived, end, Some(hiding)));
        }
    }

    /// A style sheet: nobody sees it, and it may contain comments.
    fn sheet(&mut self, from: usize) -> usize {
        let rest = self.text.get(from..).unwrap_or_default();
        let end = from + memchr::memmem::find(rest.as_bytes(), b"</").unwrap_or(rest.len());
        self.aside(from, end, Hiding::Comment);
        end
    }

    fn open(&mut self, tag: &Tag<'v>, at: usize) {
        self.attributes(tag);
        let hides = self.inside.is_none() && !tag.is_void() && self.is_hidden(tag);
        if hides {
            self.inside = Some(Hidden { name: tag.name, open: 0, derived: Derived::new() });
        } else if let Some(hidden) = &mut self.inside
            && hidden.name.eq_ignore_ascii_case(tag.name)
            && !tag.is_void()
        {
            hidden.open += 1;
        }
        self.line_break(tag, at);
    }

    fn close(&mut self, tag: &Tag<'_>, at: usize) {
        if let Some(hidden) = &mut self.inside
            && hidden.name.eq_ignore_ascii_case(tag.name)
        {
            match hidden.open.checked_sub(1) {
                Some(open) => hidden.open = open,
                None => self.leave(at),
            }
        }
        self.line_break(tag, at);
    }

    fn leave(&mut self, at: usize) {
        if let Some(hidden) = self.inside.take()
            && hidden.derived.text.trim().len() >= SAYS
        {
            self.hidden.push(self.view.child(hidden.derived, at, Some(Hiding::Style)));
        }
    }

    fn line_break(&mut self, tag: &Tag<'_>, at: usize) {
        if tag.breaks && !self.out().text.ends_with('\n') {
            self.out().put('\n', at);
        }
    }

    fn is_hidden(&self, tag: &Tag<'_>) -> bool {
        tag.name.eq_ignore_ascii_case("template")
            || tag.attributes().any(|(key, value)| match key {
                "hidden" => true,
                "style" => hides(value),
                "class" | "id" => value.split_ascii_whitespace().any(|name| self.names.contains(name)),
                _ => false,
            })
    }

    /// Collects attribute values that are sentences.
    fn attributes(&mut self, tag: &Tag<'v>) {
        let base = self.text.as_ptr() as usize;
        for (key, value) in tag.attributes().filter(|(_, value)| !value.is_empty()) {
            let spoken =
                SPOKEN.iter().any(|name| key == *name || (name.ends_with('-') && key.starts_with(name)));
            let start = value.as_ptr() as usize - base;
            if spoken && (value.contains(' ') || !value.is_ascii()) {
                self.aside(start, start + value.len(), Hiding::Attribute);
            } else if LINKS.contains(&key) && value.contains("://") && value.contains(['{', '[', '=', '$']) {
                // Including the attribute name, so that an image can be told from a link.
                self.aside(key.as_ptr() as usize - base, start + value.len(), Hiding::Attribute);
            }
        }
    }

    fn finish(mut self) -> Option<Parts> {
        let end = self.text.len();
        self.leave(end);
        let parts = Parts { visible: self.view.child(self.visible, end, None), hidden: self.hidden };
        self.found.then_some(parts)
    }
}

/// A named or numeric character reference.
fn reference(text: &str) -> Option<(usize, char)> {
    const NAMED: &[(&str, char)] =
        &[("&amp;", '&'), ("&lt;", '<'), ("&gt;", '>'), ("&quot;", '"'), ("&apos;", '\''), ("&nbsp;", ' ')];
    let named = NAMED.iter().find(|(name, _)| text.starts_with(name));
    named.map(|(name, ch)| (name.len(), *ch)).or_else(|| numeric(text))
}

/// A tag known to HTML.
struct Tag<'t> {
    name: &'t str,
    /// What follows the name.
    rest: &'t str,
    closes: bool,
    breaks: bool,
}

impl<'t> Tag<'t> {
    /// Parses what is between `<` and `>`.
    fn read(body: &'t str) -> Option<Self> {
        let (closes, body) = body.strip_prefix('/').map_or((false, body), |body| (true, body));
        let end =
            body.bytes().take(12).position(|b| !b.is_ascii_alphanumeric()).unwrap_or(body.len().min(12));
        let (name, rest) = body.split_at_checked(end)?;
        let known = ELEMENTS.iter().find(|known| known.0.eq_ignore_ascii_case(name))?;
        let fits = rest.is_empty() || rest.starts_with(|ch: char| ch.is_ascii_whitespace() || ch == '/');
        fits.then_some(Self { name, rest, closes, breaks: known.1 })
    }

    fn is_void(&self) -> bool {
        VOID.iter().any(|void| void.eq_ignore_ascii_case(self.name))
    }

    /// Names and values, with the names expected in lower case.
    fn attributes(&self) -> impl Iterator<Item = (&'t str, &'t str)> {
        let mut rest = self.rest;
        std::iter::from_fn(move || {
            rest = rest.trim_start_matches(|ch: char| ch.is_ascii_whitespace() || ch == '/' || ch == '=');
            let end = rest.find(|ch: char| ch.is_ascii_whitespace() || ch == '=').unwrap_or(rest.len());
            let (key, after) = rest.split_at_checked(end).filter(|(key, _)| !key.is_empty())?;
            let Some(value) = after.trim_start().strip_prefix('=') else {
                rest = after;
                return Some((key, ""));
            };
            let (value, after) = quoted(value.trim_start());
            rest = after;
            Some((key, value))
        })
    }
}

/// An attribute value and what follows it. The quotes may be escaped, in a document inside a string.
fn quoted(text: &str) -> (&str, &str) {
    for quote in ["\"", "'", "\\\""] {
        if let Some(inner) = text.strip_prefix(quote) {
            return inner.split_once(quote).unwrap_or((inner, ""));
        }
    }
    text.split_at(text.find(|ch: char| ch.is_ascii_whitespace()).unwrap_or(text.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (String, Vec<(Hiding, String, String)>) {
        let parts = parts(&View::of(text)).expect("markup");
        let hidden = parts.hidden.into_iter().map(|view| {
            let span = view.original(&(0..view.text.len()));
            (view.hidden[0], view.text.trim().to_owned(), text[span].to_owned())
        });
        (parts.visible.text.trim().to_owned(), hidden.collect())
    }

    #[test]
    fn text_is_parted_from_what_nobody_sees() {
        let (visible, hidden) = read(
            "<p>Ti<b>me</b>table &amp; fares</p><!-- a remark for no reader --><img src=x alt=\"a picture of the square\">\
             <div style='Display : None'>text <div>of the</div> hidden block</div><p>end</p>",
        );
        assert_eq!(visible, "Timetable & fares\nend");
        let parts: Vec<_> = hidden.iter().map(|part| (part.0, part.1.as_str())).collect();
        assert_eq!(
            parts,
            [
                (Hiding::Comment, "a remark for no reader"),
                (Hiding::Attribute, "a picture of the square"),
                (Hiding::Style, "text \nof the\n hidden block"),
            ]
        );
        assert!(hidden[2].2.contains("text <div>of the</div> hidden block"), "{}", hidden[2].2);
    }

    #[test]
    fn the_pages_own_style_hides_too() {
        let (visible, hidden) = read(
            "<style>.pre, #x { font-size:0px } .big{font-size:20px}</style><span class='a pre'>what the class hides</span><span class=big>shown</span>",
        );
        assert_eq!((visible.as_str(), hidden.len()), ("shown", 2));
        assert_eq!(hidden[1].1, "what the class hides");
    }

    #[test]
    fn other_brackets_are_text() {
        for text in
            ["a < b and c > d", "Vec<String> and <system>", "John <john@x.example>", "<", "</", "<!doctype"]
        {
            assert!(parts(&View::of(text)).is_none(), "{text}");
        }
        let (visible, hidden) = read("<p>an <important>note</important>");
        assert_eq!((visible.as_str(), hidden.len()), ("an <important>note</important>", 0));
    }

    #[test]
    fn unfinished_markup_ends() {
        assert_eq!(read("<p>a <!-- an open comment that goes on").1[0].1, "an open comment that goes on");
        assert_eq!(read("<div hidden>an open block that goes on").1[0].1, "an open block that goes on");
    }
}
