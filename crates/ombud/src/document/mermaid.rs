//! Text for Mermaid diagrams.

/// A quoted label in which nothing is syntax.
pub(crate) fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("#quot;"),
            '#' => out.push_str("#35;"),
            '<' => out.push_str("#lt;"),
            '>' => out.push_str("#gt;"),
            '&' => out.push_str("#amp;"),
            '`' => out.push('\''),
            _ => out.push(c),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_ends_only_at_its_end() {
        assert_eq!(quoted("a\"] --> b<script>#"), "\"a#quot;] --#gt; b#lt;script#gt;#35;\"");
    }
}
