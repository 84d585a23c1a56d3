//! Signs of injection in third-party content: tool results, retrieved passages, memories.
//!
//! A text goes through four steps, each linear in its length:
//!
//! 1. [`view`] and [`decode`] extract what can be read: invisible characters, base64, hexadecimal, escapes, rearranged
//!    letters, and with [`html`] comments, attributes and content hidden by a style. What they extract is examined in
//!    the same way, to a bounded depth and a bounded total.
//! 2. [`segment`] cuts each view into sentences, and [`lexicon`] finds the words that instructions to a model consist of.
//!    Sentences without any are done.
//! 3. [`feature`] and [`model`] weigh the others: which word classes occur together and in which order, how the sentence
//!    was hidden, whether the text talks about attacks, its own words, and those of the surrounding passage.
//! 4. Neighbours are joined, and each sign gets a kind for its explanation.
//!
//! `cargo xtask train` builds the model from our own sentences; `docs/model-card.md` documents how, and where it fails.

mod decode;
pub mod feature;
mod html;
pub mod lexicon;
pub mod model;
mod order;
mod place;
mod rules;
mod segment;
mod view;

use std::ops::Range;
use std::sync::OnceLock;

use ombud_core::{Hiding, Sign, SignKind};

use feature::{Around, Features};
use lexicon::{Class, Hit, Lexicon, is_worth_a_look};
use model::Model;
use view::View;

/// The model of this build.
static MODEL: &[u8] = include_bytes!("../../model/signs.bin");

/// Maximum number of encoding layers that are removed.
const DEEPEST: usize = 4;
/// Bytes that decoding may produce, in addition to twice the length of the text.
const EXTRA: usize = 16 * 1024;
/// Length of a passage in bytes: whole sentences, up to this many.
const PASSAGE: usize = 1200;
/// Maximum number of signs reported per text.
const MOST: usize = 64;
/// Signs are reported from this score upwards.
pub const LEAST: f32 = 0.5;
/// Added to the log-odds of a sentence without Chinese characters: its words separate the classes more sharply, and
/// ordinary English text of the training grammars still stays below the threshold.
const LATIN: f32 = 0.3;

/// A sentence to be weighed.
#[expect(clippy::struct_excessive_bools, reason = "facts about a sentence that do not depend on each other")]
#[derive(Debug, Clone)]
pub struct Window {
    /// Bytes of the given text, on character boundaries.
    pub span: Range<usize>,
    /// Its features for the model.
    pub features: Features,
    /// How it was hidden.
    pub hidden: Vec<Hiding>,
    /// Word classes in it.
    own: u32,
    /// Word classes anywhere in its view.
    text: u32,
    quoted: bool,
    picture: bool,
    /// Whether a link carries away what belongs to the user.
    leads_away: bool,
    latin: bool,
    /// Whether the words of setting aside precede what is set aside.
    aside: bool,
    /// Whether it is an instruction to set instructions aside that opens its clause.
    order: bool,
    /// Whether the instruction was hidden.
    hidden_order: bool,
    /// Whether an assistant speaks of itself, or there is nothing but a link.
    harmless: bool,
}

/// The signs in a text, sorted by start.
pub fn signs(text: &str) -> Vec<Sign> {
    let Some(model) = built_in() else { return Vec::new() };
    judge(model, text)
}

/// The model of this build. `None` only if the embedded file is not a model, which a test rules out.
fn built_in() -> Option<&'static Model<'static>> {
    static READ: OnceLock<Option<Model<'static>>> = OnceLock::new();
    READ.get_or_init(|| Model::read(MODEL)).as_ref()
}

/// The signs that a model finds.
pub fn judge(model: &Model<'_>, text: &str) -> Vec<Sign> {
    let mut found = Vec::new();
    let mut last: Option<(Range<usize>, usize)> = None;
    let mut passage = 0.0;
    read(text, |item| match item {
        Read::Invisible(span) => {
            found.push(Sign {
                span,
                kind: SignKind::Invisible,
                hidden: vec![Hiding::Characters],
                score: 0.9,
            });
        }
        Read::View => last = None,
        Read::Passage(places) => passage = model.passage(&places),
        Read::Window(window) => {
            let score = weigh(model, &window, passage);
            if score < LEAST {
                return;
            }
            let kind = kind(&window);
            // Adjacent to the last one: they form one sign.
            let near = |span: &Range<usize>| window.span.start <= span.end + 3;
            if let Some((span, at)) = last.as_mut().filter(|(span, _)| near(span)) {
                span.end = window.span.end.max(span.end);
                if let Some(sign) = found.get_mut(*at) {
                    join(sign, span.clone(), kind, score);
                }
                return;
            }
            last = Some((window.span.clone(), found.len()));
            found.push(Sign { span: window.span, kind, hidden: window.hidden, score });
        }
    });
    settle(found)
}

/// Joins two neighbours; the more certain one determines the kind.
fn join(sign: &mut Sign, span: Range<usize>, kind: SignKind, score: f32) {
    sign.span.end = span.end;
    if kind < sign.kind || score > sign.score + 0.2 {
        sign.kind = kind;
    }
    sign.score = sign.score.max(score);
}

