//! Single-file pages and components (HTML, Vue, Svelte): their scripts, and what the page does with them.
//!
//! Everything else is replaced by spaces, so that every byte of code keeps its offset. Three things in the page count as code:
//! text inserted as markup, event handlers, and input fields.

/// Whether a file is a page or a single-file component.
pub(super) fn is_component(path: &str) -> bool {
    matches!(path.rsplit_once('.'), Some((_, "vue" | "svelte"))) || is_page(path)
}

/// Whether a file is an HTML page.
pub(crate) fn is_page(path: &str) -> bool {
    matches!(path.rsplit_once('.'), Some((_, "html" | "htm")))
}

/// Whether the scripts of a page call a model themselves, or insert a server's response to their request into the page. Most
/// pages do neither, and are templates of something else.
pub(crate) fn acts(text: &str) -> bool {
    const ASKS: &[&str] =
        &["chat/completions", "/v1/messages", "/v1/responses", "enerateContent", "dangerouslyAllowBrowser"];
    let asks = |(start, end): (usize, usize)| {
        let code = text.get(start..end).unwrap_or_default();
        let sends = || ["POST", "EventSource(", "WebSocket("].iter().any(|sign| code.contains(sign));
        ASKS.iter().any(|sign| code.contains(sign)) || puts_into_page(code) && sends()
    };
    scripts(text).into_iter().any(asks)
}

/// Whether a code file contains, in a string, a page that inserts content into itself.
pub(crate) fn holds_page(text: &str) -> bool {
    text.contains("<script") && puts_into_page(text)
}

fn puts_into_page(text: &str) -> bool {
    ["innerHTML", "insertAdjacentHTML"].iter().any(|sign| text.contains(sign))
}

/// Returns the code of the pages in a code file's strings, with all offsets kept. The host language's escapes are undone: `{{`
/// of a format string, and escaped characters.
pub(super) fn within(text: &str) -> String {
    let mut made = code(text).into_bytes();
    for (start, end) in scripts(text) {
        let script = text.get(start..end).unwrap_or_default();
        let doubled = script.matches("{{").count();
        let filled = doubled > 0 && doubled * 4 > script.matches('{').count();
        let mut change = |from: &str, to: &str| {
            script.match_indices(from).for_each(|(at, _)| copy(&mut made, start + at, to));
        };
        change("\\`", " `");
        change("\\$", " $");
        if filled {
            change("{{", "{ ");
            change("}}", " }");
        }
    }
    String::from_utf8(made).unwrap_or_default()
}

/// Returns the code of a component, with all offsets kept.
pub(super) fn code(text: &str) -> String {
    let mut made: Vec<u8> = text.bytes().map(|byte| if byte == b'\n' { byte } else { b' ' }).collect();
    let mut page = 0;
    // The page's template comes after the script it uses.
    for (start, end) in scripts(text) {
        copy(&mut made, start, text.get(start..end).unwrap_or_default());
        of_page(text, page..start, &mut made);
        page = end;
    }
    of_page(text, page..text.len(), &mut made);
    enclose(text, &mut made);
    String::from_utf8(made).unwrap_or_default()
}

/// Wraps the template in a function, since it is rendered again on every change.
fn enclose(text: &str, made: &mut [u8]) {
    const OPENS: &str = ";on(_=>{";
    const CLOSES: &str = "})";
    let whole = text.find("<template").zip(text.rfind("</template"));
    // Svelte does not delimit its template, which follows the script.
    let rest = || text.rfind("</script").zip(text.trim_end().len().checked_sub(CLOSES.len()));
    let Some((start, end)) = whole.or_else(rest) else { return };
    let free = |at: usize, length: usize, made: &[u8]| {
        made.get(at..at + length).is_some_and(|place| place.iter().all(|byte| *byte == b' '))
    };
    if start + OPENS.len() <= end && free(start, OPENS.len(), made) && free(end, CLOSES.len(), made) {
        copy(made, start, OPENS);
        copy(made, end, CLOSES);
    }
}

/// Returns the start and end of each script's code.
fn scripts(text: &str) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(start) = text.get(at..).and_then(|rest| rest.find("<script")).map(|start| at + start) {
        let open = text.get(start..).and_then(|rest| rest.find('>')).map(|end| start + end + 1);
        let Some(open) = open else { break };
        let tag = text.get(start..open).unwrap_or_default();
        let data = ["json", "template", "text/x", "importmap"].iter().any(|kind| tag.contains(kind));
        let close = text.get(open..).and_then(|rest| rest.find("</script")).map(|end| open + end);
        let Some(close) = close else { break };
        if !data {
            found.push((open, close));
        }
        at = close;
    }
    found
}

/// A part of the template that is code: its delimiters, and what replaces them. The replacement is never longer.
struct Part {
    begins: &'static str,
    ends: char,
    before: &'static str,
    after: &'static str,
}

const PARTS: &[Part] = &[
    // `v-html="answer"`: the value becomes markup.
    Part { begins: "v-html=\"", ends: '"', before: ";markup(", after: ")" },
    Part { begins: "{@html ", ends: '}', before: ";html_(", after: ")" },
    // `v-model="input"`: the user writes to it.
    Part { begins: "v-model=\"", ends: '"', before: ";", after: "=prompt()" },
    Part { begins: "bind:value={", ends: '}', before: ";", after: "=prompt()" },
];

