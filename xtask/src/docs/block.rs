//! Fenced `console` blocks of a Markdown document.

use super::scrub::scrub;

/// A block: where it is and which commands it shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Block {
    /// Line of the opening fence, from 1.
    pub(super) line: usize,
    /// Byte range of the text between the fences.
    span: std::ops::Range<usize>,
    text: String,
    pub(super) commands: Vec<Shown>,
}

/// A command as the document shows it and as the shell receives it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Shown {
    /// Without the prompt; continuation lines included.
    pub(super) typed: String,
    pub(super) shell: String,
}

impl Block {
    /// Whether one of its commands runs the product.
    pub(super) fn shows_ombud(&self) -> bool {
        let words = |shown: &Shown| shown.shell.split([' ', '|', '\n', '=']).any(|word| word == "ombud");
        self.commands.iter().any(words)
    }

    /// The first line that differs between the document and `printed`, ignoring what varies from run to run.
    pub(super) fn difference(&self, printed: &str) -> Option<String> {
        let (written, today) = (scrub(&self.text), scrub(printed));
        if written == today {
            return None;
        }
        let (mut old, mut new) = (written.lines(), today.lines());
        loop {
            match (old.next(), new.next()) {
                (Some(a), Some(b)) if a == b => {}
                (a, b) => {
                    let show =
                        |line: Option<&str>| line.map_or("nothing".to_owned(), |line| format!("`{line}`"));
                    return Some(format!("the document says {}, the binary prints {}", show(a), show(b)));
                }
            }
        }
    }
}

/// All `console` blocks, in document order.
pub(super) fn find(document: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut open: Option<(usize, usize)> = None;
    let mut at = 0;
    for (index, line) in document.split_inclusive('\n').enumerate() {
        let fence = line.trim_end();
        match open {
            None if fence == "```console" => open = Some((index + 1, at + line.len())),
            Some((opened, start)) if fence == "```" => {
                let text = document.get(start..at).unwrap_or_default();
                blocks.push(Block {
                    line: opened,
                    span: start..at,
                    text: text.to_owned(),
                    commands: commands(text),
                });
                open = None;
            }
            _ => {}
        }
        at += line.len();
    }
    blocks
}

/// The commands of a block: lines that begin with `$ `, joined with the lines after a trailing backslash.
fn commands(text: &str) -> Vec<Shown> {
    let mut commands = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let Some(first) = line.strip_prefix("$ ") else { continue };
        let mut typed = first.to_owned();
        while typed.ends_with('\\') {
            let Some(more) = lines.next() else { break };
            typed.push('\n');
            typed.push_str(more);
        }
        commands.push(Shown { shell: typed.replace("\\\n", " "), typed });
    }
    commands
}

/// Returns the document with each block that really differs replaced by what is printed today.
pub(super) fn replace(document: &str, blocks: &[(Block, String)]) -> String {
    let mut fresh = String::with_capacity(document.len());
    let mut from = 0;
    for (block, printed) in blocks.iter().filter(|(block, printed)| block.difference(printed).is_some()) {
        fresh.push_str(document.get(from..block.span.start).unwrap_or_default());
        fresh.push_str(printed);
        from = block.span.end;
    }
    fresh.push_str(document.get(from..).unwrap_or_default());
    fresh
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOCUMENT: &str = "# A\n\n```console\n$ echo a | ombud redact \\\n    --quiet\nPHONE_0123ABCD\n```\n\ntext\n\n\
                            ```console\n$ ls\na\n```\n\n```sh\n$ ombud no\n```\n";

    #[test]
    fn blocks_and_their_commands() {
        let blocks = find(DOCUMENT);
        assert_eq!(blocks.len(), 2);
        assert_eq!(blocks[0].line, 3);
        assert_eq!(blocks[0].commands[0].shell, "echo a | ombud redact      --quiet");
        assert!(blocks[0].shows_ombud());
        assert!(!blocks[1].shows_ombud());
    }

    #[test]
    fn only_a_real_difference_is_rewritten() {
        let block = find(DOCUMENT).remove(0);
        let same = "$ echo a | ombud redact \\\n    --quiet\nPHONE_ZZZZ9999\n".to_owned();
        assert_eq!(replace(DOCUMENT, &[(block.clone(), same)]), DOCUMENT);
        let other = "$ echo a | ombud redact \\\n    --quiet\nnothing found\n".to_owned();
        assert!(block.difference(&other).unwrap().contains("prints `nothing found`"));
        let fresh = replace(DOCUMENT, &[(block, other)]);
        assert_eq!(fresh, DOCUMENT.replace("PHONE_0123ABCD", "nothing found"));
    }

    #[test]
    fn a_missing_line_is_a_difference() {
        let block = find("```console\n$ ombud\na\nb\n```\n").remove(0);
        assert!(block.difference("$ ombud\na\n").unwrap().contains("prints nothing"));
    }
}
