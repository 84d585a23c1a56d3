//! Source code and settings: there, a capitalised word is a type, a module or a key far more often than a name.
//!
//! The model was trained on sentences and reads code as prose. A single word in code is accepted only if it is in a list
//! of names and the model is nearly certain; names in comments, strings and author lines keep their chance.

use std::ops::Range;
use std::sync::LazyLock;

use aho_corasick::AhoCorasick;

use super::lexicon::{Lexicon, list};
use super::token::{Kind, Shape, Token};
use crate::memory::is_common_latin;

/// Number of bytes examined on each side; since the cost per name is bounded, the whole stays linear.
const WINDOW: usize = 480;
/// Number of bytes of a line examined on each side of a name.
const LINE: usize = 160;

/// Score that a name in Latin letters must reach where a single word is more often code than a name.
const SURE: f32 = 0.85;
/// The same if it is in a list of names, or has several words.
const FAIRLY_SURE: f32 = 0.7;
/// The same for a lower-case word that is in no list of names.
const DOUBTFUL: f32 = 0.6;

/// True if the surrounding code shows that a name in Latin letters is not one.
pub(super) fn vetoes(text: &str, span: &[Token], score: f32, lexicon: Lexicon<'_>) -> bool {
    let (Some(first), Some(last)) = (span.first(), span.last()) else { return false };
    let bytes = first.start..last.end;
    if span.iter().any(|token| token.kind == Kind::Han) {
        return false;
    }
    // `_Reference_wrapper_base`
    if span.iter().any(|token| token.kind == Kind::Code && holds_underscore(text, token)) {
        return true;
    }
    let words: Vec<&Token> = span.iter().filter(|token| token.may_name()).collect();
    let written = |token: &Token| text.get(token.start..token.end).unwrap_or_default();
    let keyword = words.iter().any(|token| is_keyword(written(token)));
    // Columns of a table, and words in two separate positions of a line.
    let apart = span.windows(2).any(|two| matches!(two, [a, b] if b.start - a.end > 2));
    if keyword || apart {
        return true;
    }
    let known = words.iter().any(|token| lexicon.alone(token) & (list::GIVEN | list::FAMILY) != 0);
    // `de la`, `von` and `bin` are inside a name.
    let ends = [words.first(), words.last()];
    let capitals = ends.iter().flatten().all(|token| token.shape != Shape::Lower);
    // Context does not override what a list of names and the model agree on; most names are such, and examining the
    // context is expensive.
    if words.len() > 1 && known && capitals && score >= FAIRLY_SURE {
        return false;
    }
    if let [word] = words.as_slice() {
        let common = lexicon.alone(word) & list::WORD != 0 || is_common_latin(written(word));
        return vetoes_single(text, word, score, known && !common);
    }
    let place = Place::of(text, &bytes);
    let all_upper = words.iter().all(|token| token.shape == Shape::Upper);
    let small = words.iter().all(|token| token.shape == Shape::Lower);
    match place {
        Place::Credit => false,
        Place::Prose => small && !known && score < SURE,
        Place::Near => !(known || capitals && !all_upper && score >= SURE),
        Place::Code if is_talk(text, &bytes) => !(known || capitals && score >= SURE),
        Place::Code => !(known && capitals && score >= FAIRLY_SURE),
    }
}

/// `listed` says that the word is in a list of names and in no list of words.
fn vetoes_single(text: &str, word: &Token, score: f32, listed: bool) -> bool {
    let bytes = word.start..word.end;
    let capital = matches!(word.shape, Shape::Title | Shape::Mixed | Shape::Initial);
    let beside = beside_code(text, &bytes);
    if word.shape == Shape::Upper && !listed && beside_capitals(text, &bytes) {
        return true;
    }
    let believed = listed && capital;
    // The surrounding lines are irrelevant then.
    if believed && !beside && score >= SURE {
        return Place::of_line(text, &bytes) == Some(Place::Code) && !is_talk(text, &bytes);
    }
    match Place::of(text, &bytes) {
        Place::Credit | Place::Prose => {
            beside && !believed
                || word.shape == Shape::Lower && !listed && (score < DOUBTFUL || is_key(text, &bytes))
        }
        Place::Near => beside || !believed || score < FAIRLY_SURE,
        Place::Code => beside || !believed || score < SURE || !is_talk(text, &bytes),
    }
}

