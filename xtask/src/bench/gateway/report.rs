//! Turns samples into tables.

use std::fmt::Write as _;
use std::time::Duration;

use super::load::Outcome;
use super::mock::Mock;
use super::process::Usage;

/// The result of one contestant under one load.
pub(super) struct Row {
    /// The contestant.
    pub(super) name: &'static str,
    /// The figures, or why there are none.
    pub(super) figures: Result<Figures, String>,
}

/// The figures of one load. Times exclude the provider: its deliberate delay is subtracted.
pub(super) struct Figures {
    answers: usize,
    p50: Duration,
    p99: Duration,
    first: Duration,
    per_second: f64,
    /// Processor time per response, and resident memory right after the load; none for the direct connection.
    used: Option<Usage>,
    /// Shares of all requests.
    clear: f64,
    restored: f64,
}

/// What a contestant needs, regardless of the load.
pub(super) struct Needs {
    /// The contestant.
    pub(super) name: &'static str,
    /// Version and what it does.
    pub(super) about: String,
    /// Size of its program in bytes.
    pub(super) size: Option<u64>,
    /// The median of its start-up times.
    pub(super) start: Duration,
    /// Usage before the first request.
    pub(super) idle: Usage,
    /// The most memory seen after a load.
    pub(super) loaded: u64,
}

impl Figures {
    /// Evaluates an outcome; `used` is the contestant's processor time during the load and its memory afterwards.
    pub(super) fn of(outcome: &Outcome, mock: &Mock, used: Option<Usage>) -> Result<Self, String> {
        if let Some(failure) = &outcome.failure {
            return Err(failure.clone());
        }
        let Ok(answers) = u32::try_from(outcome.samples.len()) else {
            return Err("too many responses".to_owned());
        };
        if answers == 0 {
            return Err("no response".to_owned());
        }
        let mut totals = Vec::new();
        let mut firsts = Vec::new();
        for sample in &outcome.samples {
            let waited = mock.waited(sample.number);
            totals.push(sample.total.saturating_sub(waited));
            firsts.push(sample.first.saturating_sub(waited));
        }
        totals.sort_unstable();
        firsts.sort_unstable();
        let restored = outcome.samples.iter().filter(|sample| sample.restored).count();
        let (requests, clear) = mock.seen();
        Ok(Self {
            answers: outcome.samples.len(),
            p50: percentile(&totals, 50),
            p99: percentile(&totals, 99),
            first: percentile(&firsts, 50),
            per_second: f64::from(answers) / outcome.wall.as_secs_f64(),
            used: used.map(|used| Usage { cpu: used.cpu / answers, ..used }),
            clear: share(clear, requests),
            restored: share(u64::try_from(restored).unwrap_or(0), answers.into()),
        })
    }
}

/// The value that this percentage of the samples does not exceed (nearest rank).
fn percentile(sorted: &[Duration], percent: usize) -> Duration {
    let rank = (sorted.len() * percent).div_ceil(100).max(1);
    sorted.get(rank - 1).copied().unwrap_or_default()
}

fn share(part: u64, whole: u64) -> f64 {
    let small = |count: u64| f64::from(u32::try_from(count).unwrap_or(u32::MAX));
    if whole == 0 { 0.0 } else { small(part) / small(whole) }
}

/// The table of one load; the first row is the direct connection, which `added` refers to.
pub(super) fn table(title: &str, rows: &[Row]) -> String {
    let mut text = format!(
        "### {title}\n\n\
         | | answers | p50 ms | p99 ms | added p50 | added p99 | first byte p50 | answers/s | CPU µs/answer | resident MB | in the clear | restored |\n\
         |---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|\n"
    );
    let direct = rows.first().and_then(|row| row.figures.as_ref().ok());
    for (at, row) in rows.iter().enumerate() {
        let base = if at == 0 { None } else { direct };
        let cells = match &row.figures {
            Ok(figures) => cells(figures, base),
            Err(why) => format!("{} ||||||||||", why.replace(['|', '\n'], " ")),
        };
        // Writing to a String cannot fail.
        let _ = writeln!(text, "| {} | {cells} |", row.name);
    }
    text
}

fn cells(figures: &Figures, direct: Option<&Figures>) -> String {
    let Figures { answers, p50, p99, first, per_second, used, clear, restored } = figures;
    let added = |time: &Duration, base: fn(&Figures) -> Duration| {
        direct.map_or("–".to_owned(), |direct| format!("{:+.3}", signed_millis(*time, base(direct))))
    };
    let cpu = used.map_or("–".to_owned(), |used| format!("{:.0}", used.cpu.as_secs_f64() * 1e6));
    let resident = used.map_or("–".to_owned(), |used| mebibytes(used.resident));
    [
        answers.to_string(),
        millis(*p50),
        millis(*p99),
        added(p50, |direct| direct.p50),
        added(p99, |direct| direct.p99),
        millis(*first),
        format!("{per_second:.0}"),
        cpu,
        resident,
        percent(*clear),
        percent(*restored),
    ]
    .join(" | ")
}

