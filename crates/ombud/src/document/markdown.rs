//! The Markdown output.

use super::{Part, each};

/// The document as Markdown.
pub(crate) fn markdown(parts: &[Part]) -> String {
    parts.iter().map(part).collect::<Vec<_>>().join("\n")
}

fn part(part: &Part) -> String {
    match part {
        Part::Heading(level, text) => format!("{} {}\n", "#".repeat(usize::from(*level)), escaped(text)),
        Part::Text(text) => escaped(text) + "\n",
        Part::List(items) => each(items, |item| format!("- {}\n", escaped(item))),
        Part::Steps(steps) => steps.iter().enumerate().map(|(i, step)| numbered(i + 1, step)).collect(),
        Part::Table(head, rows) => table(head, rows),
        Part::Buttons(buttons) => {
            let all: Vec<String> = buttons.iter().map(|text| format!("**[ {} ]**", escaped(text))).collect();
            all.join(" · ") + "\n"
        }
        Part::Diagram(diagram) => fenced("mermaid", diagram),
        Part::Source(text) => fenced("text", text),
    }
}

fn numbered(number: usize, (head, below): &(String, Vec<String>)) -> String {
    let below = each(below, |line| format!("   - {}\n", escaped(line)));
    format!("{number}. {}\n{below}", escaped(head))
}

fn table(head: &[String], rows: &[Vec<String>]) -> String {
    let line = |cells: &[String]| {
        format!("| {} |\n", cells.iter().map(|cell| escaped(cell)).collect::<Vec<_>>().join(" | "))
    };
    let rule = format!("|{}\n", " --- |".repeat(head.len()));
    line(head) + &rule + &rows.iter().map(|row| line(row)).collect::<String>()
}

/// A block whose fence is longer than any run of backticks in it.
fn fenced(language: &str, text: &str) -> String {
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest.max(2) + 1);
    format!("{fence}{language}\n{text}\n{fence}\n")
}

/// Plain text with everything escaped that Markdown would take for markup; a command between backticks stays one.
fn escaped(text: &str) -> String {
    // Markdown pairs runs of equal length; an even number of single backticks pairs as it does here.
    let paired = text.matches('`').count().is_multiple_of(2) && !text.contains("``");
    let mut inside = false;
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '`' if paired => {
                inside = !inside;
                out.push(c);
            }
            '|' => out.push_str("\\|"),
            _ if inside && !matches!(c, '\n' | '\r') => out.push(c),
            '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '~' | '$' => out.extend(['\\', c]),
            '&' => out.push_str("&amp;"),
            '\n' | '\r' => out.push(' '),
            _ => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_of_others_is_text() {
        let cell = "x | <img src=x onerror=y> [a](javascript:b) **c**";
        let out = markdown(&[Part::Table(vec!["h".into()], vec![vec![cell.into()]])]);
        assert!(out.contains("x \\| \\<img src=x onerror=y\\> \\[a\\](javascript:b) \\*\\*c\\*\\*"), "{out}");
        assert!(fenced("sh", "a ``` b").starts_with("````sh\n"));
        assert_eq!(escaped("run `a_b <c>` now_"), "run `a_b <c>` now\\_");
        assert_eq!(escaped("` <c> ```"), "\\` \\<c\\> \\`\\`\\`");
    }
}