/// True if a word in capitals is adjacent: the word belongs to a heading or a constant's name.
fn beside_capitals(text: &str, span: &Range<usize>) -> bool {
    let capitals = |word: Option<&str>| {
        word.is_some_and(|word| word.len() > 2 && word.bytes().all(|b| b.is_ascii_uppercase()))
    };
    let line = line_around(text, span);
    let before = text.get(line.start..span.start).unwrap_or_default();
    let after = text.get(span.end..line.end).unwrap_or_default();
    capitals(before.split_whitespace().next_back()) || capitals(after.split_whitespace().next())
}

/// True if a line that contains code is mostly a sentence: it has five plain words.
fn is_talk(text: &str, span: &Range<usize>) -> bool {
    let line = text.get(line_around(text, span)).unwrap_or_default();
    let plain = |word: &&str| {
        word.trim_end_matches(['.', ',', '?', '!', ':']).bytes().all(|b| b.is_ascii_alphabetic())
    };
    let han = line.chars().any(super::cut::is_han);
    han || line.split_whitespace().filter(plain).count() >= 6
}

fn holds_underscore(text: &str, token: &Token) -> bool {
    text.get(token.start..token.end).is_some_and(|word| word.contains('_'))
}

/// Keywords of programming languages, which nobody is called.
const KEYWORDS: &[&str] = &[
    "elif",
    "elsif",
    "endif",
    "esac",
    "typedef",
    "struct",
    "enum",
    "impl",
    "dyn",
    "nullptr",
    "constexpr",
    "sizeof",
    "sans",
    "serif",
    "mono",
    "perl",
    "debian",
    "ubuntu",
    "sys",
    "stdlib",
    "makefile",
    "syscall",
    "circumflex",
    "diaeresis",
    "cedilla",
    "tilde",
    "boolean",
    "bool",
    "vec",
    "arc",
    "len",
    "def",
    "async",
    "await",
    "const",
    "void",
    "char",
    "namespace",
    "mut",
    "pub",
    "true",
    "false",
    "none",
    "null",
    "nil",
    "debug",
    "timestamp",
    "cookie",
    "regex",
    "stdin",
    "stdout",
    "stderr",
    "argv",
    "argc",
    "enumerate",
    "iterator",
    "tuple",
    "hashmap",
    "println",
    "printf",
    "sudo",
    "mkdir",
    "chmod",
    "grep",
    "yaml",
    "json",
    "toml",
    "kubectl",
    "npm",
    "localhost",
    "utf",
    "ascii",
    "unicode",
    "malloc",
    "uint",
    "func",
    "params",
    "args",
    "kwargs",
    "str",
    "url",
    "uri",
    "uuid",
];

fn is_keyword(word: &str) -> bool {
    KEYWORDS.iter().any(|keyword| word.eq_ignore_ascii_case(keyword))
}

/// True if code syntax touches a word: a call, a member, a path, a key, a comparison.
fn beside_code(text: &str, span: &Range<usize>) -> bool {
    let before = text.get(..span.start).unwrap_or_default().as_bytes();
    let after = text.get(span.end..).unwrap_or_default().as_bytes();
    let word = |b: Option<&u8>| b.is_some_and(|b| b.is_ascii_alphanumeric() || *b == b'_');
    let joined = match before {
        // A path, a pointer, a variable; `=item` at the start of a line.
        [.., b':', b':']
        | [.., b'-', b'>']
        | [.., b'$' | b'&' | b'*' | b'\\' | b'%' | b'_' | b'#']
        | [b'=']
        | [.., b'\n', b'='] => true,
        // A member, but not the dot of an abbreviation: `self.Name`, `St.Mary`.
        [.., letter, b'.'] => letter.is_ascii_lowercase() || matches!(letter, b')' | b']'),
        [.., letter, b'<'] => letter.is_ascii_alphanumeric(),
        _ => false,
    };
    let goes_on = match after {
        [b'(' | b'{' | b'[' | b'_' | b'=' | b'$' | b'*', ..]
        | [b':', b':', ..]
        | [b'-', b'>', ..]
        | [b' ', b'=' | b'{', ..]
        | [b'!' | b'?', b'(' | b'[', ..]
        | [b' ', b'!', b'=', ..] => true,
        [b'.' | b'<', next, ..] => word(Some(next)),
        _ => false,
    };
    joined || goes_on
}

