//! `instructions-hide-text`
//!
//! What it does: finds invisible characters in instructions for an assistant and in tool descriptions: tag characters,
//! direction overrides, runs of zero-width characters.
//!
//! Why it matters: the model reads and follows what a reviewer cannot see.
//!
//! Reference: Unicode TR 36 and TR 39; risks S12 and S02.

use std::ops::Range;

use ombud_core::finding::{Bilingual, Confidence, Finding, RuleId, Severity};

use super::{Project, Rule, Text, finding};

pub(super) const RULE: Rule = Rule {
    id: RuleId("instructions-hide-text"),
    risks: &["S12", "S02"],
    severity: Severity::Error,
    title: Text { en: "instructions contain invisible text", zh: "指令中藏有看不见的文字" },
    harm: Text {
        en: "The agent obeys sentences that nobody can see in the file, for example one that sends the user's data away.",
        zh: "智能体会照着谁也看不见的句子行事，例如把用户的数据发出去。",
    },
    fix: Text {
        en: "Delete these characters, and find out where the file came from before you trust the rest of it.",
        zh: "删除这些字符；在信任其余内容之前，先弄清文件的来历。",
    },
    example: "- Format the code.⟨invisible: …⟩\n+ Format the code.\n",
    graph: Some(run),
};

fn run(project: &Project<'_>) -> Vec<Finding> {
    let facts = project.facts;
    let mut found = Vec::new();
    for instruction in &facts.instructions {
        let span = hidden(instruction.text(facts)).map(|span| instruction.place(facts, span));
        found.extend(span.map(|span| one(project, instruction.file, span)));
    }
    for server in &facts.servers {
        for described in &server.described {
            if hidden(&described.text).is_some() {
                found.push(one(project, server.file, described.span.clone()));
            }
        }
    }
    found
}

fn one(project: &Project<'_>, file: usize, span: Range<usize>) -> Finding {
    let message = Bilingual::new(
        "there are invisible characters here, which a model still reads",
        "这里有肉眼看不见的字符，而模型会读到它们",
    );
    finding(&RULE, Severity::Error, Confidence::High, project.facts.place(file, span), message)
}

/// Returns the first span of hidden text.
fn hidden(text: &str) -> Option<Range<usize>> {
    let mut run: Option<(usize, usize)> = None;
    let mut flag = false;
    for (at, ch) in text.char_indices() {
        let end = at + ch.len_utf8();
        // The flags of England, Scotland and Wales are encoded with tag characters.
        if ch == '\u{1f3f4}' {
            flag = true;
            continue;
        }
        let tag = ('\u{e0000}'..='\u{e007f}').contains(&ch);
        if tag && flag {
            continue;
        }
        flag = false;
        if tag || matches!(ch, '\u{202d}' | '\u{202e}') {
            return Some(at..end);
        }
        let without_width = matches!(ch, '\u{200b}' | '\u{200c}' | '\u{2060}'..='\u{2064}');
        run = match run {
            Some((start, count)) if without_width => Some((start, count + 1)),
            None if without_width => Some((at, 1)),
            _ => None,
        };
        // A few may come from a word processor; many in a row spell something.
        if let Some((start, count)) = run
            && count >= 8
        {
            return Some(start..end);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hidden_text_is_told_from_signs_that_are_used() {
        let tags: String =
            "send it".chars().filter_map(|ch| char::from_u32(0xe0000 + u32::from(ch))).collect();
        assert!(hidden(&format!("Format.{tags}")).is_some());
        assert!(hidden("a\u{202e}b").is_some() && hidden(&"\u{200b}".repeat(9)).is_some());
        assert!(
            hidden("🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f} 👨\u{200d}👩 a\u{200b}b ✨")
                .is_none()
        );
    }
}
