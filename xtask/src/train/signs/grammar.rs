//! A grammar of sentences: rules with alternatives, and placeholders that other rules fill.
//!
//! `@name.lang` begins a rule; each line below it is one alternative, in which `\n` is a line break. `{place}` is filled by
//! the rule of that name in the same language, or without a language; `{n}` and `{d2}` to `{d6}` by digits. `{{` and `}}`
//! are braces; a placeholder that no rule fills stays as it is.

use std::collections::BTreeMap;

use crate::train::random::Random;

/// Maximum nesting of placeholders.
const DEEPEST: usize = 8;

/// A grammar.
#[derive(Debug)]
pub(crate) struct Grammar {
    rules: BTreeMap<String, Vec<String>>,
}

impl Grammar {
    /// Reads a grammar.
    pub(crate) fn read(text: &str) -> Self {
        let mut rules: BTreeMap<String, Vec<String>> = BTreeMap::new();
        let mut name = "";
        for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with("# ")) {
            match line.strip_prefix('@') {
                Some(rule) => name = rule,
                None => rules.entry(name.to_owned()).or_default().push(line.to_owned()),
            }
        }
        Self { rules }
    }

    /// Names of the rules that begin with `start`, without their language.
    pub(crate) fn names(&self, start: &str, lang: &str) -> Vec<String> {
        let ending = |name: &String| Some(name.strip_suffix(lang)?.strip_suffix('.')?.to_owned());
        self.rules.keys().filter(|name| name.starts_with(start)).filter_map(ending).collect()
    }

    /// Every alternative of every rule, with the rule's name.
    #[cfg(test)]
    pub(crate) fn alternatives(&self) -> impl Iterator<Item = (&str, &str)> {
        self.rules.iter().flat_map(|(name, lines)| lines.iter().map(|line| (name.as_str(), line.as_str())))
    }

    /// Generates a text from a rule.
    pub(crate) fn make(&self, rule: &str, lang: &str, random: &mut Random) -> String {
        let mut text = String::new();
        self.write(&format!("{{{rule}}}"), lang, random, 0, &mut text);
        text
    }

    fn rule(&self, name: &str, lang: &str) -> Option<&Vec<String>> {
        self.rules.get(format!("{name}.{lang}").as_str()).or_else(|| self.rules.get(name))
    }

    fn write(&self, template: &str, lang: &str, random: &mut Random, depth: usize, out: &mut String) {
        let mut rest = template;
        while let Some(at) = rest.find(['{', '}', '\\']) {
            let (before, after) = rest.split_at(at);
            out.push_str(before);
            rest = self.mark(after, lang, random, depth, out);
        }
        out.push_str(rest);
    }

    /// Handles a brace or an escape; returns what follows it.
    fn mark<'r>(
        &self,
        text: &'r str,
        lang: &str,
        random: &mut Random,
        depth: usize,
        out: &mut String,
    ) -> &'r str {
        for (mark, stands_for) in [("{{", "{"), ("}}", "}"), ("\\n", "\n")] {
            if let Some(rest) = text.strip_prefix(mark) {
                out.push_str(stands_for);
                return rest;
            }
        }
        let place = text.strip_prefix('{').and_then(|rest| rest.split_once('}'));
        let Some((name, rest)) = place else {
            let mut chars = text.chars();
            out.extend(chars.next());
            return chars.as_str();
        };
        self.fill(name, lang, random, depth, out);
        rest
    }

    fn fill(&self, name: &str, lang: &str, random: &mut Random, depth: usize, out: &mut String) {
        if let Some(count) = digits(name) {
            out.extend((0..count).map(|at| {
                let digit = if at == 0 { 1 + random.below(9) } else { random.below(10) };
                char::from(b'0' + u8::try_from(digit).unwrap_or(0))
            }));
        } else if let Some(lines) = self.rule(name, lang).filter(|_| depth < DEEPEST) {
            let line = random.pick(lines);
            self.write(&line, lang, random, depth + 1, out);
        } else {
            out.push('{');
            out.push_str(name);
            out.push('}');
        }
    }
}

/// The number of digits that a placeholder stands for.
fn digits(name: &str) -> Option<usize> {
    if name == "n" { Some(1) } else { name.strip_prefix('d')?.parse().ok().filter(|count| *count < 10) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_filled() {
        let grammar = Grammar::read("# a remark\n@a.en\nx {b} {{c}} {d2}\\n{unknown}\n@b\nyes\n@a.zh\n好\n");
        let text = grammar.make("a", "en", &mut Random::new(1));
        assert!(text.starts_with("x yes {c} ") && text.ends_with("\n{unknown}"), "{text}");
        assert_eq!(grammar.make("a", "zh", &mut Random::new(1)), "好");
        assert_eq!(grammar.names("a", "en"), ["a"]);
    }
}