fn millis(time: Duration) -> String {
    format!("{:.3}", time.as_secs_f64() * 1e3)
}

fn signed_millis(time: Duration, base: Duration) -> f64 {
    (time.as_secs_f64() - base.as_secs_f64()) * 1e3
}

fn percent(share: f64) -> String {
    format!("{:.0} %", share * 100.0)
}

/// The table of what each contestant needs; `absent` are those that were not requested.
pub(super) fn needs(rows: &[Needs], absent: &[&str]) -> String {
    let mut text = "### Start and memory\n\n\
         | | version | here it | start ms | resident idle MB | resident after load MB | program MB |\n\
         |---|---|---|--:|--:|--:|--:|\n"
        .to_owned();
    for Needs { name, about, size, start, idle, loaded } in rows {
        let size = size.map_or("–".to_owned(), mebibytes);
        let (start, idle, loaded) = (start.as_secs_f64() * 1e3, mebibytes(idle.resident), mebibytes(*loaded));
        let _ = writeln!(text, "| {name} | {about} | {start:.1} | {idle} | {loaded} | {size} |");
    }
    for name in absent {
        let _ = writeln!(text, "| {name} | not run; `--with {}` | | | | | |", name.to_lowercase());
    }
    text
}

/// The table of instructions, in thousands per response.
pub(super) fn instructions(counts: &[(String, u64)]) -> String {
    let mut text = "### Instructions of Ombud in user mode\n\n\
         | | thousand instructions/answer |\n|---|--:|\n"
        .to_owned();
    for (title, thousands) in counts {
        let _ = writeln!(text, "| {title} | {thousands} |");
    }
    text
}

fn mebibytes(bytes: u64) -> String {
    format!("{:.1}", f64::from(u32::try_from(bytes / 1024).unwrap_or(u32::MAX)) / 1024.0)
}

#[cfg(test)]
mod tests {
    use super::super::load::Sample;
    use super::*;

    fn outcome(totals: &[u64]) -> Outcome {
        let sample = |(at, micros): (usize, &u64)| Sample {
            // A number that the mock has not seen, so that nothing is subtracted.
            number: 40_000 + at as u64,
            first: Duration::from_micros(*micros / 2),
            total: Duration::from_micros(*micros),
            restored: at % 2 == 0,
        };
        let samples = totals.iter().enumerate().map(sample).collect();
        Outcome { samples, wall: Duration::from_secs(2), failure: None }
    }

    #[test]
    fn percentiles_are_values_that_occurred() {
        let times: Vec<Duration> = (1..=200).map(Duration::from_micros).collect();
        assert_eq!(percentile(&times, 50), Duration::from_micros(100));
        assert_eq!(percentile(&times, 99), Duration::from_micros(198));
        assert_eq!(percentile(&times[..1], 99), Duration::from_micros(1));
    }

    #[test]
    fn added_is_the_difference_to_the_direct_way() {
        let mock = Mock::start().unwrap();
        let row =
            |name, totals: &[u64], used| Row { name, figures: Figures::of(&outcome(totals), &mock, used) };
        let used = Some(Usage { cpu: Duration::from_micros(200), resident: 3 << 20 });
        let rows = [
            row("direct", &[100, 100, 200, 300], None),
            row("ombud", &[400, 400, 500, 900], used),
            Row { name: "other", figures: Err("HTTP/1.1 502 | no\nway".to_owned()) },
        ];
        let text = table("1 KB", &rows);
        let lines: Vec<&str> = text.lines().skip(4).collect();
        assert_eq!(lines[0], "| direct | 4 | 0.100 | 0.300 | – | – | 0.050 | 2 | – | – | 0 % | 50 % |");
        assert_eq!(
            lines[1],
            "| ombud | 4 | 0.400 | 0.900 | +0.300 | +0.600 | 0.200 | 2 | 50 | 3.0 | 0 % | 50 % |"
        );
        assert!(lines[2].starts_with("| other | HTTP/1.1 502   no way |"), "{}", lines[2]);
        assert_eq!(lines[0].matches('|').count(), lines[2].matches('|').count());
    }

    #[test]
    fn who_was_not_run_is_named() {
        let text = needs(&[], &["LiteLLM"]);
        assert!(text.contains("| LiteLLM | not run; `--with litellm` |"), "{text}");
    }
}
