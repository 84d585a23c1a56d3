//! Instructions for coding assistants and agents: `.cursor/rules`, `AGENTS.md`, `CLAUDE.md`, `SKILL.md`, GPT instructions.

use crate::facts::{Facts, Instruction};

/// Whether a file instructs an assistant, by its name.
pub(crate) fn is_instruction(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    matches!(
        name,
        "AGENTS.md"
            | "CLAUDE.md"
            | "GEMINI.md"
            | "SKILL.md"
            | "copilot-instructions.md"
            | ".cursorrules"
            | ".windsurfrules"
            | ".clinerules"
    ) || matches!(path.rsplit_once('.'), Some((_, "mdc")))
        || [".cursor/rules/", ".claude/commands/", ".claude/agents/", ".windsurf/rules/"]
            .iter()
            .any(|folder| path.contains(folder) && matches!(name.rsplit_once('.'), Some((_, "md"))))
}

/// Records the whole file as an instruction, and whether it is a skill or a set of rules.
pub(super) fn read(facts: &mut Facts, file: usize) {
    let Some(source) = facts.files.get(file) else { return };
    let text = source.text.as_str();
    let head = front_matter(text);
    let name = source.path.rsplit('/').next().unwrap_or_default();
    let skill = name == "SKILL.md"
        || text.get(..head).is_some_and(|head| head.contains("\nname:") && head.contains("\ndescription:"));
    let kind = if skill { "skill" } else { "rules" };
    facts.instructions.push(Instruction { file, part: None });
    *facts.kinds.entry(format!("instructions:{kind}")).or_default() += 1;
}

/// Returns the end of the front matter; 0 if there is none.
fn front_matter(text: &str) -> usize {
    let Some(rest) = text.strip_prefix("---\n") else { return 0 };
    rest.find("\n---").map_or(0, |at| at + 8)
}
