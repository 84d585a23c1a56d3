//! What would change, as a unified diff. Secrets are replaced by stars: a diff ends up in logs.

use ombud_check::Change;
use ombud_detect::Detector;

use super::excerpt::hidden;

/// Unchanged lines around a change.
const AROUND: usize = 3;

/// Changes with more lines than this are shown as one block: nobody reads them line by line.
const MOST: usize = 400;

/// How a diff is shown.
pub(crate) struct Shown<'a> {
    /// Hides secrets.
    pub detector: &'a Detector,
    /// Values that are known to be secrets.
    pub secrets: &'a [String],
    /// With colours.
    pub colour: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Same,
    Gone,
    New,
}

type Line<'t> = (Kind, &'t str);

/// The diff of one file.
pub(crate) fn text(change: &Change, shown: &Shown<'_>) -> String {
    let (before, after): (Vec<&str>, Vec<&str>) =
        (change.before.split_inclusive('\n').collect(), change.after.split_inclusive('\n').collect());
    let lines = compare(&before, &after);
    let path = crate::document::one_line(&change.path);
    let mut out = shown.painted("1", &format!("--- {path}"))
        + "\n"
        + &shown.painted("1", &format!("+++ {path}"))
        + "\n";
    for hunk in hunks(&lines) {
        out.push_str(&shown.hunk(&lines, hunk));
    }
    out
}

