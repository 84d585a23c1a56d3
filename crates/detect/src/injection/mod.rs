//! Signs of injection in what third parties wrote: tool results, retrieved passages, memories.
//!
//! A text goes through four steps, each linear in its length:
//!
//! 1. [`view`] and [`decode`] bring out what is there to be read: invisible characters, base64, hexadecimal, escapes, moved
//!    letters, and with [`html`] comments, attributes and what a style hides. What comes out is looked at in the same way, to a
//!    bounded depth and a bounded total.
//! 2. [`segment`] cuts each view into sentences, and [`lexicon`] finds the words that orders to a model are made of. Sentences
//!    that hold none are done.
//! 3. [`feature`] and [`model`] weigh the others: which classes of words stand together and in which order, how the sentence was
//!    hidden, whether the text talks about attacks, its own words, and those of the passage that it stands in.
//! 4. Neighbours are joined, and each sign gets a kind for its explanation.
//!
//! `cargo xtask train` makes the model from sentences of our own; `docs/model-card.md` says how, and where it fails.

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

/// Layers of encoding that are taken off.
const DEEPEST: usize = 4;
/// Bytes that decoding may bring out, beyond twice those of the text.
const EXTRA: usize = 16 * 1024;
/// Bytes of a passage: whole sentences, until there are so many.
const PASSAGE: usize = 1200;
/// Signs of one text that are reported.
const MOST: usize = 64;
/// Signs are reported from this score on.
pub const LEAST: f32 = 0.5;
/// Added to the odds of a sentence without Chinese characters: its words tell classes more sharply, and ordinary English text
/// of the training grammars stays quiet with it.
const LATIN: f32 = 0.3;

/// A sentence that was weighed.
#[expect(clippy::struct_excessive_bools, reason = "facts about a sentence that do not depend on each other")]
#[derive(Debug, Clone)]
pub struct Window {
    /// Bytes of the given text, on character boundaries.
    pub span: Range<usize>,
    /// What the model knows about it.
    pub features: Features,
    /// How it was hidden.
    pub hidden: Vec<Hiding>,
    /// Classes of words in it.
    own: u32,
    /// Classes anywhere in its view.
    text: u32,
    quoted: bool,
    picture: bool,
    /// A link takes away what belongs to the user.
    leads_away: bool,
    latin: bool,
    /// What sets aside stands before what is set aside.
    aside: bool,
    /// It orders to set instructions aside, and opens its clause with it.
    order: bool,
    /// The order was hidden.
    hidden_order: bool,
    /// An assistant speaks of itself, or there is nothing but a link.
    harmless: bool,
}

/// The signs in a text, sorted by start.
pub fn signs(text: &str) -> Vec<Sign> {
    let Some(model) = built_in() else { return Vec::new() };
    judge(model, text)
}

/// The model of this build. `None` only if the file in the binary is no model, which a test rules out.
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
            // A neighbour of the last one: they are one sign.
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

/// The surest of two neighbours speaks for both.
fn join(sign: &mut Sign, span: Range<usize>, kind: SignKind, score: f32) {
    sign.span.end = span.end;
    if kind < sign.kind || score > sign.score + 0.2 {
        sign.kind = kind;
    }
    sign.score = sign.score.max(score);
}

/// One sign for a place and kind: the surest, and of equals the one that says most about how it was hidden.
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

/// The logarithm of the odds that a window is a sign, with what its passage adds.
fn odds(model: &Model<'_>, window: &Window, passage: f32) -> f32 {
    model.score(&window.features) + passage + if window.latin { LATIN } else { 0.0 }
}

/// The surest window of a text by the model alone, without rules: the logarithm of its odds. For setting the threshold.
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

/// How sure it is that a window is a sign, 0 to 1.
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
    // Nobody spells out letter by letter that something is to be set aside.
    let spelt = window.hidden.contains(&Hiding::Letters) && has(Class::Override) && has(Class::Meta);
    if spelt || has(Class::Mark) || rules::hold(window.own, window.aside) { score.max(0.6) } else { score }
}

/// What a sign does, by the words in it.
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

/// What reading a text brings up.
pub enum Read {
    /// Text in invisible characters.
    Invisible(Range<usize>),
    /// A view begins.
    View,
    /// The words of the passage that the next windows stand in (`feature`).
    Passage(Vec<u32>),
    /// A sentence with a word that matters.
    Window(Window),
}

/// Calls `each` with every sentence that the model would weigh, in all views, and with what stands around them.
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
            // What exceeds the bound is let go; the next one may be small enough.
            if let Some(rest) = left.checked_sub(view.text.len()) {
                left = rest;
                queue.push(view);
            }
        }
    }
}

/// Brings out what a view hides; returns the view as it is to be read, unless that is among what it brought out.
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

/// The passage of a sentence: the ones before it while they fill no half of it, and those after it. Each byte stands in a bounded
/// number of passages.
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

/// What a text is about: one word is chance.
fn topics(hits: &[Hit]) -> u32 {
    let count = |class: Class| hits.iter().filter(|hit| hit.class == class).count();
    let about = |class: Class, least: usize| if count(class) >= least { class.bit() } else { 0 };
    about(Class::Discuss, 3) | about(Class::Tokens, 1)
}

/// A sentence with the places of its words among all.
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
