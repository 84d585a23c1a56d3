//! Checks a project and produces a report.

use std::collections::BTreeSet;
use std::path::Path;

use ombud_core::finding::{Finding, Severity};
use ombud_core::flow::FlowMap;
use ombud_detect::Detector;

use crate::baseline::Baseline;
use crate::doors::Doors;
use crate::facts::{Facts, File, Gap, GapKind, Reach};
use crate::fix::{self, Fix, Fixes};
use crate::inventory::{self, Inventory};
use crate::memory::Memory;
use crate::profile::Profile;
use crate::providers::Providers;
use crate::session::Session;
use crate::survey::Language;
#[cfg(feature = "swift")]
use crate::swift;
use crate::waiver::{self, Day, Waived};
use crate::walk::{self, Refused};
use crate::{Error, dify, fingerprint, flowmap, low_code, notice, plist, python, rules, script};

/// Options set by the caller.
#[derive(Debug, Default)]
pub struct Options {
    /// Functions that return whether there is consent: `package.module.function`.
    pub consent_functions: Vec<String>,
    /// Whether the gateway asks before tools have effects, because the project's `ombud.toml` says so.
    pub tools_ask: bool,
    /// Whether the project is set up to run behind the gateway, which records tool calls: it has an `ombud.toml`.
    pub gateway: bool,
    /// Where the users are, as declared: ISO 3166-1 alpha-2, or `EU`. Empty if not declared.
    pub audience: Vec<String>,
    /// Recipients named in the notice: provider ids or hosts.
    pub told: Vec<String>,
    /// Whether a retention period is declared.
    pub retention: bool,
    /// What the agent is for.
    pub profile: Option<Profile>,
    /// The date for judging waivers; without one, none has expired.
    pub today: Option<Day>,
}

/// The result of a check.
#[derive(Debug, Default)]
pub struct Report {
    /// The findings, most severe first.
    pub findings: Vec<Finding>,
    /// Findings that are waived in the source, with the reason.
    pub waived: Vec<Waived>,
    /// Fingerprints of findings in the baseline.
    pub known: std::collections::BTreeSet<String>,
    /// Automatic fixes, by finding fingerprint.
    pub fixes: Fixes,
    /// What was not examined, and why.
    pub gaps: Vec<Gap>,
    /// Which data goes where.
    pub flow: FlowMap,
    /// Files that were read, with their text, for excerpts.
    pub files: Vec<File>,
    /// How many of them a front end understood.
    pub understood: usize,
    /// The components of the agent.
    pub inventory: Inventory,
    /// Number of low-code nodes, servers and instructions of each kind, as `format:kind`.
    pub kinds: std::collections::BTreeMap<String, usize>,
}

impl Report {
    /// Whether nothing could be followed, so that the absence of findings means nothing.
    pub fn saw_nothing(&self) -> bool {
        self.understood == 0 && self.known.is_empty() && self.findings.is_empty() && self.waived.is_empty()
    }

    /// Returns the automatic fix for a finding, if there is one.
    pub fn fix(&self, finding: &Finding) -> Option<&Fix> {
        self.fixes.get(&finding.fingerprint)
    }

    /// Whether any new finding is at least this severe.
    pub fn breaches(&self, gate: Severity) -> bool {
        self.findings.iter().any(|finding| finding.severity >= gate && self.is_new(finding))
    }

    /// Whether a finding is not in the baseline.
    pub fn is_new(&self, finding: &Finding) -> bool {
        !self.known.contains(&finding.fingerprint)
    }

    /// Records which findings are in a baseline.
    pub fn compare(&mut self, baseline: &Baseline) {
        let known = self.findings.iter().filter(|finding| baseline.holds(finding));
        self.known = known.map(|finding| finding.fingerprint.clone()).collect();
    }

    /// Removes findings that are in the baseline.
    pub fn new_only(&mut self) {
        let known = &self.known;
        self.findings.retain(|finding| !known.contains(&finding.fingerprint));
    }
}

/// Checks a project or a single file.
pub fn check(
    root: &Path,
    providers: &Providers,
    detector: &Detector,
    options: &Options,
) -> Result<Report, Error> {
    Session::once(root)?.check(providers, detector, options)
}

