//! Puts a function that reads or keeps what users said behind the consent decorator of `sdk/python`.
//!
//! Unsafe: until the user has been asked, nothing is read.

use ombud_core::finding::Bilingual;
use ruff_text_size::Ranged;

use super::code::{Code, span};
use super::{Case, Fix, Fixer, Safety};

pub(super) const FIXER: Fixer =
    Fixer { rules: &["retrieval-without-consent", "memory-write-without-consent"], offer };

/// The purpose that the SDK, the gateway and the texts of the rules use: whoever reads what users said asks for the same
/// consent as whoever writes it.
const PURPOSE: &str = "memory.personalise";

const IMPORT: &str = "from ombud import user_consent_required";

fn offer(case: &Case<'_>) -> Option<Fix> {
    let code = case.code.filter(|code| !code.script)?;
    let function = code.function(case.at()).filter(|function| !is_main(function.name.as_str()))?;
    let name = span(function.name.range());
    // Innermost decorator: the framework must register the function that includes the consent check.
    let (line, indent) = (code.line_start(name.start), code.indent(name.start));
    is_own_line(code, line, name.start).then_some(())?;
    let decorator = format!("{indent}@user_consent_required(\"{PURPOSE}\"){}", code.newline());
    let mut edits = vec![case.edit(line..line, decorator)];
    edits.extend(code.import(IMPORT).map(|(span, text)| case.edit(span, text)));
    let name = function.name.as_str();
    let title = Bilingual::new(
        format!("run `{name}` only with the user's consent (`{PURPOSE}`)"),
        format!("仅在用户同意后（`{PURPOSE}`）才执行 `{name}`"),
    );
    Some(Fix::new(title, Safety::Unsafe, edits).leaving(left()))
}

fn left() -> Bilingual {
    Bilingual::new(
        "install Ombud's SDK from its repository (it is not on PyPI: `pip install PATH/TO/ombud/sdk/python`), identify the user (`with ombud.subject(USER):`) and ask with `@ombud.consent_prompt`; until then nothing is read",
        "请从 Ombud 的代码库安装 SDK（不在 PyPI 上：`pip install 路径/ombud/sdk/python`），用 `with ombud.subject(用户):` 指明用户，并用 `@ombud.consent_prompt` 询问；在此之前不会读取任何内容",
    )
}

/// True for a program's entry point, where there is no user yet.
fn is_main(name: &str) -> bool {
    name == "main" || name == "_main"
}

/// True if `def` is the first word on its line.
fn is_own_line(code: &Code<'_>, line: usize, name: usize) -> bool {
    let head = code.text.get(line..name).unwrap_or_default().trim();
    matches!(head, "def" | "async def")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_to_do_names_no_package_that_anybody_could_publish() {
        let left = left();
        for text in [left.en.as_str(), left.zh.as_str()] {
            assert!(text.contains("sdk/python") && !text.contains("`ombud`"), "{text}");
        }
        for id in FIXER.rules {
            let fix = &crate::rules::rule(id).unwrap().fix;
            for text in [fix.en, fix.zh] {
                assert!(text.contains("`sdk/`") && text.contains("(\"memory.personalise\")"), "{text}");
            }
        }
    }
}
