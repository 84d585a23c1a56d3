//! Secrets: examples of vendors' keys, and texts that are not keys.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};
use serde::Deserialize;
use serde_json::json;

/// A text from one of the two files.
#[derive(Debug, Deserialize)]
struct Record {
    id: String,
    text: String,
}

/// Rules whose examples hold names, addresses or public identifiers but no secret: buckets, resource names, user names, client
/// ids, shop domains, public keys.
const IDENTIFIERS: &[&str] = &[
    "np.s3.",
    "np.gcs.",
    "np.arn.",
    "np.aws.3:",
    "np.google.1:",
    "np.reactapp.1:",
    "np.shopify.1:",
    "np.twitter.1:",
    "kingfisher.adobe.2:",
    "kingfisher.age.1:",
    "kingfisher.algolia.2:",
    "kingfisher.artifactory.2:",
    "kingfisher.auth0.1:",
    "kingfisher.auth0.3:",
    "kingfisher.azureopenai.host.",
    "kingfisher.azurestorage.name.",
    "kingfisher.bitbucket.1:",
    "kingfisher.confluent.1:",
    "kingfisher.databricks.3:",
    "kingfisher.discord.3:",
    "kingfisher.eagleeyenetworks.2:",
    "kingfisher.facebook.1:",
    "kingfisher.gcp.1:",
    "kingfisher.google.1:",
    "kingfisher.jira.1:",
    "kingfisher.paypal.1:",
    "kingfisher.planetscale.2:",
    "kingfisher.reactapp.1:",
    "kingfisher.shopify.2:",
    "kingfisher.snowflake.2:",
];

/// Texts that are not an example of *their* rule but nevertheless hold a secret in the clear, read one by one: the key of
/// another rule's example, or a labelled password or key.
const SECRET_ALL_THE_SAME: &[&str] = &[
    "n8", "n22", "n28", "n32", "n68", "n78", "n80", "n94", "n96", "n98", "n102", "n106", "n110", "n112",
    "n122", "n126", "n128", "n130", "n134", "n142", "n148", "n150", "n152", "n154", "n156",
];

/// The counts.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct Counts {
    /// Examples of keys, and how many of them were reported.
    examples: (u32, u32),
    /// The same, without the rules in [`IDENTIFIERS`].
    secrets: (u32, u32),
    /// Texts that are not examples, and how many of them had something reported.
    others: (u32, u32),
    /// Of the latter, those that nevertheless hold a secret.
    secret_others: u32,
}

/// Scans both files of `folder`; `None` if one of them is missing.
pub(super) fn measure(ombud: &Path, folder: &Path, out: &Path) -> Result<Option<Counts>> {
    let (examples, others) =
        (folder.join("secrets_dev.json.gz"), folder.join("secrets_negatives_dev.jsonl.gz"));
    if !examples.exists() || !others.exists() {
        return Ok(None);
    }
    let examples: Vec<Record> = serde_json::from_str(&unpacked(&examples)?)?;
    let others: Vec<Record> =
        unpacked(&others)?.lines().map(serde_json::from_str).collect::<Result<_, _>>()?;
    let (found, alarms) =
        (reported(ombud, &examples, &out.join("secrets"))?, reported(ombud, &others, &out.join("others"))?);
    Ok(Some(count(&examples, &found, &others, &alarms)))
}

fn count(examples: &[Record], found: &[bool], others: &[Record], alarms: &[bool]) -> Counts {
    let tally = |records: &[Record], flags: &[bool], counts: &dyn Fn(&str) -> bool| {
        let chosen = records.iter().zip(flags).filter(|(record, _)| counts(&record.id));
        chosen.fold((0, 0), |(all, hits), (_, flag)| (all + 1, hits + u32::from(*flag)))
    };
    let identifier = |id: &str| {
        IDENTIFIERS.iter().any(|rule| id.split_once(':').is_some_and(|(_, rest)| rest.starts_with(rule)))
    };
    let secret = |id: &str| id.rsplit(':').next().is_some_and(|number| SECRET_ALL_THE_SAME.contains(&number));
    Counts {
        examples: tally(examples, found, &|_| true),
        secrets: tally(examples, found, &|id| !identifier(id)),
        others: tally(others, alarms, &|_| true),
        secret_others: tally(others, alarms, &secret).1,
    }
}

fn unpacked(file: &Path) -> Result<String> {
    let output = Command::new("gzip").arg("-dc").arg(file).output().context("could not start gzip")?;
    if !output.status.success() {
        bail!("{} is not a gzip file", file.display());
    }
    Ok(String::from_utf8(output.stdout)?)
}