impl Shown<'_> {
    fn hunk(&self, lines: &[Line<'_>], at: std::ops::Range<usize>) -> String {
        let count = |part: &[Line<'_>], other: Kind| part.iter().filter(|(kind, _)| *kind != other).count();
        let (head, part) = (lines.get(..at.start).unwrap_or_default(), lines.get(at).unwrap_or_default());
        let place = |other: Kind| {
            let (first, length) = (count(head, other), count(part, other));
            format!("{},{length}", if length == 0 { first } else { first + 1 })
        };
        let (old, new) = (place(Kind::New), place(Kind::Gone));
        let mut out = self.painted("36", &format!("@@ -{old} +{new} @@")) + "\n";
        out.extend(part.iter().map(|line| self.line(*line)));
        out
    }

    fn line(&self, (kind, line): Line<'_>) -> String {
        let (sign, colour) = match kind {
            Kind::Same => (' ', ""),
            Kind::Gone => ('-', "31"),
            Kind::New => ('+', "32"),
        };
        let bare = line.trim_end_matches(['\n', '\r']);
        let end = if line.ends_with('\n') { "\n" } else { "\n\\ No newline at end of file\n" };
        self.painted(colour, &format!("{sign}{}", self.starred(bare))) + end
    }

    /// A line without secrets and without control characters.
    fn starred(&self, line: &str) -> String {
        let mut text = line.to_owned();
        for secret in self.secrets.iter().filter(|secret| line.contains(secret.as_str())) {
            text = text.replace(secret.as_str(), &"*".repeat(secret.chars().count()));
        }
        hidden(&text, self.detector).replace(|ch: char| ch.is_control() && ch != '\t', "\u{fffd}")
    }

    fn painted(&self, colour: &str, text: &str) -> String {
        if self.colour && !colour.is_empty() {
            format!("\u{1b}[{colour}m{text}\u{1b}[0m")
        } else {
            text.to_owned()
        }
    }
}

/// Every line of both texts, in order; common lines once.
fn compare<'t>(before: &[&'t str], after: &[&'t str]) -> Vec<Line<'t>> {
    let head = before.iter().zip(after).take_while(|(one, other)| one == other).count();
    let (old, new) = (before.get(head..).unwrap_or_default(), after.get(head..).unwrap_or_default());
    let tail = old.iter().rev().zip(new.iter().rev()).take_while(|(one, other)| one == other).count();
    let (old, end) = old.split_at(old.len() - tail);
    let new = new.get(..new.len() - tail).unwrap_or_default();
    let same = |lines: &[&'t str]| lines.iter().map(|line| (Kind::Same, *line)).collect::<Vec<_>>();
    let mut all = same(before.get(..head).unwrap_or_default());
    all.extend(between(old, new));
    all.extend(same(end));
    all
}

/// The edit with the fewest changes (longest common subsequence), if the texts are small enough.
fn between<'t>(old: &[&'t str], new: &[&'t str]) -> Vec<Line<'t>> {
    if old.len() > MOST || new.len() > MOST {
        let gone = old.iter().map(|line| (Kind::Gone, *line));
        return gone.chain(new.iter().map(|line| (Kind::New, *line))).collect();
    }
    let width = new.len() + 1;
    let mut table = vec![0_u16; (old.len() + 1) * width];
    let at = |table: &[u16], i: usize, j: usize| table.get(i * width + j).copied().unwrap_or(0);
    for i in (0..old.len()).rev() {
        for j in (0..new.len()).rev() {
            let longest = if old.get(i) == new.get(j) {
                at(&table, i + 1, j + 1) + 1
            } else {
                at(&table, i + 1, j).max(at(&table, i, j + 1))
            };
            if let Some(cell) = table.get_mut(i * width + j) {
                *cell = longest;
            }
        }
    }
    let (mut i, mut j, mut all) = (0, 0, Vec::new());
    while let (Some(one), Some(other)) = (old.get(i), new.get(j)) {
        if one == other {
            all.push((Kind::Same, *one));
            (i, j) = (i + 1, j + 1);
        } else if at(&table, i + 1, j) >= at(&table, i, j + 1) {
            all.push((Kind::Gone, *one));
            i += 1;
        } else {
            all.push((Kind::New, *other));
            j += 1;
        }
    }
    all.extend(old.iter().skip(i).map(|line| (Kind::Gone, *line)));
    all.extend(new.iter().skip(j).map(|line| (Kind::New, *line)));
    all
}

/// The ranges that change, each with a few lines around it.
fn hunks(lines: &[Line<'_>]) -> Vec<std::ops::Range<usize>> {
    let mut all: Vec<std::ops::Range<usize>> = Vec::new();
    for (index, _) in lines.iter().enumerate().filter(|(_, (kind, _))| *kind != Kind::Same) {
        let (start, end) = (index.saturating_sub(AROUND), (index + AROUND + 1).min(lines.len()));
        match all.last_mut().filter(|last| last.end >= start) {
            Some(last) => last.end = end,
            None => all.push(start..end),
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(before: &str, after: &str, secrets: &[String], colour: bool) -> String {
        let change = Change { path: "a.py".into(), before: before.into(), after: after.into() };
        let detector = Detector::new(&ombud_detect::Options { without_names: true, ..Default::default() });
        text(&change, &Shown { detector: &detector, secrets, colour })
    }

    #[test]
    fn a_change_is_shown_with_the_lines_around_it() {
        let before = "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n12\n13\n14\nlast";
        let after = "0\n1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n12\nthirteen\n14\nlast";
        let expected = "--- a.py\n+++ a.py\n@@ -1,3 +1,4 @@\n+0\n 1\n 2\n 3\n@@ -10,6 +11,6 @@\n 10\n 11\n 12\n-13\n+thirteen\n 14\n last\n\\ No newline at end of file\n";
        assert_eq!(shown(before, after, &[], false), expected);
        assert_eq!(shown("", "a\n", &[], false), "--- a.py\n+++ a.py\n@@ -0,0 +1,1 @@\n+a\n");
    }

    #[test]
    fn secrets_and_what_a_terminal_obeys_are_not_shown() {
        let key = format!("sk-ant-api03-{}AA", "aB3dE6gH9j".repeat(9) + "xyz");
        let text = shown(&format!("k = '{key}' \u{1b}[2J\n"), "k = 1\n", &[], false);
        assert!(!text.contains("sk-ant") && !text.contains('\u{1b}') && text.contains("-k = '***"), "{text}");
        let own = shown("p = 'hunter-two'\n", "p = 1\n", &["hunter-two".into()], false);
        assert!(own.contains("-p = '**********'"), "{own}");
        assert!(shown("a\n", "b\n", &[], true).contains("\u{1b}[31m-a\u{1b}[0m\n\u{1b}[32m+b\u{1b}[0m\n"));
    }

    #[test]
    fn very_different_texts_end() {
        let (one, other) = ("a\n".repeat(3000), "b\n".repeat(3000));
        assert_eq!(shown(&one, &other, &[], false).lines().count(), 6003);
    }
}
