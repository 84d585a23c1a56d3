//! The report of `ombud check`, in each format.

pub(crate) mod bom;
pub(crate) mod diff;
pub(crate) mod excerpt;
pub(crate) mod github;
pub(crate) mod html;
pub(crate) mod json;
pub(crate) mod map;
pub(crate) mod sarif;
pub(crate) mod text;

use ombud_check::Report;
use ombud_check::facts::{Gap, GapKind};
use ombud_core::finding::{Finding, Severity, Step};
use ombud_core::{Lang, Say, say};
use ombud_detect::Detector;

use crate::document::one_line;

/// What a report is rendered from.
pub(crate) struct View<'a> {
    /// What was found.
    pub report: &'a Report,
    /// The output language.
    pub lang: Lang,
    /// Hides secrets in excerpts.
    pub detector: &'a Detector,
}

impl View<'_> {
    /// The text of a file.
    pub(crate) fn source(&self, path: &str) -> Option<&str> {
        self.report.files.iter().find(|file| file.path == path).map(|file| file.text.as_str())
    }

    /// Findings of one severity.
    pub(crate) fn count(&self, severity: Severity) -> usize {
        self.report.findings.iter().filter(|finding| finding.severity == severity).count()
    }
}

/// The name of a severity.
pub(crate) fn severity(severity: Severity, lang: Lang) -> String {
    match severity {
        Severity::Error => say!(lang, en: "error", zh: "错误"),
        Severity::Warning => say!(lang, en: "warning", zh: "警告"),
        Severity::Info => say!(lang, en: "note", zh: "提示"),
    }
}

/// What is wrong, in one sentence.
pub(crate) fn message(finding: &Finding, lang: Lang) -> String {
    let own = finding.message.say(lang);
    if own.is_empty() {
        ombud_check::rule(finding.rule.0).map(|rule| rule.title.say(lang)).unwrap_or_default()
    } else {
        own
    }
}

/// A finding that was accepted in the source.
pub(crate) fn waived(waived: &ombud_check::Waived, lang: Lang) -> String {
    let (rule, path, line) = (waived.finding.rule.0, &waived.finding.place.path, waived.finding.place.line);
    let reason = &waived.reason;
    let text =
        say!(lang, en: "{rule} at {path}:{line}: {reason}", zh: "{rule}，{path}:{line}，理由：{reason}");
    match &waived.until {
        Some(until) => say!(lang, en: "{text} (until {until})", zh: "{text}（至 {until}）"),
        None => text,
    }
}

/// The verdict where nothing could be analysed: nobody may take that for clean.
pub(crate) fn unknown(report: &Report, lang: Lang) -> String {
    if report.gaps.is_empty() {
        return say!(lang,
            en: "There is no source and no export here that could be analysed, so nothing is known (exit code 2). Give the folder of the agent: ombud check PATH",
            zh: "这里没有能够分析的源码或导出文件，因此无法得出结论（退出码 2）。请指定智能体所在的目录：ombud check 路径");
    }
    say!(lang,
        en: "Nothing could be analysed, so nothing is known (exit code 2). First fix what is listed above as not checked",
        zh: "没有能够分析的内容，因此无法得出结论（退出码 2）。请先处理上面列出的“没有检查的部分”")
}

/// Why something was not checked.
pub(crate) fn gap(gap: &Gap, lang: Lang) -> String {
    let why = match gap.why {
        GapKind::Syntax => {
            say!(lang, en: "its syntax is broken; fix it, or export it again", zh: "语法有误，请改正或重新导出")
        }
        GapKind::TooLarge => {
            say!(lang, en: "larger than 1 MiB; split it if it is source", zh: "超过 1 MiB；如为源码请拆分")
        }
        GapKind::NotText => {
            say!(lang, en: "not UTF-8 text; save it as UTF-8", zh: "不是 UTF-8 文本，请另存为 UTF-8")
        }
        GapKind::Encoding => {
            say!(lang, en: "not UTF-8: its code was analysed, its Chinese texts were not read; save it as UTF-8 (iconv -f GB18030 -t UTF-8)", zh: "不是 UTF-8：已分析代码，但未读取其中的中文文本；请另存为 UTF-8（iconv -f GB18030 -t UTF-8）")
        }
        GapKind::Unreadable => {
            say!(lang, en: "cannot be opened; check its permissions, and rename it if its name is not UTF-8", zh: "无法打开：请检查权限，文件名不是 UTF-8 的请改名")
        }
        GapKind::TooComplex => {
            say!(lang, en: "nested too deeply or too large to analyse", zh: "嵌套过深或过大，无法分析")
        }
        GapKind::Language => {
            say!(lang, en: "only searched for keys and addresses: this language is not analysed yet", zh: "只查找了密钥和地址：尚不支持分析这种语言")
        }
        GapKind::Format => {
            say!(lang, en: "looks like a platform's export in a format that cannot be read: export it again in full (Dify, Coze, n8n, Flowise and Langflow can be read)", zh: "看起来是平台的导出文件，但格式无法读取：请重新完整导出（可读取 Dify、Coze、n8n、Flowise 和 Langflow）")
        }
        GapKind::Foreign => say!(lang, en: "another project's code", zh: "第三方项目的代码"),
        GapKind::Test => say!(lang, en: "a test", zh: "测试代码"),
        GapKind::Dynamic => say!(lang, en: "known only at run time", zh: "运行时才能确定"),
        GapKind::Inside => {
            say!(lang, en: "the code inside this node could not be analysed; the nodes around it were", zh: "无法分析此节点中的代码；前后的节点已分析")
        }
        GapKind::NoEntry => {
            say!(lang, en: "where the program starts: no entry point was found, so every public function was treated as one", zh: "程序从哪里开始运行：没有找到入口，因此把所有公开函数都当作入口")
        }
    };
    match (gap.path.as_str(), gap.line) {
        ("", _) => why,
        (path, 0) => say!(lang, en: "{path}: {why}", zh: "{path}：{why}"),
        (path, line) => say!(lang, en: "{path}:{line}: {why}", zh: "{path}:{line}：{why}"),
    }
}

/// The path to a finding for people, where it has more than one step. A graph node is its own call site and is named once.
pub(crate) fn way(finding: &Finding, lang: Lang) -> Option<String> {
    let step = |step: &Step| {
        let (name, path, line) = (one_line(&step.function), one_line(&step.place.path), step.place.line);
        say!(lang, en: "{name} ({path}:{line})", zh: "{name}（{path}:{line}）")
    };
    let mut steps: Vec<String> = finding.path.iter().map(step).collect();
    steps.dedup();
    (steps.len() > 1).then(|| steps.join(" → "))
}