/// For each text, whether the product reports a secret in it.
fn reported(ombud: &Path, records: &[Record], out: &Path) -> Result<Vec<bool>> {
    let (input, output): (PathBuf, PathBuf) =
        (out.with_extension("in.jsonl"), out.with_extension("out.jsonl"));
    let mut lines = String::new();
    for (i, record) in records.iter().enumerate() {
        let _ = writeln!(lines, "{}", json!({ "id": i.to_string(), "text": record.text }));
    }
    fs::write(&input, lines)?;
    let mut scan = Command::new(ombud);
    scan.args(["scan", "--jsonl"]).stdin(File::open(&input)?).stdout(File::create(&output)?);
    let status = scan.status()?;
    if !matches!(status.code(), Some(0 | 1)) {
        bail!("`ombud scan --jsonl` ended with {status} on {}", input.display());
    }
    flags(&fs::read_to_string(&output)?, records.len())
}

fn flags(output: &str, count: usize) -> Result<Vec<bool>> {
    #[derive(Deserialize)]
    struct Line {
        id: String,
        entities: Vec<BTreeMap<String, serde_json::Value>>,
    }
    let mut flags = vec![false; count];
    for line in output.lines() {
        let line: Line = serde_json::from_str(line)?;
        let secret = line
            .entities
            .iter()
            .filter_map(|entity| entity.get("type")?.as_str())
            .any(|kind| matches!(kind, "SECRET" | "DB_URL" | "URL"));
        let place = line
            .id
            .parse()
            .ok()
            .and_then(|i: usize| flags.get_mut(i))
            .context("a line for an unknown text")?;
        *place = secret;
    }
    Ok(flags)
}

/// The chapter of the page.
pub(super) fn chapter(counts: &Counts) -> String {
    let share = |(all, hits): (u32, u32)| if all == 0 { 0.0 } else { f64::from(hits) / f64::from(all) };
    let Counts { examples, secrets, others, secret_others } = *counts;
    let false_alarms = others.1 - secret_others;
    format!(
        "\n## Secrets · 密钥与口令

Examples of the rules of two other scanners (one text each), and texts that those rules must not match. A text counts if a
SECRET, a DB_URL or a URL with a login is reported in it. 来自另外两个扫描器规则的示例，以及这些规则不应匹配的文本；文本中报告了密钥、数据库地址或带登录的网址即计数。

| texts | all | reported | share |
|---|--:|--:|--:|
| examples · 示例 | {} | {} | {:.3} |
| … without those of rules for identifiers, buckets and user names · 去掉标识符、存储桶、用户名类规则 | {} | {} | {:.3} |
| counter-examples · 反例 | {} | {} | {:.3} |
| … of which hold no secret (false alarms) · 其中不含密钥者（误报） | {} | {} | {:.3} |

A counter-example is one only for *its* rule: {secret_others} of those reported hold a key or a labelled password, and several of
them are the very text of another rule's example. They were read one by one; the list is in `xtask/src/eval/secrets.rs`.
反例只针对它所属的规则：被报告的反例中有
{secret_others} 条确实含有密钥或带标签的口令，其中几条正是另一条规则的示例；逐条人工核对，名单见 `xtask/src/eval/secrets.rs`。
",
        examples.0, examples.1, share(examples), secrets.0, secrets.1, share(secrets), others.0, others.1, share(others), others.0,
        false_alarms, share((others.0, false_alarms)),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_and_secrets_all_the_same_are_counted_apart() {
        let records = |ids: &[&str]| {
            ids.iter().map(|id| Record { id: (*id).into(), text: String::new() }).collect::<Vec<_>>()
        };
        let examples = records(&["noseyparker:np.s3.1:1", "noseyparker:np.slack.1:2"]);
        let others = records(&["noseyparker:np.slack.2:n148", "noseyparker:np.aws.1:n26"]);
        let counts = count(&examples, &[false, true], &others, &[true, true]);
        assert_eq!(counts, Counts { examples: (2, 1), secrets: (1, 1), others: (2, 2), secret_others: 1 });
        assert!(chapter(&counts).contains("| 2 | 1 | 0.500 |"));
    }

    #[test]
    fn lines_are_read_by_their_id() {
        let output = "{\"id\":\"1\",\"entities\":[{\"type\":\"SECRET\"}]}\n{\"id\":\"0\",\"entities\":[{\"type\":\"PERSON\"}]}";
        assert_eq!(flags(output, 2).unwrap(), [false, true]);
    }
}
