//! The flow map as a picture: one file without scripts, fonts or external resources.

use ombud_core::flow::{Flow, Recipient};
use ombud_core::{Lang, say};

use super::{View, carried, country, kind};
use crate::document::{escaped, one_line};

const STYLE: &str = ".b{fill:#f3f5f8;stroke:#1a1d21}.t{font:600 15px sans-serif;fill:#1a1d21}.s{font:13px sans-serif;fill:#40464f}\
.l{stroke:#40464f;stroke-width:1.5;fill:none}.w{fill:#ffffff}\
@media(prefers-color-scheme:dark){.b{fill:#1f242b;stroke:#e8eaed}.t{fill:#e8eaed}.s{fill:#c4c9d1}.l{stroke:#c4c9d1}.w{fill:#14171b}}";

/// Height of a line of text.
const LINE: usize = 20;
const GAP: usize = 24;
const WIDTH: usize = 980;
/// Left edge of the recipients' boxes.
const RIGHT: usize = 430;
/// Longer names are cut: SVG text does not wrap.
const LONGEST: usize = 60;

/// One recipient's box: its top, and the lines in it.
struct Row {
    top: usize,
    lines: Vec<String>,
}

impl Row {
    fn height(&self) -> usize {
        self.lines.len() * LINE + 16
    }

    fn middle(&self) -> usize {
        self.top + self.height() / 2
    }
}

/// The picture.
pub(crate) fn svg(view: &View<'_>) -> String {
    let lang = view.lang;
    let rows = rows(view);
    let height = rows.last().map_or(120, |row| row.top + row.height() + GAP).max(120);
    let middle = height / 2;
    let title = say!(lang, en: "Data flow, as the code shows it", zh: "代码中的数据流向");
    let (from, none) = (
        say!(lang, en: "agent and its users", zh: "智能体与用户"),
        say!(lang, en: "No recipient was found in code that can run.", zh: "在可执行的代码中没有发现任何接收方。"),
    );
    let body: String = rows.iter().map(|row| drawn(row, middle)).collect();
    let empty = if rows.is_empty() { line("s", RIGHT, middle + 5, &none) } else { String::new() };
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" aria-labelledby=\"t\">\n\
         <title id=\"t\">{}</title>\n<style>{STYLE}</style>\n<rect class=\"w\" width=\"{WIDTH}\" height=\"{height}\"/>\n\
         {body}<rect class=\"b\" x=\"20\" y=\"{}\" width=\"220\" height=\"56\" rx=\"8\"/>\n{}{empty}</svg>",
        escaped(&title),
        middle.saturating_sub(28),
        line("t", 36, middle + 5, &from),
    )
}

fn rows(view: &View<'_>) -> Vec<Row> {
    let mut top = GAP;
    let row = |(recipient, flow): (&Recipient, &Flow)| {
        let row = Row { top, lines: lines(recipient, flow, view.lang) };
        top += row.height() + GAP;
        row
    };
    view.report.flow.recipients.iter().map(row).collect()
}

fn lines(recipient: &Recipient, flow: &Flow, lang: Lang) -> Vec<String> {
    let (name, kind, place) = (short(&recipient.name), kind(recipient.kind, lang), country(recipient, lang));
    let head = say!(lang, en: "{name} ({kind}, {place})", zh: "{name}（{kind}，{place}）");
    let data = flow.data.iter().map(|(category, amount)| format!("← {}", carried(*category, *amount, lang)));
    std::iter::once(head).chain(data).collect()
}

fn short(name: &str) -> String {
    let name = one_line(name);
    if name.chars().count() <= LONGEST { name } else { name.chars().take(LONGEST).chain(['…']).collect() }
}

/// A box with its lines, and the arrow to it.
fn drawn(row: &Row, from: usize) -> String {
    let (top, height, to, width) = (row.top, row.height(), row.middle(), WIDTH - RIGHT - 20);
    let bend = RIGHT - 95;
    let texts = row
        .lines
        .iter()
        .enumerate()
        .map(|(i, text)| line(if i == 0 { "t" } else { "s" }, RIGHT + 14, top + 22 + i * LINE, text));
    format!(
        "<path class=\"l\" d=\"M240 {from} C{bend} {from} {bend} {to} {} {to}\"/>\n\
         <path class=\"l\" d=\"M{} {} L{} {to} L{} {}\"/>\n\
         <rect class=\"b\" x=\"{RIGHT}\" y=\"{top}\" width=\"{width}\" height=\"{height}\" rx=\"8\"/>\n{}",
        RIGHT - 4,
        RIGHT - 14,
        to.saturating_sub(6),
        RIGHT - 4,
        RIGHT - 14,
        to + 6,
        texts.collect::<String>()
    )
}

fn line(class: &str, x: usize, y: usize, text: &str) -> String {
    format!("<text class=\"{class}\" x=\"{x}\" y=\"{y}\">{}</text>\n", escaped(text))
}
