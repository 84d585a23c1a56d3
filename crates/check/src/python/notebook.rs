//! Notebooks: the code of their cells, as one program.

use serde::Deserialize;

#[derive(Deserialize)]
struct Notebook {
    cells: Vec<Cell>,
}

#[derive(Deserialize)]
struct Cell {
    cell_type: String,
    #[serde(default)]
    source: Source,
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

/// The code, with the notebook's own commands left out. Nothing if it is no notebook.
pub(super) fn code(text: &str) -> Option<String> {
    let notebook: Notebook = serde_json::from_str(text).ok()?;
    let mut code = String::new();
    for cell in notebook.cells.into_iter().filter(|cell| cell.cell_type == "code") {
        let source = match cell.source {
            Source::Lines(lines) => lines.concat(),
            Source::Text(text) => text,
        };
        if source.trim_start().starts_with("%%") {
            continue;
        }
        for line in source.lines() {
            let command = line.trim_start().starts_with(['%', '!']);
            code.push_str(if command { "pass" } else { line });
            code.push('\n');
        }
    }
    Some(code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_become_one_program() {
        let text = r##"{"cells":[{"cell_type":"markdown","source":["# x"]},{"cell_type":"code","source":["!pip install x\n","a = 1\n"]},{"cell_type":"code","source":"print(a)"}]}"##;
        assert_eq!(code(text).as_deref(), Some("pass\na = 1\nprint(a)\n"));
        assert_eq!(code("[]"), None);
    }
}
