//! The HTML output: one file without scripts or external resources, readable by a screen reader, in light and dark.

use ombud_core::Lang;

use super::{Part, each};

const STYLE: &str = include_str!("style.css");

/// The document as a page.
pub(crate) fn html(title: &str, parts: &[Part], lang: Lang) -> String {
    let tag = match lang {
        Lang::En => "en",
        Lang::Zh => "zh-CN",
    };
    let (title, body) = (escaped(title), parts.iter().map(part).collect::<String>());
    format!(
        "<!DOCTYPE html>\n<html lang=\"{tag}\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; \
         base-uri 'none'; form-action 'none'\">\n\
         <title>{title}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<main>\n{body}</main>\n</body>\n</html>\n"
    )
}

fn part(part: &Part) -> String {
    match part {
        Part::Heading(level, text) => format!("<h{level}>{}</h{level}>\n", inline(text)),
        Part::Text(text) => format!("<p>{}</p>\n", inline(text)),
        Part::List(items) => format!("<ul>\n{}</ul>\n", each(items, |item| li(item))),
        Part::Steps(steps) => format!("<ol>\n{}</ol>\n", each(steps, step)),
        Part::Table(head, rows) => table(head, rows),
        Part::Buttons(buttons) => {
            let all = each(buttons, |text| format!("<span class=\"button\">{}</span>\n", inline(text)));
            format!("<p class=\"buttons\">\n{all}</p>\n")
        }
        Part::Diagram(_) => String::new(),
        Part::Source(text) => format!("<pre tabindex=\"0\"><code>{}</code></pre>\n", escaped(text)),
    }
}

fn li(item: &str) -> String {
    format!("<li>{}</li>\n", inline(item))
}

fn step((head, below): &(String, Vec<String>)) -> String {
    format!("<li>{}<ul>\n{}</ul></li>\n", inline(head), each(below, |line| li(line)))
}

fn table(head: &[String], rows: &[Vec<String>]) -> String {
    let head = each(head, |cell| format!("<th scope=\"col\">{}</th>", inline(cell)));
    let cells = |row: &Vec<String>| each(row, |cell| format!("<td>{}</td>", inline(cell)));
    let rows = each(rows, |row| format!("<tr>{}</tr>\n", cells(row)));
    format!(
        "<div class=\"table\" tabindex=\"0\"><table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{rows}</tbody>\n</table></div>\n"
    )
}

/// Renders plain text in which pairs of backticks enclose what is to be typed.
fn inline(text: &str) -> String {
    if text.matches('`').count() % 2 == 1 {
        return escaped(text);
    }
    let pieces = text.split('`').enumerate();
    pieces
        .map(
            |(i, piece)| if i % 2 == 1 { format!("<code>{}</code>", escaped(piece)) } else { escaped(piece) },
        )
        .collect()
}

/// Text in which nothing is markup, in an element or an attribute.
pub(crate) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            _ => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_runs_and_nothing_is_fetched() {
        let hostile = "</title><script>alert(1)</script><img src=//example.com/x onerror='y'>";
        let parts = [
            Part::Heading(1, hostile.into()),
            Part::Table(vec![hostile.into()], vec![vec![hostile.into()]]),
            Part::Buttons(vec![hostile.into()]),
            Part::Text(format!("`{hostile}`")),
            Part::Source(format!("</code></pre>{hostile}")),
        ];
        let page = html(hostile, &parts, Lang::Zh);
        assert!(!page.contains("<script") && !page.contains("<img"), "{page}");
        assert!(page.contains("<html lang=\"zh-CN\">"));
        assert!(!STYLE.contains("url(") && !STYLE.contains("@import"));
    }
}
