//! GitHub Actions annotations: one line for each finding that is not in the baseline.

use ombud_core::finding::Severity;

use super::{View, message};

/// The annotations.
pub(crate) fn text(view: &View<'_>) -> String {
    let line = |finding: &ombud_core::finding::Finding| {
        let level = match finding.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Info => "notice",
        };
        let (path, line) = (property(&finding.place.path), finding.place.line);
        let (title, text) = (property(finding.rule.0), data(&message(finding, view.lang)));
        format!("::{level} file={path},line={line},title=ombud {title}::{text}")
    };
    view.report
        .findings
        .iter()
        .filter(|finding| view.report.is_new(finding))
        .map(line)
        .collect::<Vec<_>>()
        .join("\n")
}

/// Escapes line breaks and percent signs, which would otherwise start a workflow command.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_name_starts_no_command() {
        assert_eq!(property("a\n::error::x,b%"), "a%0A%3A%3Aerror%3A%3Ax%2Cb%25");
    }
}
