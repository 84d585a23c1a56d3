//! A document for people, built once and written as text, Markdown or HTML. Its texts are plain: each writer escapes what
//! its format would take for markup, so a name that a third party chose stays a name.

mod html;
mod markdown;
mod mermaid;
mod plain;

pub(crate) use html::{escaped, html};
pub(crate) use markdown::markdown;
pub(crate) use mermaid::quoted;
pub(crate) use plain::{hidden, one_line, padded, text};

/// One part of a document, in reading order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Part {
    /// A heading: level 1 to 3 and its text.
    Heading(u8, String),
    /// A paragraph.
    Text(String),
    /// A list.
    List(Vec<String>),
    /// Numbered items, each with lines below it.
    Steps(Vec<(String, Vec<String>)>),
    /// A table: its head and its rows.
    Table(Vec<String>, Vec<Vec<String>>),
    /// Choices side by side, with equal weight.
    Buttons(Vec<String>),
    /// A Mermaid diagram; text and HTML leave it out.
    Diagram(String),
    /// Source lines as they are.
    Source(String),
}

/// Writes every item, one after the other.
fn each<T>(items: &[T], write: impl Fn(&T) -> String) -> String {
    items.iter().map(write).collect()
}
