//! YAML with spans, bounded in depth and number of nodes. Aliases are not expanded: they could make a small file endless.

use saphyr_parser::{Event, Parser};

use super::{Fault, MAX_DEPTH, MAX_NODES, Node, Value};

enum Open {
    Items(usize, Vec<Node>),
    Fields(usize, Vec<(String, Node)>, Option<String>),
}

/// Parses the first document.
pub(crate) fn parse(text: &str) -> Result<Node, Fault> {
    // The parser counts characters; spans here are in bytes.
    let bytes: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
    let byte = |index: usize| bytes.get(index).copied().unwrap_or(text.len());
    let mut parser = Parser::new_from_str(text);
    let mut open: Vec<Open> = Vec::new();
    let mut nodes = 0_usize;
    while let Some(event) = parser.next_event() {
        let (event, span) = match event {
            Ok(event) => event,
            Err(error) => {
                let line = u32::try_from(error.marker().line()).unwrap_or(u32::MAX);
                return Err(Fault { line, too_complex: false });
            }
        };
        let (start, end) = (byte(span.start.index()), byte(span.end.index()));
        nodes += 1;
        if nodes > MAX_NODES || open.len() > MAX_DEPTH {
            let line = u32::try_from(span.start.line()).unwrap_or(u32::MAX);
            return Err(Fault { line, too_complex: true });
        }
        let done = match event {
            Event::SequenceStart(..) => {
                open.push(Open::Items(start, Vec::new()));
                None
            }
            Event::MappingStart(..) => {
                open.push(Open::Fields(start, Vec::new(), None));
                None
            }
            Event::Scalar(value, ..) => {
                Some(Node { span: start..end, value: Value::Text(value.into_owned()) })
            }
            Event::Alias(_) => Some(Node { span: start..end, value: Value::Empty }),
            Event::SequenceEnd | Event::MappingEnd => open.pop().map(|node| match node {
                Open::Items(start, items) => Node { span: start..end, value: Value::Items(items) },
                Open::Fields(start, fields, _) => Node { span: start..end, value: Value::Fields(fields) },
            }),
            Event::DocumentEnd | Event::StreamEnd => break,
            _ => None,
        };
        let Some(node) = done else { continue };
        match open.last_mut() {
            None => return Ok(node),
            Some(Open::Items(_, items)) => items.push(node),
            Some(Open::Fields(_, fields, key)) => match key.take() {
                None => *key = Some(node.text().to_owned()),
                Some(name) => fields.push((name, node)),
            },
        }
    }
    Err(Fault { line: 1, too_complex: false })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_bytes() {
        let text = "名: 值\nlist:\n  - a\n";
        let root = parse(text).unwrap();
        let value = root.get("名").unwrap();
        assert_eq!((value.text(), text.get(value.span.clone())), ("值", Some("值")));
        assert_eq!(root.get("list").unwrap().items().len(), 1);
    }

    #[test]
    fn hostile_files_end() {
        let deep = "[".repeat(10_000);
        assert!(parse(&deep).is_err());
        let bomb = "a: &a [x,x]\nb: &b [*a,*a]\nc: [*b,*b]\n";
        assert!(parse(bomb).is_ok());
        assert!(parse("a: [").is_err() && parse("").is_err());
    }
}
