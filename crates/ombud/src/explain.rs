//! `ombud explain`: what a rule is about.

use anyhow::{Result, bail};
use clap::Args;
use ombud_check::Rule;
use ombud_core::{Lang, Say, say};

use crate::cli::Chinese;
use crate::output::Terminal;
use crate::report::severity;

/// `ombud explain`
#[derive(Debug, Args)]
pub(crate) struct Explain {
    /// The rule's id; without it, the list of rules
    #[arg(value_name = "RULE")]
    pub rule: Option<String>,
}

/// Chinese help.
pub(crate) const CHINESE: Chinese =
    &[("explain", "说明一条检查规则"), ("explain rule", "规则名；不写则列出全部规则")];

/// Explains a rule, or lists them.
pub(crate) fn explain(args: &Explain, terminal: Terminal) -> Result<u8> {
    let lang = terminal.lang;
    let Some(id) = args.rule.as_deref() else {
        let widest = ombud_check::rules().iter().map(|rule| rule.id.0.len()).max().unwrap_or(0);
        for rule in ombud_check::rules() {
            let (id, title) = (rule.id.0, rule.title.say(lang));
            terminal.out(&format!("{id:<widest$} {title}"))?;
        }
        return Ok(0);
    };
    let Some(rule) = ombud_check::rule(id) else {
        bail!(say!(lang,
            en: "there is no rule `{id}`. `ombud explain` lists them",
            zh: "没有名为 `{id}` 的规则。输入 `ombud explain` 可列出全部规则"));
    };
    terminal.out(&text(rule, lang))?;
    Ok(0)
}

fn text(rule: &Rule, lang: Lang) -> String {
    let (id, title, level) = (rule.id.0, rule.title.say(lang), severity(rule.severity, lang));
    let (harm, fix, risks) = (
        rule.harm.say(lang),
        rule.fix.say(lang),
        if rule.risks.is_empty() { "–".to_owned() } else { rule.risks.join(", ") },
    );
    let example: String = rule.example.lines().flat_map(|line| ["    ", line, "\n"]).collect();
    say!(lang,
        en: "{id} ({level}): {title}\n\nHarm: {harm}\n\nFix: {fix}\n\n{example}\nRisks: {risks}\nTo accept a finding: `# ombud: allow {id} REASON` (`//` in TypeScript, JavaScript and Swift) on its line or the one above; `… REASON until 2027-01-31` expires by itself.",
        zh: "{id}（{level}）：{title}\n\n危害：{harm}\n\n修复：{fix}\n\n{example}\n风险编号：{risks}\n如需豁免某处：在该行或上一行写 `# ombud: allow {id} 理由`（TypeScript、JavaScript 和 Swift 用 `//`）；写成 `… 理由 until 2027-01-31` 则到期自动失效。")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_is_explained_in_both_languages() {
        for rule in ombud_check::rules() {
            assert!(text(rule, Lang::En).contains("Harm: "));
            assert!(text(rule, Lang::Zh).contains("危害："));
            // `#` is a syntax error there.
            let way = text(rule, Lang::En);
            assert!(way.contains("(`//` in TypeScript, JavaScript and Swift)"), "{way}");
        }
    }
}
