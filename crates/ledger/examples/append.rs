//! Measures the speed of the ledger on this machine: `cargo run --release -p ombud-ledger --example append [DIR]`.
//!
//! Prints the time to open, the cost of one `append` (written: the kernel has it), and how many appends per second become
//! durable with 1 and with 64 producers that each wait for their own. DIR decides which disk is measured.

#![expect(clippy::print_stdout, reason = "its output is its purpose")]

use std::path::Path;
use std::time::{Duration, Instant};

use ombud_core::event::{Event, EventKind};
use ombud_ledger::{Error, Ledger, Payload};

const PAYLOAD: usize = 2048;
const WRITTEN: u32 = 100_000;
const FOR: Duration = Duration::from_secs(5);

fn event(n: u64) -> Event {
    Event {
        v: 1,
        id: format!("0193{n:032x}"),
        t: "2026-11-22T11:50:05.123Z".to_owned(),
        exchange: Some(format!("0193{:032x}", n / 2)),
        conversation: None,
        client: Some("0123456789abcdef".to_owned()),
        subject: None,
        kind: EventKind::Refused { code: "bench".to_owned(), provider: Some("openai".to_owned()) },
        payload: None,
    }
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    let dir = std::env::args().nth(1).unwrap_or_else(|| "target/ledger-bench".to_owned());
    let home = Path::new(&dir).join(format!("run-{}", std::process::id()));
    let began = Instant::now();
    let ledger = Ledger::open(&home).await?;
    println!("open, first time      {:>10.1?}", began.elapsed());
    written(&ledger)?;
    for producers in [1, 64] {
        durable(&ledger, producers).await?;
    }
    ledger.close().await?;
    drop(ledger);
    let began = Instant::now();
    let ledger = Ledger::open(&home).await?;
    println!("open, after all that  {:>10.1?}", began.elapsed());
    ledger.close().await?;
    drop(ledger);
    // The measured log is of no further use; if it cannot be removed, it does no harm.
    let _ = std::fs::remove_dir_all(&home);
    Ok(())
}

/// CPU time of this thread; zero where the system does not report it.
fn cpu() -> Duration {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    Duration::from_nanos(text.split(' ').next().and_then(|word| word.parse().ok()).unwrap_or_default())
}

/// One thread, without waiting for the disk.
fn written(ledger: &Ledger) -> Result<(), Error> {
    let words = vec![b'x'; PAYLOAD];
    for (name, payload) in
        [("no payload", None), ("2 KB payload", Some(Payload { conversation: "c", parts: &[&words] }))]
    {
        let (began, busy) = (Instant::now(), cpu());
        for n in 0..WRITTEN {
            let _ticket = ledger.append(event(n.into()), payload)?;
        }
        let (wall, busy) = (began.elapsed() / WRITTEN, cpu().saturating_sub(busy) / WRITTEN);
        println!("append, {name:<13} {wall:>10.2?} each, {busy:.2?} of it on the CPU");
    }
    Ok(())
}

/// Each producer appends 2 KB, waits until it is durable, and repeats.
async fn durable(ledger: &Ledger, producers: u64) -> Result<(), Error> {
    let began = Instant::now();
    let tasks: Vec<_> = (0..producers)
        .map(|producer| {
            let ledger = ledger.clone();
            tokio::spawn(async move {
                let words = vec![b'x'; PAYLOAD];
                let conversation = format!("c-{producer}");
                let mut waits = Vec::new();
                while began.elapsed() < FOR {
                    let start = Instant::now();
                    let payload = Payload { conversation: &conversation, parts: &[&words] };
                    let ticket = ledger.append(event(producer), Some(payload))?;
                    ledger.durable(&ticket).await?;
                    waits.push(start.elapsed());
                }
                Ok::<_, Error>(waits)
            })
        })
        .collect();
    let mut waits = Vec::new();
    for task in tasks {
        // A producer that panicked has measured nothing.
        waits.extend(task.await.unwrap_or_else(|_| Ok(Vec::new()))?);
    }
    waits.sort_unstable();
    let at = |share: usize| waits.get(waits.len() * share / 100).copied().unwrap_or_default();
    let count = u32::try_from(waits.len()).unwrap_or(u32::MAX);
    let rate = f64::from(count) / began.elapsed().as_secs_f64();
    println!("durable, {producers:>2} producers {rate:>10.0} /s, p50 {:.1?}, p99 {:.1?}", at(50), at(99));
    Ok(())
}