/// A lower-case key: `cookie: …`, `mail:*:8:`.
fn is_key(text: &str, span: &Range<usize>) -> bool {
    text.get(span.end..).is_some_and(|after| after.starts_with(':'))
        && text
            .get(..span.start)
            .is_some_and(|before| before.is_empty() || before.ends_with(['\n', ' ', '-', '"']))
}

/// True if a word known from elsewhere is in code, or code syntax touches it.
pub(crate) fn is_in_code(text: &str, span: &Range<usize>) -> bool {
    // Most lines are prose, and examining their surroundings is expensive.
    beside_code(text, span)
        || !is_talk(text, span) && matches!(Place::of(text, span), Place::Code | Place::Near)
}

/// Where a name occurs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// A line that names an author or maintainer.
    Credit,
    Prose,
    /// A comment or string in code, or a line among lines of code.
    Near,
    /// Code itself.
    Code,
}

impl Place {
    fn of(text: &str, span: &Range<usize>) -> Self {
        let near = || among_code(text, &line_around(text, span));
        Self::of_line(text, span).unwrap_or_else(|| if near() { Self::Near } else { Self::Prose })
    }

    /// What the line shows on its own.
    fn of_line(text: &str, span: &Range<usize>) -> Option<Self> {
        let line = line_around(text, span);
        let own = text.get(line.clone()).unwrap_or_default();
        if is_credit(own) {
            return Some(Self::Credit);
        }
        if !is_code(own) {
            return None;
        }
        let at = span.start.saturating_sub(line.start);
        Some(if in_literal(own, at) || is_comment(own) { Self::Near } else { Self::Code })
    }
}

/// The line of a span, as far as it is examined.
fn line_around(text: &str, span: &Range<usize>) -> Range<usize> {
    let from = text.floor_char_boundary(span.start.saturating_sub(LINE));
    let to = text.ceil_char_boundary((span.end + LINE).min(text.len()));
    let start = text.get(from..span.start).and_then(|t| t.rfind('\n')).map_or(from, |at| from + at + 1);
    let end = text.get(span.end..to).and_then(|t| t.find('\n')).map_or(to, |at| span.end + at);
    start..end
}

fn is_credit(line: &str) -> bool {
    const CREDITS: &[&str] = &[
        "author",
        "copyright",
        "maintain",
        "signed-off",
        "reviewed-by",
        "reported",
        "thanks",
        "written by",
        "todo(",
        "contributed",
        "contributor",
        "contributions",
        "credit",
        "contact",
        "(c)",
        "作者",
        "负责人",
    ];
    let line = line.to_ascii_lowercase();
    CREDITS.iter().any(|word| line.contains(word))
}

/// A line that starts like a comment, or like a line inside one.
fn is_comment(line: &str) -> bool {
    let line = line.trim_start();
    ["//", "/*", "* ", "# ", "-- ", ";; ", "<!--", "\"\"\""].iter().any(|mark| line.starts_with(mark))
}

/// True if a position is in quotation marks or after the start of a comment on its line.
fn in_literal(line: &str, at: usize) -> bool {
    let before = line.get(..at).unwrap_or_default();
    let odd = |mark: char| before.matches(mark).count() % 2 == 1;
    // Rust lifetimes are not quotation marks.
    let single = !["<'", "&'", " '_"].iter().any(|mark| line.contains(mark));
    odd('"')
        || single && odd('\'')
        || odd('`')
        || before.contains("# ")
        || before.contains("//")
        || before.contains("/*")
}

