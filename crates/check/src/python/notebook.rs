//! Converts the code cells of a notebook into one program.

use serde::Deserialize;
use serde_json::Value;

#[derive(Deserialize)]
struct Notebook {
    cells: Vec<Cell>,
}

#[derive(Deserialize)]
struct Cell {
    #[serde(rename = "cell_type")]
    kind: String,
    #[serde(default)]
    source: Source,
    #[serde(default)]
    outputs: Vec<Value>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Source {
    Lines(Vec<String>),
    Text(String),
}

impl Default for Source {
    fn default() -> Self {
        Self::Text(String::new())
    }
}

/// Returns the code, with notebook commands replaced by `pass`, followed as comments by the other texts in the file: markdown
/// and cell outputs. A printed key is as public as a typed one. `None` if the file is not a notebook.
pub(super) fn code(text: &str) -> Option<String> {
    let notebook: Notebook = serde_json::from_str(text).ok()?;
    let (mut code, mut shown) = (String::new(), String::new());
    for cell in notebook.cells {
        cell.outputs.iter().for_each(|output| printed(output, &mut shown));
        let source = match cell.source {
            Source::Lines(lines) => lines.concat(),
            Source::Text(text) => text,
        };
        if cell.kind != "code" {
            comment(&source, &mut shown);
            continue;
        }
        if source.trim_start().starts_with("%%") {
            continue;
        }
        for line in source.lines() {
            let command = line.trim_start().starts_with(['%', '!']);
            code.push_str(if command { "pass" } else { line });
            code.push('\n');
        }
    }
    code.push_str(&shown);
    Some(code)
}

/// Adds the texts of an output; images are skipped.
fn printed(output: &Value, shown: &mut String) {
    match output {
        Value::String(text) => comment(text, shown),
        // The lines of one text.
        Value::Array(all) if all.iter().all(Value::is_string) => {
            comment(&all.iter().filter_map(Value::as_str).collect::<String>(), shown);
        }
        Value::Array(all) => all.iter().for_each(|one| printed(one, shown)),
        Value::Object(fields) => {
            let texts = fields.iter().filter(|(name, _)| !name.starts_with("image/"));
            texts.for_each(|(_, one)| printed(one, shown));
        }
        _ => {}
    }
}

fn comment(text: &str, shown: &mut String) {
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        shown.push_str("# ");
        shown.push_str(line);
        shown.push('\n');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_become_one_program() {
        let text = r##"{"cells":[{"cell_type":"markdown","source":["# x"]},{"cell_type":"code","source":["!pip install x\n","a = 1\n"]},{"cell_type":"code","source":"print(a)"}]}"##;
        assert_eq!(code(text).as_deref(), Some("pass\na = 1\nprint(a)\n# # x\n"));
        assert_eq!(code("[]"), None);
    }
}
