//! The text output, for a terminal.

use super::Part;

/// The longest name or value that is shown on a line.
const LONGEST: usize = 120;

/// Makes a third party's text fit for one line: no control characters, none that are invisible or change the direction of
/// writing, and of limited length.
pub(crate) fn one_line(text: &str) -> String {
    let mut line: String = text
        .chars()
        .map(|c| if c.is_whitespace() { ' ' } else { c })
        .filter(|&c| !c.is_control() && !hidden(c))
        .take(LONGEST + 1)
        .collect();
    if line.chars().count() > LONGEST {
        line.pop();
        line.push('…');
    }
    line.trim().to_owned()
}

/// Whether a character changes how others are shown, or is not shown at all.
pub(crate) fn hidden(c: char) -> bool {
    matches!(c,
        '\u{00ad}' | '\u{061c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
}

/// The document as text.
pub(crate) fn text(parts: &[Part]) -> String {
    let blocks: Vec<String> = parts.iter().map(part).filter(|block| !block.is_empty()).collect();
    let mut all = String::new();
    for (i, block) in blocks.iter().enumerate() {
        if i > 0 {
            all.push_str(if block.starts_with("  ") { "\n" } else { "\n\n" });
        }
        all.push_str(block);
    }
    all.push('\n');
    all
}

fn part(part: &Part) -> String {
    match part {
        Part::Heading(1, text) => format!("{text}\n{}", "=".repeat(width(text))),
        Part::Heading(_, text) => format!("{text}\n{}", "-".repeat(width(text))),
        Part::Text(text) => text.clone(),
        Part::List(items) => lines(items.iter().map(|item| format!("  - {item}"))),
        Part::Steps(steps) => lines(steps.iter().enumerate().flat_map(|(i, (head, below))| {
            let head = format!("  {}. {head}", i + 1);
            std::iter::once(head).chain(below.iter().map(|line| format!("       {line}")))
        })),
        Part::Table(head, rows) => lines(rows.iter().map(|row| {
            let (colon, gap) =
                if head.iter().all(|head| head.is_ascii()) { (": ", "; ") } else { ("：", "；") };
            let cells = head.iter().zip(row).map(|(head, cell)| format!("{head}{colon}{cell}"));
            format!("  - {}", cells.collect::<Vec<_>>().join(gap))
        })),
        Part::Buttons(buttons) => {
            format!("  {}", buttons.iter().map(|text| format!("[ {text} ]")).collect::<Vec<_>>().join("  "))
        }
        Part::Diagram(_) => String::new(),
        Part::Source(text) => lines(text.lines().map(|line| format!("  {line}"))),
    }
}

fn lines(items: impl Iterator<Item = String>) -> String {
    items.collect::<Vec<_>>().join("\n")
}

/// A text padded to this many columns.
pub(crate) fn padded(text: &str, columns: usize) -> String {
    format!("{text}{}", " ".repeat(columns.saturating_sub(width(text))))
}

/// Columns in a terminal: Chinese characters take two.
fn width(text: &str) -> usize {
    text.chars().map(|c| if c < '\u{1100}' { 1 } else { 2 }).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_meet_in_both_scripts() {
        assert_eq!((padded("CN", 8), padded("未知", 8)), ("CN      ".to_owned(), "未知    ".to_owned()));
        assert_eq!(padded("longer than that", 4), "longer than that");
    }

    #[test]
    fn a_strangers_name_stays_on_its_line() {
        assert_eq!(one_line("a\nb\u{1b}[31m\u{202e}c"), "a b[31mc");
        assert_eq!(one_line(&"长".repeat(500)).chars().count(), LONGEST + 1);
    }
}