/// True if most of the surrounding lines are code.
fn among_code(text: &str, line: &Range<usize>) -> bool {
    let from = text.ceil_char_boundary(line.start.saturating_sub(WINDOW));
    let to = text.floor_char_boundary((line.end + WINDOW).min(text.len()));
    let before = text.get(from..line.start).unwrap_or_default();
    let after = text.get(line.end..to).unwrap_or_default();
    let (mut code, mut all) = (0, 0);
    let lines = before.lines().rev().take(8).chain(after.lines().take(8)).map(str::trim);
    for other in lines.filter(|other| !other.is_empty()) {
        all += 1;
        code += usize::from(is_code(other));
    }
    code >= 2 && code * 2 >= all
}

/// Line starts that occur only in code.
const TELLING: &[&str] = &[
    "def ",
    "fn ",
    "pub ",
    "elif ",
    "elsif ",
    "impl",
    "struct ",
    "enum ",
    "typedef ",
    "#include",
    "#define",
    "#if",
    "#endif",
    "#pragma",
    "#[",
    "#!",
    "const ",
    "var ",
    "func ",
    "async ",
    "await ",
    "void ",
    "unsigned ",
    "namespace ",
    "template<",
    "template <",
    "extern ",
    "static ",
    "my $",
    "my (",
    "sub ",
    "=head",
    "=item",
    "=over",
    "=back",
    "=cut",
    "use ",
    "int ",
    "char ",
    "return ",
    "import ",
    "@",
    "mod ",
    "select ",
    "insert into",
    "fi",
    "esac",
    "done",
    "end",
    "else:",
    "} else",
    "try:",
    "raise ",
    "assert",
    "let ",
    "echo ",
    "if [",
    "export ",
    "set ",
    "__",
    "function ",
    "$",
    "local ",
    ">>> ",
];
/// Line starts that are code if the line ends in a colon.
const FLOW: &[&str] =
    &["if ", "for ", "while ", "with ", "class ", "except", "def ", "case ", "else", "finally", "try"];
/// Symbols in lines of code.
const SIGNS: &[&str] = &[
    "0x", "::", "->", "=>", "==", "!=", "&&", "||", "+=", "()", "[]", "{}", "self.", "this.", "${", "$(",
    "/*", "*/", " = ", "=\"", "='", "<<", ">>", "\\n", "[0]", "%s", "$_", "--", "={", "/>", ".h>", "!(",
    "[$", "&mut ", "; }", "( ",
];

/// Number of different code symbols in a line, in one pass.
fn signs(line: &str) -> usize {
    static FINDER: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| AhoCorasick::new(SIGNS).ok());
    let Some(finder) = FINDER.as_ref() else { return 0 };
    let seen = finder.find_overlapping_iter(line).fold(0_u64, |seen, hit| seen | 1 << hit.pattern().as_u32());
    seen.count_ones() as usize
}

/// True if a line is code: it starts with, ends with or contains what only code does.
fn is_code(line: &str) -> bool {
    let line = line.trim();
    // Members of a JSON document, and Chinese prose, are data.
    if line.contains("\":") || line.contains("\": ") {
        return false;
    }
    let bytes = line.as_bytes();
    let begins = TELLING
        .iter()
        .any(|word| bytes.get(..word.len()).is_some_and(|head| head.eq_ignore_ascii_case(word.as_bytes())));
    let ends = matches!(bytes, [.., b'{' | b'}' | b'\\' | b'(' | b'[']);
    // A list may also separate its items like this.
    let statement = bytes.ends_with(b";");
    let short = line.split_whitespace().count() <= 5;
    let marks_only = bytes.iter().all(|b| b.is_ascii_punctuation() || *b == b' ');
    let signs = signs(line);
    let flows = matches!(bytes, [.., b':']) && FLOW.iter().any(|word| line.starts_with(word));
    let points = 2 * usize::from(ends || flows || statement && short)
        + usize::from(statement)
        + usize::from(begins)
        + signs.min(3)
        + identifiers(bytes);
    // Brackets touch words in Chinese prose too.
    let least = if line.chars().any(super::cut::is_han) { 4 } else { 2 };
    marks_only || points >= least
}

