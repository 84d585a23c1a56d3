//! The file of known findings.

use std::path::Path;

use anyhow::{Context, Result, anyhow};
use ombud_check::{Baseline, Report, Unusable};
use ombud_core::{Lang, say};

use super::Check;
use crate::fault::Advised;

/// Compares with the baseline given on the command line.
pub(super) fn known(args: &Check, report: &mut Report, lang: Lang) -> Result<()> {
    if let Some(path) = args.baseline.as_deref() {
        report.compare(&read(path, lang)?);
    }
    Ok(())
}

/// Compares with the baseline given on the command line, and writes the one it asks for. What was just written counts as
/// known.
pub(super) fn compare(args: &Check, report: &mut Report, lang: Lang) -> Result<()> {
    let before = args.baseline.as_deref().map(|path| read(path, lang)).transpose()?;
    let written = args.write_baseline.as_deref().map(|path| write(path, report, lang)).transpose()?;
    if let Some(baseline) = written.or(before) {
        report.compare(&baseline);
    }
    Ok(())
}

fn write(path: &Path, report: &Report, lang: Lang) -> Result<Baseline> {
    let baseline = Baseline::of(&report.findings);
    crate::files::replace(path, &baseline.text()).with_context(|| crate::fault::unwritable(path, lang))?;
    Ok(baseline)
}

pub(crate) fn read(path: &Path, lang: Lang) -> Result<Baseline> {
    let text = std::fs::read_to_string(path).with_context(|| absent(path, lang))?;
    Baseline::parse(&text).map_err(|why| anyhow!(unusable(path, &reason(&why, lang), lang)))
}

fn absent(path: &Path, lang: Lang) -> Advised {
    let path = path.display();
    Advised {
        what: say!(lang, en: "the baseline {path} cannot be read, so nothing was compared", zh: "无法读取基线 {path}，因此没有比较"),
        advice: say!(lang, en: "Write one first: ombud check --write-baseline {path}", zh: "请先生成：ombud check --write-baseline {path}"),
    }
}

fn reason(why: &Unusable, lang: Lang) -> String {
    match (why, lang) {
        (Unusable::Form(line), Lang::Zh) => format!("第 {line} 行不是 `--write-baseline` 写出的内容"),
        (Unusable::Schema, Lang::Zh) => "其中的 schema 不是 ombud.baseline/1".to_owned(),
        (why, _) => why.to_string(),
    }
}

fn unusable(path: &Path, why: &str, lang: Lang) -> String {
    let path = path.display();
    say!(lang,
        en: "{path} is not a baseline ({why}), so nothing was compared. Write a new one: ombud check --write-baseline {path}",
        zh: "{path} 不是基线文件（{why}），因此没有比较。请重新生成：ombud check --write-baseline {path}")
}