pub(crate) fn run(
    memory: &mut Memory,
    root: &Path,
    sources: &[walk::Source],
    refused: Vec<Refused>,
    providers: &Providers,
    detector: &Detector,
    options: &Options,
) -> Report {
    let mut facts = Facts::default();
    facts.gaps.extend(refused.into_iter().map(|refused| Gap {
        path: refused.path,
        line: 0,
        why: refused.why,
    }));
    let (mut in_python, mut scripts, mut in_swift) = (Vec::new(), Vec::new(), Vec::new());
    let (mut exports, mut composed) = (Vec::new(), Vec::new());
    for source in sources {
        let index = facts.files.len();
        facts.files.push(File { path: source.path.clone(), text: source.text.clone() });
        match source.language {
            Some(_) if is_foreign(&source.path) => facts.gaps.push(gap(&source.path, GapKind::Foreign)),
            Some(_) if is_test(&source.path) => facts.gaps.push(gap(&source.path, GapKind::Test)),
            Some(Language::Python) => in_python.push(index),
            Some(Language::JavaScript) if is_declaration(&source.path) => {}
            Some(Language::JavaScript) => scripts.push(index),
            Some(Language::Swift) if cfg!(feature = "swift") && !is_manifest(&source.path) => {
                in_swift.push(index);
            }
            Some(Language::Swift) if cfg!(feature = "swift") => {}
            Some(_) => facts.gaps.push(gap(&source.path, GapKind::Language)),
            // A notice to users is not an instruction for a model.
            None if notice::is_notice(&source.path) => {}
            None if plist::kind(&source.path).is_some() => plist::read(&mut facts, index),
            None if dify::is_export(&source.path, &source.text) => exports.push(index),
            None if low_code::may_be(&source.path, &source.text)
                || low_code::resembles(&source.path, &source.text) =>
            {
                composed.push(index);
            }
            None => {}
        }
    }
    for files in [&mut in_python, &mut scripts, &mut in_swift] {
        files.retain(|index| fits(&mut facts, *index));
    }
    python::read(memory, &mut facts, &in_python, providers, &options.consent_functions);
    script::read(memory, &mut facts, &scripts, &in_python, providers, &options.consent_functions);
    #[cfg(feature = "swift")]
    swift::read(&mut facts, &in_swift, providers, &options.consent_functions);
    for index in &exports {
        dify::read(&mut facts, *index, providers);
    }
    composed.retain(|index| low_code::read(&mut facts, *index, providers));
    let reach = Reach::new(&facts);
    let flow = flowmap::flow(memory, &facts, &reach, providers, detector);
    let inventory = inventory::inventory(&facts, &reach);
    let doors = Doors::open(&facts, &reach);
    let mut findings =
        rules::graph(&rules::Project { facts: &facts, reach: &reach, doors: &doors, providers, options });
    findings.extend(rules::source(memory, sources, &facts.files, providers, detector));
    let understood = followed(&facts, &[in_python, scripts, in_swift, exports, composed].concat());
    if let Some(profile) = options.profile {
        profile.raise(&mut findings);
    }
    fingerprint::sort(&mut findings);
    fingerprint::dedup(&mut findings);
    fingerprint::stamp(&mut findings, &facts);
    let (mut findings, waived) = waiver::apply(findings, &facts.files, options.today);
    fingerprint::sort(&mut findings);
    let fixes = fix::offers(&findings, fix::Around { facts: &facts, providers, root, memory });
    not_followed(&mut facts.gaps);
    facts.gaps.sort();
    facts.gaps.dedup();
    Report {
        findings,
        waived,
        fixes,
        known: std::collections::BTreeSet::new(),
        gaps: facts.gaps,
        flow,
        files: facts.files,
        understood,
        inventory,
        kinds: facts.kinds,
    }
}

/// Returns how many of these files were read completely.
fn followed(facts: &Facts, files: &[usize]) -> usize {
    let unread = |gap: &&Gap| matches!(gap.why, GapKind::Syntax | GapKind::TooComplex);
    let unread: BTreeSet<&str> = facts.gaps.iter().filter(unread).map(|gap| gap.path.as_str()).collect();
    let read = |index: &&usize| facts.files.get(**index).is_some_and(|file| !unread.contains(&*file.path));
    files.iter().filter(read).count()
}

/// Returns the folder that paths are relative to.
pub(crate) fn folder(root: &Path) -> &Path {
    if root.is_file() { root.parent().unwrap_or(root) } else { root }
}

/// Whether a file is no more complex than hand-written code; records a gap if it is.
fn fits(facts: &mut Facts, index: usize) -> bool {
    let Some(file) = facts.files.get(index) else { return false };
    let machine = too_deep(&file.text) || is_minified(&file.text);
    if machine {
        let gap = gap(&file.path, GapKind::TooComplex);
        facts.gaps.push(gap);
    }
    !machine
}

/// Whether a file is a Swift package manifest, which does not run in the app.
fn is_manifest(path: &str) -> bool {
    path.rsplit('/')
        .next()
        .is_some_and(|name| name.starts_with("Package") && Language::of(name) == Some(Language::Swift))
}

/// Whether a file only declares types and contains no code.
fn is_declaration(path: &str) -> bool {
    [".d.ts", ".d.mts", ".d.cts"].iter().any(|ending| path.ends_with(ending))
}