/// Number of calls, and of names with underscores or humps, up to three.
fn identifiers(line: &[u8]) -> usize {
    let mail = memchr::memchr(b'@', line).is_some();
    let found = line.windows(3).filter(|three| match three {
        [a, b'_', c] => a.is_ascii_alphanumeric() && c.is_ascii_alphanumeric(),
        [a, b, b'('] => {
            (a.is_ascii_alphanumeric() || *a == b'_') && (b.is_ascii_alphanumeric() || *b == b'_')
        }
        // `self.rows`, but not an e-mail address.
        [a, b'.', c] => a.is_ascii_lowercase() && c.is_ascii_lowercase() && !mail,
        [a, b, c] => a.is_ascii_lowercase() && b.is_ascii_uppercase() && c.is_ascii_lowercase(),
        _ => false,
    });
    found.take(3).count()
}

#[cfg(test)]
mod tests {
    use ombud_core::DataType;

    use crate::{Detector, memory};

    fn people(text: &str) -> Vec<String> {
        static DETECTOR: std::sync::LazyLock<Detector> = std::sync::LazyLock::new(Detector::default);
        let found = memory::detect_whole(&DETECTOR, text);
        found.into_iter().filter(|d| d.kind == DataType::Person).map(|d| text[d.span].to_owned()).collect()
    }

    #[test]
    fn each_sign_has_a_bit() {
        assert!(super::SIGNS.len() <= 64, "{}", super::SIGNS.len());
    }

    #[test]
    fn code_holds_nobody() {
        for text in [
            "def total(rows):\n    if not rows:\n        return True\n    elif len(rows) > 3:\n        return False\n",
            "use std::sync::Arc;\n\n#[derive(Debug, Clone)]\npub struct Pool {\n    slots: Vec<Arc<Slot>>,\n}\n",
            "typedef struct _Node {\n    struct _Node *next;\n    Atom kind;\n} Node;\n#endif\n",
            "use strict;\nuse Carp;\nsub new {\n    my ($class, %args) = @_;\n    croak \"no name\" unless $args{name};\n}\n",
            "const Jordan = require('./jordan');\nclass Hugo extends Jordan {\n  render() { return null; }\n}\n",
            "if [ \"$1\" = start ]; then\n    echo Starting\nelif [ -z \"$1\" ]; then\n    exit 1\nfi\ncase \"$x\" in\nesac\n",
            "package main\n\nimport \"fmt\"\n\nfunc main() {\n    var wg sync.WaitGroup\n    fmt.Println(len(os.Args))\n}\n",
            "public class Victor implements Runnable {\n    private final Boolean done = false;\n}\n",
            "cookie: connect.sid=abc",
            "What does elif do in Python?",
            "mail:*:8:\nuucp:*::\n",
        ] {
            assert_eq!(people(text), [""; 0], "{text}");
        }
    }

    #[test]
    fn people_in_code_are_found() {
        for (text, name) in [
            (
                "# Author: Margaret Whitfield <mw@site.example>\nimport os\n\ndef run():\n    return os.name\n",
                "Margaret Whitfield",
            ),
            (
                "/* Copyright (c) 2019 Margaret Whitfield. All rights reserved. */\n#include <stdio.h>\n",
                "Margaret Whitfield",
            ),
            (
                "int main(void) {\n    puts(\"Dear Margaret Whitfield\");\n    return 0;\n}\n",
                "Margaret Whitfield",
            ),
            (
                "let row = insert(\"Margaret Whitfield\", 34);\nlet other = insert(\"\", 1);\n",
                "Margaret Whitfield",
            ),
            ("{\"owner\":{\"name\":\"Margaret Whitfield\"}}", "Margaret Whitfield"),
            ("name: Margaret Whitfield\nrole: admin\n", "Margaret Whitfield"),
            ("[10:02] margaret: did you push the fix?\n[10:03] tom: yes", "margaret"),
            ("面试官：Margaret Wu（吴敏）", "Margaret Wu"),
        ] {
            assert!(people(text).iter().any(|found| found == name), "{text} {:?}", people(text));
        }
    }
}
