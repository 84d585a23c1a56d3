//! What fails a build: baselines, waivers with an end date, profiles.

use ombud_check::{Baseline, Day, Options, Profile, Report};
use ombud_core::finding::Severity;

use crate::project::{checked, checked_with, lines};

const RUNS: &str = "import os\nimport discord\nbot = discord.Bot()\n@bot.event\ndef one(message):\n    os.system(message.content)\n@bot.event\ndef two(message):\n    os.system(message.content)\n    os.system(message.content)\n";

fn of(text: &str) -> Report {
    checked(&[("agent.py", text)])
}

/// How many findings are new against a baseline of [`RUNS`].
fn new(text: &str) -> usize {
    let mut report = of(text);
    report.compare(&Baseline::of(&of(RUNS).findings));
    assert_eq!(
        report.breaches(Severity::Error),
        report.findings.iter().any(|finding| report.is_new(finding))
    );
    report.new_only();
    report.findings.len()
}

#[test]
fn what_is_known_stays_known_when_lines_move() {
    assert_eq!(of(RUNS).findings.len(), 3);
    assert_eq!(new(RUNS), 0);
    assert_eq!(new(&format!("# a line\n\n{RUNS}")), 0);
    assert_eq!(
        new(&RUNS.replace("    os.system(message.content)", "    print(1)\n    os.system( message.content )")),
        0
    );
    assert_eq!(
        new(&RUNS.replace("def one(message):\n    os.system(message.content)", "def one(message):\n    pass")),
        0
    );
    // The same code in another function, a second occurrence, and changed code are new.
    assert_eq!(new(&RUNS.replace("def one", "def three")), 1);
    assert_eq!(new(&format!("{RUNS}    os.system(message.content)\n")), 1);
    assert_eq!(new(&RUNS.replace("message.content)\n@", "message.clean_content)\n@")), 1);
}

#[test]
fn a_baseline_is_read_as_it_is_written_and_tells_no_secret() {
    let text = "URL = 'postgres://app:hunter2Xq@db.prod.internal:5432/users'\n";
    let report = of(text);
    assert_eq!(report.findings.len(), 1);
    let written = Baseline::of(&report.findings).text();
    assert!(!written.contains("hunter2Xq") && Baseline::parse(&written).unwrap().holds(&report.findings[0]));
    // Another password has the same fingerprint: it is not part of it.
    let other = of(&text.replace("hunter2Xq", "Correct9Horse"));
    assert_eq!(report.findings[0].fingerprint, other.findings[0].fingerprint);
}

fn waived(comment: &str, today: &str) -> Vec<String> {
    let text = format!(
        "import discord\nimport os\nbot = discord.Bot()\n@bot.event\ndef one(message):\n    os.system(message.content)  # ombud: allow untrusted-to-exec {comment}\n"
    );
    let options = Options { today: Day::parse(today), ..Options::default() };
    let report = checked_with(&[("agent.py", &text)], &options);
    let mut all = lines(&report);
    all.extend(
        report
            .waived
            .iter()
            .map(|one| format!("waived:{}:{}", one.reason, one.until.clone().unwrap_or_default())),
    );
    all
}

#[test]
fn a_waiver_ends_on_its_day() {
    let both = ["untrusted-to-exec@6", "waiver-without-reason@6"];
    assert_eq!(waived("in a sandbox until 2027-01-31", "2027-01-31"), ["waived:in a sandbox:2027-01-31"]);
    assert_eq!(waived("in a sandbox until 2027-01-31", "2027-02-01"), both);
    assert_eq!(waived("in a sandbox until 2027-02-30", "2026-01-01"), both);
    assert_eq!(waived("until 2027-01-31", "2026-01-01"), both);
    assert_eq!(waived("in a sandbox until we move", "2027-02-01"), ["waived:in a sandbox until we move:"]);
    assert_eq!(waived("in a sandbox", "2027-02-01"), ["waived:in a sandbox:"]);
    // Without a date, no waiver has expired.
    assert_eq!(waived("in a sandbox until 2020-01-31", ""), ["waived:in a sandbox:2020-01-31"]);
}

#[test]
fn a_profile_raises_and_adds() {
    let agent = "import sqlite3\nfrom openai import OpenAI\nq = input()\na = OpenAI().chat.completions.create(messages=[q]).choices[0].message.content\nsqlite3.connect('x').execute('INSERT INTO chats VALUES (?, ?)', (q, a))\n";
    let severity = |rule: &str, profile: Option<Profile>, text: &str| {
        let report = checked_with(&[("agent.py", text)], &Options { profile, ..Options::default() });
        report.findings.iter().find(|finding| finding.rule.0 == rule).map(|finding| finding.severity)
    };
    assert_eq!(severity("no-retention", None, agent), Some(Severity::Info));
    assert_eq!(severity("no-retention", Some(Profile::Companion), agent), Some(Severity::Warning));
    assert_eq!(severity("no-erase-path", Some(Profile::Kids), agent), Some(Severity::Error));
    assert_eq!(severity("no-erase-path", Some(Profile::Automation), agent), Some(Severity::Warning));
    let rule = "separate-consent-missing";
    for profile in [Profile::Kids, Profile::Health, Profile::Companion] {
        assert_eq!(severity(rule, Some(profile), agent), Some(Severity::Error));
    }
    assert_eq!(severity(rule, None, agent), None);
    assert_eq!(severity(rule, Some(Profile::Chat), agent), None);
    let asked = agent.replace(
        "a = OpenAI",
        "from law import guardian_consent\nif not guardian_consent(1):\n    raise SystemExit\na = OpenAI",
    );
    assert_eq!(severity(rule, Some(Profile::Kids), &asked), None);
    assert_eq!(severity(rule, Some(Profile::Kids), &agent.replace("input()", "'hello'")), None);
}