fn of_page(text: &str, within: std::ops::Range<usize>, made: &mut [u8]) {
    let Some(page) = text.get(within.clone()) else { return };
    for part in PARTS {
        for (at, _) in page.match_indices(part.begins) {
            let Some(expression) = until(page, at + part.begins.len(), part.ends) else { continue };
            let whole = format!("{}{expression}{}", part.before, part.after);
            let room = part.begins.len() + expression.len() + part.ends.len_utf8();
            let assigns = part.before == ";";
            if whole.len() <= room && (!assigns || is_path(expression)) {
                copy(made, within.start + at, &whole);
            }
        }
    }
    for (at, _) in page.match_indices(LOOP) {
        let looped = until(page, at + LOOP.len(), '"').and_then(|text| text.split_once(" in "));
        let Some((each, all)) = looped else { continue };
        let each =
            each.trim_matches(|ch: char| matches!(ch, '(' | ')' | ' ')).split(',').next().unwrap_or_default();
        if is_path(each) {
            copy(made, within.start + at, &format!(";var {each}=({all})[0]"));
        }
    }
    handlers(page, within.start, made);
}

/// `v-for="(message, index) in messages"`: each item is an element of the list.
const LOOP: &str = "v-for=\"";

fn until(page: &str, from: usize, end: char) -> Option<&str> {
    let rest = page.get(from..)?;
    rest.get(..rest.find(end)?)
}

/// Reads `@submit.prevent="send"` and `on:click={send}`: functions of the script that the page calls.
fn handlers(page: &str, from: usize, made: &mut [u8]) {
    for (sign, quote, close) in
        [("@", "=\"", '"'), ("on:", "={", '}'), ("v-on:", "=\"", '"'), ("on", "={", '}'), ("on", "=\"", '"')]
    {
        for (at, _) in page.match_indices(sign) {
            let before = page.get(..at).and_then(|text| text.chars().next_back());
            let rest = page.get(at + sign.len()..).unwrap_or_default();
            let event =
                rest.find(|ch: char| !ch.is_ascii_alphanumeric() && !matches!(ch, '.' | '-' | ':' | '|'));
            let (Some(event), Some(true)) = (event, before.map(char::is_whitespace)) else { continue };
            let Some(called) = rest.get(event..).and_then(|rest| rest.strip_prefix(quote)) else { continue };
            let Some(called) = called.find(close).and_then(|end| called.get(..end)) else { continue };
            let name = called.split('(').next().unwrap_or_default().trim();
            let whole = format!(";on({name})");
            let room = sign.len() + event + quote.len() + called.len() + 1;
            if event > 0 && is_path(name) && whole.len() <= room {
                copy(made, from + at, &whole);
            }
        }
    }
}

fn is_path(expression: &str) -> bool {
    let part = |part: &str| {
        part.starts_with(|ch: char| ch.is_ascii_alphabetic() || matches!(ch, '_' | '$'))
            && part.chars().all(|ch| ch.is_ascii_alphanumeric() || matches!(ch, '_' | '$'))
    };
    !expression.is_empty() && expression.split('.').all(part)
}

fn copy(made: &mut [u8], at: usize, text: &str) {
    if let Some(place) = made.get_mut(at..at + text.len()) {
        place.copy_from_slice(text.as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_code_stays_where_it_is() {
        let text = "<template>\n <p v-for=\"(m, i) in all\" v-html=\"html(m)\" />\n <form @submit.prevent=\"send\">é<input v-model=\"input\" /></form>\n</template>\n<script setup lang=\"ts\">\nconst all = [];\n</script>\n<style>a{}</style>\n";
        let made = code(text);
        assert_eq!(made.len(), text.len());
        let written: Vec<&str> = made.split_whitespace().collect();
        assert_eq!(
            written,
            [
                ";on(_=>{",
                ";var",
                "m=(all)[0]",
                ";markup(html(m))",
                ";on(send)",
                ";input=prompt()",
                "})",
                "const",
                "all",
                "=",
                "[];"
            ]
        );
        assert_eq!(made.find("const all"), text.find("const all"));
        assert!(crate::script::reads("a.ts", &made));
    }

    #[test]
    fn svelte_has_signs_of_its_own() {
        let made = code(
            "<script>let a = ''</script>\n{@html a}<input bind:value={a}><button on:click={go}>x</button>",
        );
        let written: Vec<&str> = made.split_whitespace().collect();
        assert_eq!(written, ["let", "a", "=", "'';on(_=>{", ";html_(a)", ";a=prompt()", ";on(go)", "})"]);
    }

    #[test]
    fn what_is_no_code_is_left_out() {
        let made =
            code("<template><a href=\"mailto:x@y.z\" @click=\"n++\" v-model=\"a[0]\">go</a></template>");
        assert_eq!(made.split_whitespace().collect::<Vec<_>>(), [";on(_=>{", "})"]);
    }
}
