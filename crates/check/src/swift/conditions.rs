//! Conditional compilation: keeps what a release build contains.
//!
//! Code that only a debug build or the simulator contains is blanked, and so are the directives themselves, which may appear
//! anywhere and break the grammar. Every byte keeps its offset.

/// Whether the branches of an enclosing `#if` are in a release.
struct Part {
    /// Whether the current branch is.
    on: bool,
    /// Whether an earlier branch certainly was.
    taken: bool,
}

/// Returns the text as a release contains it, with the rest blanked.
pub(super) fn released(text: &str) -> String {
    let mut made = String::with_capacity(text.len());
    let mut around: Vec<Part> = Vec::new();
    for line in text.split_inclusive('\n') {
        let directive = directive(line.trim_start(), &mut around);
        if directive || around.iter().any(|part| !part.on) {
            blank(line, &mut made);
        } else {
            made.push_str(line);
        }
    }
    made
}

/// Processes a line. True if it was a directive.
fn directive(line: &str, around: &mut Vec<Part>) -> bool {
    if let Some(test) = line.strip_prefix("#if ") {
        let holds = holds(test);
        around.push(Part { on: holds != Some(false), taken: holds == Some(true) });
    } else if let Some(test) = line.strip_prefix("#elseif ") {
        if let Some(part) = around.last_mut() {
            let holds = holds(test);
            part.on = !part.taken && holds != Some(false);
            part.taken |= holds == Some(true);
        }
    } else if line.starts_with("#else") {
        if let Some(part) = around.last_mut() {
            part.on = !part.taken;
        }
    } else if line.starts_with("#endif") {
        around.pop();
    } else {
        return false;
    }
    true
}

/// Whether a condition holds in a release on a phone; `None` if that depends.
fn holds(test: &str) -> Option<bool> {
    let test = test.split("//").next().unwrap_or_default().trim();
    if test.contains("||") {
        return None;
    }
    let parts: Vec<Option<bool>> = test.split("&&").map(|part| one(part.trim())).collect();
    if parts.contains(&Some(false)) {
        return Some(false);
    }
    parts.iter().all(|part| *part == Some(true)).then_some(true)
}

fn one(test: &str) -> Option<bool> {
    match test {
        "DEBUG" | "false" | "targetEnvironment(simulator)" | "PREVIEW" | "TESTING" => Some(false),
        "true" => Some(true),
        _ => one(test.strip_prefix('!')?.trim()).map(|holds| !holds),
    }
}

fn blank(line: &str, made: &mut String) {
    made.extend(line.bytes().map(|byte| if matches!(byte, b'\n' | b'\r') { char::from(byte) } else { ' ' }));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_only_a_debug_build_has_is_blanked_and_everything_keeps_its_place() {
        let text = "a\n#if DEBUG\nb é\n#else\nc\n#endif\n#if os(iOS)\nd\n#else\ne\n#endif\n#if !DEBUG && os(iOS)\nf\n#endif\ng\n";
        let made = released(text);
        assert_eq!(made.len(), text.len());
        let kept: Vec<&str> = made.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        assert_eq!(kept, ["a", "c", "d", "e", "f", "g"]);
        assert_eq!(made.find('c'), text.find("c\n"));
        assert_eq!(released("#endif\n#else\n#elseif X\nx"), "      \n     \n         \nx");
    }
}
