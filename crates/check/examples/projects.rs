//! Prints how fast folders are checked: one line per folder, `lines<TAB>seconds<TAB>findings<TAB>folder`, followed by the
//! process's peak memory. Arguments are folders. Each is checked once, so that a profiler sees what a user waits for.
//!
//! With `--update` before the folders, the seconds are those of a repeated check after one file has changed, as requested by an
//! editor: the median of nine.

use std::io::Write;
use std::path::Path;
use std::time::Instant;

use ombud_check::{Options, Providers, Report, Session, check};
use ombud_detect::Detector;

type Outcome = Result<(Report, f64), Box<dyn std::error::Error>>;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let detector = Detector::new(&ombud_detect::Options::default());
    let (switches, folders): (Vec<String>, Vec<String>) =
        std::env::args().skip(1).partition(|argument| argument.starts_with("--"));
    let look = if switches.is_empty() { once } else { again };
    let mut out = std::io::stdout().lock();
    for folder in folders {
        let (report, seconds) = look(Path::new(&folder), &detector)?;
        let lines: usize = report.files.iter().map(|file| file.text.lines().count()).sum();
        writeln!(out, "{lines}\t{seconds:.3}\t{}\t{folder}", report.findings.len())?;
    }
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    writeln!(out, "{}", status.lines().find(|line| line.starts_with("VmHWM")).unwrap_or_default())?;
    Ok(())
}

fn once(folder: &Path, detector: &Detector) -> Outcome {
    let started = Instant::now();
    let report = check(folder, &Providers::default(), detector, &Options::default())?;
    Ok((report, started.elapsed().as_secs_f64()))
}

fn again(folder: &Path, detector: &Detector) -> Outcome {
    let (providers, options) = (Providers::default(), Options::default());
    let mut session = Session::open(folder)?;
    let mut report = session.check(&providers, detector, &options)?;
    let code =
        |path: &str| [".py", ".ts", ".js", ".tsx", ".swift"].iter().any(|ending| path.ends_with(ending));
    let files = report.files.iter().filter(|file| code(&file.path));
    let Some(file) = files.max_by_key(|file| file.text.len()).cloned() else { return Ok((report, 0.0)) };
    let mut seconds = Vec::new();
    for turn in 0..9 {
        session.set(&file.path, format!("{}\nturn{turn} = 1\n", file.text));
        let started = Instant::now();
        report = session.check(&providers, detector, &options)?;
        seconds.push(started.elapsed().as_secs_f64());
    }
    seconds.sort_by(f64::total_cmp);
    let median = seconds.get(seconds.len() / 2).copied().unwrap_or_default();
    Ok((report, median))
}
