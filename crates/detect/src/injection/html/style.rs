//! Styles that hide content.

use std::collections::BTreeSet;

/// Declarations, without spaces, that hide the elements they apply to.
const HIDING: &[&str] = &[
    "display:none",
    "visibility:hidden",
    "visibility:collapse",
    "mso-hide:all",
    "color:transparent",
    "clip:rect(0",
    "clip:rect(1px",
    "clip-path:inset(100%",
    "clip-path:inset(50%",
    "transform:scale(0)",
    "text-indent:-",
    "left:-9",
    "top:-9",
    "right:-9",
    "left:-5000",
    "content-visibility:hidden",
];
/// Properties that hide if their value is zero.
const NOUGHT: &[&str] =
    &["font-size:", "opacity:", "max-height:", "max-width:", "line-height:", "height:", "width:"];
/// Spellings of white.
const WHITE: &[&str] =
    &["white", "#fff", "#ffffff", "#fefefe", "#fdfdfd", "rgb(255,255,255)", "rgba(255,255,255", "snow"];

/// Maximum number of class names and ids kept per page.
const MOST: usize = 64;

/// Whether a style hides the elements it applies to.
pub(super) fn hides(style: &str) -> bool {
    let style: String =
        style.chars().filter(|ch| !ch.is_whitespace()).collect::<String>().to_ascii_lowercase();
    HIDING.iter().any(|declaration| style.contains(declaration))
        || NOUGHT.iter().any(|property| is_nought(&style, property))
        || is_white_on_white(&style)
}

/// Values of a property, whose name must not be the end of another name.
fn values<'s>(style: &'s str, property: &'s str) -> impl Iterator<Item = &'s str> {
    style.split([';', '"', '\'']).filter_map(move |declaration| declaration.strip_prefix(property))
}

fn is_nought(style: &str, property: &str) -> bool {
    values(style, property).any(|value| {
        let number = value.trim_end_matches(|ch: char| ch.is_ascii_alphabetic() || matches!(ch, '%' | '!'));
        let tiny = property == "font-size:" && number == "1" && !value.ends_with("em");
        let nought = !number.is_empty() && number.chars().all(|ch| matches!(ch, '0' | '.'));
        // A line or a box without height still shows its text, unless overflow is cut off.
        let cut =
            !matches!(property, "height:" | "width:" | "line-height:") || style.contains("overflow:hidden");
        (nought && cut) || tiny
    })
}

fn is_white_on_white(style: &str) -> bool {
    let white = |value: &str| {
        WHITE.iter().any(|name| {
            value.strip_prefix(name).is_some_and(|rest| !rest.starts_with(|ch: char| ch.is_ascii_hexdigit()))
        })
    };
    let mut behind = values(style, "background:").chain(values(style, "background-color:")).peekable();
    let bare = behind.peek().is_none();
    values(style, "color:").any(white) && (bare || behind.any(white))
}

/// Classes and ids hidden by the style sheets in a page.
pub(super) fn hiding_names(text: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let mut rest = text;
    while let Some(sheet) = next_sheet(&mut rest) {
        for rule in sheet.split('}') {
            let Some((selectors, body)) = rule.rsplit_once('{') else { continue };
            if names.len() < MOST && hides(body) {
                names.extend(selectors.split(',').filter_map(name));
            }
        }
    }
    names
}

/// The content of the next `<style>`.
fn next_sheet<'t>(rest: &mut &'t str) -> Option<&'t str> {
    let open = memchr::memmem::find(rest.as_bytes(), b"<style")?;
    let body = rest.get(open + 6..)?.split_once('>')?.1;
    let end = memchr::memmem::find(body.as_bytes(), b"</").unwrap_or(body.len());
    let (sheet, after) = body.split_at_checked(end)?;
    *rest = after;
    Some(sheet)
}

/// The class or id at the end of a selector.
fn name(selector: &str) -> Option<String> {
    let last = selector.trim().rsplit([' ', '>', '+', '~']).next()?;
    let name = last.rsplit(['.', '#']).next()?;
    (name.len() < last.len() && !name.is_empty()).then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_shows_nothing_hides() {
        for style in [
            "display: none",
            "color:#fff; background-color: #FFFFFF",
            "font-size:0",
            "FONT-SIZE: 0.0px !important",
            "position:absolute; left:-9999px",
            "opacity:0;",
            "font-size:1px",
            "height:0;overflow:hidden",
            "color: white",
        ] {
            assert!(hides(style), "{style}");
        }
        for style in [
            "display:block",
            "font-size:0.9em",
            "opacity:0.8",
            "color:#fff;background:#004488",
            "font-size:1em",
            "margin:0",
            "color:#ffff00",
            "line-height:0",
            "min-width:0",
        ] {
            assert!(!hides(style), "{style}");
        }
    }
}