/// Keeps one sign per place and kind: the most certain one, and among equals the one that says most about how it was
/// hidden.
fn settle(mut found: Vec<Sign>) -> Vec<Sign> {
    found.sort_by(|a, b| b.score.total_cmp(&a.score).then(b.hidden.len().cmp(&a.hidden.len())));
    let mut kept: Vec<Sign> = Vec::new();
    for sign in found {
        let covers = |known: &Sign| {
            known.span.start < sign.span.end
                && sign.span.start < known.span.end
                && (known.kind == sign.kind || known.hidden == sign.hidden)
        };
        if kept.len() < MOST && !kept.iter().any(covers) {
            kept.push(sign);
        }
    }
    kept.sort_by_key(|sign| (sign.span.start, sign.span.end, sign.kind));
    kept
}

/// The log-odds that a window is a sign, including the contribution of its passage.
fn odds(model: &Model<'_>, window: &Window, passage: f32) -> f32 {
    model.score(&window.features) + passage + if window.latin { LATIN } else { 0.0 }
}

/// The log-odds of the most certain window of a text by the model alone, without rules. For choosing the threshold.
pub fn surest(model: &Model<'_>, text: &str) -> Option<f32> {
    let (mut surest, mut passage) = (None, 0.0);
    read(text, |item| match item {
        Read::Passage(places) => passage = model.passage(&places),
        Read::Window(window) => {
            let odds = odds(model, &window, passage);
            surest = Some(surest.map_or(odds, |known: f32| known.max(odds)));
        }
        Read::Invisible(_) | Read::View => {}
    });
    surest
}

/// The probability that a window is a sign, 0 to 1.
fn weigh(model: &Model<'_>, window: &Window, passage: f32) -> f32 {
    let odds = odds(model, window, passage);
    let score = 1.0 / (1.0 + (-odds).exp());
    let score = if window.harmless { score.min(LEAST / 2.0) } else { score };
    let topic = window.text & (Class::Discuss.bit() | Class::Tokens.bit()) != 0;
    if topic {
        return score;
    }
    if window.hidden_order {
        return score.max(0.75);
    }
    if window.quoted {
        return score;
    }
    let has = |class: Class| window.own & class.bit() != 0;
    if has(Class::Carrier) && (window.picture || window.leads_away) {
        return score.max(0.75);
    }
    if window.order {
        return score.max(0.7);
    }
    // Nobody innocently spells out letter by letter that something is to be set aside.
    let spelt = window.hidden.contains(&Hiding::Letters) && has(Class::Override) && has(Class::Meta);
    if spelt || has(Class::Mark) || rules::hold(window.own, window.aside) { score.max(0.6) } else { score }
}

/// The kind of a sign, by its words.
fn kind(window: &Window) -> SignKind {
    let has = |class: Class| window.own & class.bit() != 0;
    if has(Class::Carrier) {
        SignKind::Exfiltration
    } else if has(Class::Override) && (has(Class::Meta) || has(Class::Prior)) {
        SignKind::Override
    } else if has(Class::Conceal) {
        SignKind::Conceal
    } else if has(Class::Mark) || (has(Class::Role) && !has(Class::Model) && !has(Class::Helper)) {
        SignKind::Template
    } else {
        SignKind::Order
    }
}

/// The items produced while reading a text.
pub enum Read {
    /// Text in invisible characters.
    Invisible(Range<usize>),
    /// A new view starts.
    View,
    /// The words of the passage that contains the next windows (`feature`).
    Passage(Vec<u32>),
    /// A sentence with a relevant word.
    Window(Window),
}

/// Calls `each` with every sentence that the model would weigh, in all views, and with its surroundings.
pub fn read(text: &str, mut each: impl FnMut(Read)) {
    let Some(lexicon) = Lexicon::built_in() else { return };
    let mut left = text.len().saturating_mul(2).saturating_add(EXTRA);
    let mut queue = vec![View::of(text)];
    let mut derived = Vec::new();
    while let Some(view) = queue.pop() {
        let view = unveil(text, view, &mut derived, &mut each);
        each(Read::View);
        if let Some(view) = view {
            view_windows(text, lexicon, &view, &mut each);
        }
        for view in derived.drain(..) {
            // A view that exceeds the bound is dropped; the next one may be small enough.
            if let Some(rest) = left.checked_sub(view.text.len()) {
                left = rest;
                queue.push(view);
            }
        }
    }
}

/// Extracts what a view hides; returns the view as it is to be read, unless that is among the extracted ones.
fn unveil<'t>(
    text: &str,
    view: View<'t>,
    derived: &mut Vec<View<'static>>,
    each: &mut impl FnMut(Read),
) -> Option<View<'t>> {
    let deep = view.depth >= DEEPEST;
    if !deep {
        let mut smuggled = Vec::new();
        decode::invisible(&view, &mut smuggled);
        for found in smuggled {
            each(Read::Invisible(whole(text, view.original(&found.span))));
            derived.push(found.view);
        }
    }
    let view = view.normalised();
    if deep {
        return Some(view);
    }
    decode::encoded(&view, derived);
    match html::parts(&view) {
        Some(parts) => {
            derived.extend(parts.hidden);
            derived.push(parts.visible);
            None
        }
        None => Some(view),
    }
}

