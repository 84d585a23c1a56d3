//! Prints how fast folders are checked: one line per folder, `lines<TAB>seconds<TAB>findings<TAB>folder`, and at the end the most
//! memory that the process had. Arguments are folders. One run each, so that a profiler sees what a user waits for.

use std::io::Write;
use std::path::Path;
use std::time::Instant;

use ombud_check::{Options, Providers, check};
use ombud_detect::Detector;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let detector = Detector::new(&ombud_detect::Options::default());
    let mut out = std::io::stdout().lock();
    for folder in std::env::args().skip(1) {
        let started = Instant::now();
        let report = check(Path::new(&folder), &Providers::default(), &detector, &Options::default())?;
        let seconds = started.elapsed().as_secs_f64();
        let lines: usize = report.files.iter().map(|file| file.text.lines().count()).sum();
        writeln!(out, "{lines}\t{seconds:.3}\t{}\t{folder}", report.findings.len())?;
    }
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    writeln!(out, "{}", status.lines().find(|line| line.starts_with("VmHWM")).unwrap_or_default())?;
    Ok(())
}