/// Whether a file is generated, with lines that nobody reads.
fn is_minified(text: &str) -> bool {
    const LONG: usize = 20_000;
    const MEAN: usize = 500;
    text.len() > LONG && text.len() / text.lines().count().max(1) > MEAN
}

/// Merges gaps: a file in another encoding that did not parse either was not followed, and the encoding is what to fix.
fn not_followed(gaps: &mut Vec<Gap>) {
    let at = |gaps: &[Gap], why: GapKind| -> BTreeSet<String> {
        gaps.iter().filter(|gap| gap.why == why).map(|gap| gap.path.clone()).collect()
    };
    let (broken, coded) = (at(gaps, GapKind::Syntax), at(gaps, GapKind::Encoding));
    let both: BTreeSet<&String> = broken.intersection(&coded).collect();
    gaps.retain(|gap| !(gap.why == GapKind::Syntax && both.contains(&gap.path)));
    for gap in gaps.iter_mut().filter(|gap| gap.why == GapKind::Encoding && both.contains(&gap.path)) {
        gap.why = GapKind::NotText;
    }
}

fn gap(path: &str, why: GapKind) -> Gap {
    Gap { path: path.to_owned(), line: 0, why }
}

/// Whether a file was copied in from another project, which is responsible for it.
fn is_foreign(path: &str) -> bool {
    const FOLDERS: &[&str] =
        &["vendor", "vendored", "_vendor", "third_party", "third-party", "bower_components"];
    path.split('/').rev().skip(1).any(|folder| FOLDERS.contains(&folder))
}

/// Whether a file is a test, which handles nobody's data.
pub(crate) fn is_test(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let folder = path.split('/').rev().skip(1).any(|folder| {
        matches!(
            folder,
            "tests"
                | "test"
                | "__tests__"
                | "t"
                | "testdata"
                | "fixtures"
                | "__mocks__"
                | "evals"
                | "benchmark"
                | "benchmarks"
        ) || folder.ends_with("Tests")
    });
    let script = [".test.", ".spec.", ".stories."].iter().any(|mark| name.contains(mark));
    folder
        || script
        || name.starts_with("test_")
        || name.ends_with("_test.py")
        || name.ends_with("Tests.swift")
        || name == "conftest.py"
}

/// Whether a text has deeper nesting or indentation than a person writes: it is generated, or meant to crash the checker.
fn too_deep(text: &str) -> bool {
    const MAX_BRACKETS: usize = 2000;
    const MAX_COLUMNS: usize = 800;
    if is_indented(text, MAX_COLUMNS) {
        return true;
    }
    if opened(text.as_bytes()) <= MAX_BRACKETS {
        return false;
    }
    let (mut depth, mut deepest) = (0_usize, 0_usize);
    for byte in text.bytes() {
        match byte {
            b'(' | b'[' | b'{' => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest > MAX_BRACKETS
}

/// Counts opening brackets, in a form that the compiler vectorises: `[` and `{` differ in one bit.
fn opened(bytes: &[u8]) -> usize {
    let opens = |byte: &u8| u8::from((byte | 0x20) == b'{') | u8::from(*byte == b'(');
    bytes.chunks(128).map(|chunk| usize::from(chunk.iter().map(opens).sum::<u8>())).sum()
}

/// Whether a line is indented by more than this many columns. Such a line has a blank at some multiple of that many bytes, with
/// a long run of blanks around it, which rules out most texts quickly.
fn is_indented(text: &str, columns: usize) -> bool {
    let blank = |byte: &u8| matches!(byte, b' ' | b'\t');
    let bytes = text.as_bytes();
    let longest = |around: usize| {
        let before =
            bytes.get(..around).unwrap_or_default().iter().rev().take(columns).take_while(|b| blank(b));
        let behind = bytes.get(around..).unwrap_or_default().iter().take(columns).take_while(|b| blank(b));
        before.count() + behind.count() > columns
    };
    (0..bytes.len()).step_by(columns.max(1)).any(|at| bytes.get(at).is_some_and(blank) && longest(at))
        && text.lines().any(|line| line.bytes().take_while(blank).count() > columns)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nesting_is_bounded() {
        assert!(too_deep(&"(".repeat(10_000)));
        assert!(!too_deep("f((1, [2, {3: 4}]))\n"));
        assert!(too_deep(&format!("if x:\n{}y\n", " ".repeat(801))) && too_deep(&"\t".repeat(900)));
        assert!(!too_deep(&format!("if x:\n{}y\n", " ".repeat(800))));
        assert!(!too_deep(&format!("x = 1{}\n", " ".repeat(2000))));
    }

    #[test]
    fn tests_are_told_by_folder_and_name() {
        assert!(
            is_test("tests/a.py")
                && is_test("a/test_b.py")
                && !is_test("latest/a.py")
                && !is_test("contest.py")
        );
    }
}