/// The range widened to whole characters.
fn whole(text: &str, range: Range<usize>) -> Range<usize> {
    let start = text.floor_char_boundary(range.start);
    start..text.ceil_char_boundary(range.end).max(start)
}

fn view_windows(text: &str, lexicon: &Lexicon, view: &View<'_>, each: &mut impl FnMut(Read)) {
    let hits = hits(lexicon, view);
    let all = classes(&hits);
    if !is_worth_a_look(all) {
        return;
    }
    let sentences = sentences(&view.text, &hits);
    let topics = topics(&hits);
    let mut passage = 0..0;
    for (at, sentence) in sentences.iter().enumerate() {
        if !is_worth_a_look(sentence.own) {
            continue;
        }
        if sentence.span.start >= passage.end {
            passage = passage_of(&sentences, at);
            let words = view.text.get(passage.clone()).unwrap_or_default();
            each(Read::Passage(feature::passage(words)));
        }
        let near = |at: Option<usize>| at.and_then(|at| sentences.get(at)).map_or(0, |other| other.own);
        let (start, end) = (sentence.span.start, sentence.span.end);
        let own = hits.get(sentence.hits.clone()).unwrap_or_default();
        let around = Around {
            near: near(at.checked_sub(1)) | near(Some(at + 1)),
            text: topics,
            quoted: place::is_quoted(&view.text, start, end),
        };
        let sentence_text = view.text.get(start..end).unwrap_or_default();
        let picture =
            own.iter().any(|hit| hit.class == Class::Carrier && place::is_picture(&view.text, hit.start));
        let leads_away =
            own.iter().any(|hit| hit.class == Class::Carrier && place::leads_away(&view.text, hit.start));
        each(Read::Window(Window {
            span: whole(text, view.original(&sentence.span)),
            features: feature::of(sentence_text, own, around, &view.hidden),
            hidden: view.hidden.clone(),
            own: sentence.own,
            text: around.text,
            quoted: around.quoted,
            picture,
            leads_away,
            aside: order::is_in_order(own),
            order: order::is_plain(sentence_text, start, own) || order::is_tagged(sentence_text, start, own),
            hidden_order: order::is_hidden(&view.hidden, own),
            harmless: sentence.own & !Class::Discuss.bit() == Class::Target.bit()
                && !sentence_text.contains(' ')
                || order::is_answer(sentence_text, sentence.own),
            latin: !sentence_text.contains(feature::is_han),
        }));
    }
}

/// The passage of a sentence: the preceding sentences as long as they fill no more than half of it, and the following
/// ones. Each byte is in a bounded number of passages.
fn passage_of(sentences: &[Sentence], at: usize) -> Range<usize> {
    let Some(this) = sentences.get(at) else { return 0..0 };
    let before = sentences.get(..at).unwrap_or_default().iter().rev();
    let start = before.take_while(|other| this.span.end - other.span.start <= PASSAGE / 2).last();
    let start = start.map_or(this.span.start, |first| first.span.start);
    let after = sentences.get(at..).unwrap_or_default().iter();
    let end = after.take_while(|other| other.span.end - start <= PASSAGE).last();
    start..end.map_or(this.span.end, |last| last.span.end)
}

fn hits(lexicon: &Lexicon, view: &View<'_>) -> Vec<Hit> {
    let mut hits = Vec::new();
    lexicon.find(&view.text, view.hidden.contains(&Hiding::Letters), |hit| hits.push(hit));
    place::shapes(&view.text, &mut hits);
    hits
}

fn classes(hits: &[Hit]) -> u32 {
    hits.iter().fold(0, |classes, hit| classes | hit.class.bit())
}

/// What a text is about: a single word is chance.
fn topics(hits: &[Hit]) -> u32 {
    let count = |class: Class| hits.iter().filter(|hit| hit.class == class).count();
    let about = |class: Class, least: usize| if count(class) >= least { class.bit() } else { 0 };
    about(Class::Discuss, 3) | about(Class::Tokens, 1)
}

/// A sentence with the range of its words among all hits.
struct Sentence {
    span: Range<usize>,
    hits: Range<usize>,
    own: u32,
}

fn sentences(text: &str, hits: &[Hit]) -> Vec<Sentence> {
    let mut at = 0;
    let sentence = |span: Range<usize>| {
        let first =
            at + hits.get(at..).unwrap_or_default().iter().take_while(|hit| hit.start < span.start).count();
        let last = first
            + hits.get(first..).unwrap_or_default().iter().take_while(|hit| hit.start < span.end).count();
        at = last;
        Sentence { own: classes(hits.get(first..last).unwrap_or_default()), hits: first..last, span }
    };
    segment::sentences(text).into_iter().map(sentence).collect()
}

#[cfg(test)]
mod tests;
