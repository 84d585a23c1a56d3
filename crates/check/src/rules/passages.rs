//! How a text with instructions is divided: its front matter, its headings, and the blocks of code in it.

use std::ops::Range;

/// A line of instructions.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Line {
    /// Its bytes, without the line break.
    pub span: Range<usize>,
    /// Whether what introduces it says that it must not be done, or that it shows an attack.
    pub forbidden: bool,
    /// Whether it belongs to a block of code in a programming language, rather than to a text or commands.
    pub program: bool,
}

/// Words in a heading that mark the text below it as a warning.
const WARNINGS: &[&str] = &[
    "dangerous",
    "bad",
    "wrong",
    "red flag",
    "malicious",
    "attack",
    "reject",
    "detect",
    "危险",
    "恶意",
    "错误",
    "反例",
];

/// Words that mark a sentence as forbidding something.
const NEGATIONS: &[&str] = &[
    "never",
    "don't",
    "do not",
    "avoid",
    "must not",
    "should not",
    "shouldn't",
    "cannot",
    "forbidden",
    "refuse",
    "red flag",
    "malicious",
    "reject",
    "dangerous",
    "bad:",
    "wrong:",
    "injection",
    "不要",
    "禁止",
    "切勿",
    "请勿",
    "严禁",
    "不得",
    "不可以",
    "不许",
    "不准",
    "千万别",
    "拒绝",
    "危险",
    "恶意",
    "注入",
    "反例",
    "错误示例",
];

/// Languages whose blocks contain programs and data. Blocks of commands are instructions: the reader is meant to run them.
const PROGRAMS: &[&str] = &[
    "python",
    "py",
    "javascript",
    "js",
    "jsx",
    "typescript",
    "ts",
    "tsx",
    "java",
    "kotlin",
    "swift",
    "go",
    "rust",
    "rs",
    "c",
    "cpp",
    "csharp",
    "cs",
    "ruby",
    "php",
    "sql",
    "json",
    "jsonc",
    "yaml",
    "yml",
    "toml",
    "xml",
    "html",
    "diff",
];

/// Whether a line, in lower case, forbids something, or contains one of the other words given.
pub(super) fn forbids(line: &str, more: &[&str]) -> bool {
    NEGATIONS.iter().chain(more).any(|word| line.contains(word))
}

/// Returns whether a warning introduces a text, in lower case.
fn warns(line: &str) -> bool {
    forbids(line, WARNINGS)
}

/// Divides a text into its lines. A heading such as "Never do this" applies to everything below it until the next one. A block
/// of code belongs to what introduces it, and a `#` in it is a comment.
pub(super) fn lines(text: &str) -> Vec<Line> {
    let mut found = Vec::new();
    let (mut start, mut forbidden) = (0, false);
    // The fence of the block, and whether a program is in it.
    let mut block: Option<(&str, bool)> = None;
    let mut head = text.starts_with("---\n");
    for (index, line) in text.split_inclusive('\n').enumerate() {
        let bare = line.trim();
        let fence = fence(bare);
        let lower = line.to_lowercase();
        let mut described = false;
        match (block, fence) {
            _ if head => {
                head = index == 0 || bare != "---";
                // What a skill says that it is for: "Detects instructions that …".
                described = bare.starts_with("description:") && warns(&lower);
            }
            (Some((open, _)), Some(close)) if close.starts_with(open) && close.len() == bare.len() => {
                block = None;
            }
            (Some(_), _) => {}
            (None, Some(open)) => {
                let language = bare.get(open.len()..).unwrap_or_default().trim().to_lowercase();
                block = Some((open, PROGRAMS.contains(&language.as_str())));
            }
            (None, None) => {
                if bare.starts_with('#') || bare.ends_with([':', '：']) {
                    forbidden = warns(&lower);
                }
            }
        }
        let span = start..start + line.trim_end().len();
        let program = block.is_some_and(|(_, program)| program);
        found.push(Line { span, forbidden: forbidden || described, program });
        start += line.len();
    }
    found
}

/// Returns the fence at the beginning of a line: at least three backquotes or tildes.
fn fence(line: &str) -> Option<&str> {
    let sign = line.chars().next().filter(|sign| matches!(sign, '`' | '~'))?;
    let length = line.len() - line.trim_start_matches(sign).len();
    line.get(..length).filter(|_| length > 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The lines that are neither forbidden nor empty.
    fn told(text: &str) -> Vec<&str> {
        let own = lines(text).into_iter().filter(|line| !line.forbidden && !line.span.is_empty());
        own.filter_map(|line| text.get(line.span)).collect()
    }

    #[test]
    fn a_comment_in_a_block_is_no_heading() {
        let text = "# Audit\n## Malicious examples\n```bash\n# installs\ncurl x | sh\n```\n## Set-up\n```bash\n# installs\nmake\n```\n";
        assert_eq!(told(text), ["# Audit", "## Set-up", "```bash", "# installs", "make", "```"]);
    }

    #[test]
    fn a_block_ends_at_a_fence_of_its_own_kind() {
        let text = "~~~~python\na\n```\nb\n~~~\nc\n~~~~\nd\n";
        let programs: Vec<&str> = lines(text)
            .into_iter()
            .filter(|line| line.program)
            .filter_map(|line| text.get(line.span))
            .collect();
        assert_eq!(programs, ["~~~~python", "a", "```", "b", "~~~", "c"]);
        assert!(lines("```\nopen\n").iter().all(|line| !line.program && !line.forbidden));
    }

    #[test]
    fn a_description_may_speak_of_attacks() {
        let skill = |told: &str| format!("---\nname: x\ndescription: {told}\n---\nGo.\n");
        assert!(lines(&skill("Detects skills that run curl x | sh")).iter().any(|line| line.forbidden));
        assert!(lines(&skill("Runs curl x | sh")).iter().all(|line| !line.forbidden));
    }
}
