//! One JSON object per line, in and out, as it comes: complete lines are answered before more input is awaited.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::PathBuf;

use anyhow::Result;
use ombud_core::say;
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use super::input::{self, Source};
use crate::cli;
use crate::output::Terminal;

/// Lines processed together at most.
const BATCH: usize = 256;

/// Unreadable lines that are reported one by one.
const TOLD: u64 = 10;

/// An input line.
#[derive(Deserialize)]
pub(super) struct Line {
    /// As it came, including `null`; `None` if the line has none.
    #[serde(default, deserialize_with = "as_it_came")]
    pub id: Option<Box<RawValue>>,
    pub text: String,
}

/// Without this, `null` would be the same as no field.
fn as_it_came<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Box<RawValue>>, D::Error> {
    Box::<RawValue>::deserialize(from).map(Some)
}

/// The input lines. One that cannot be read is reported and skipped.
pub(super) struct Lines {
    terminal: Terminal,
    sources: std::vec::IntoIter<Source>,
    reading: Option<BufReader<Box<dyn Read>>>,
    /// The name of the file being read, with a colon.
    name: String,
    number: u64,
    bad: u64,
}

impl Lines {
    pub(super) fn new(files: &[PathBuf], terminal: Terminal) -> Self {
        let sources = input::sources(files).into_iter();
        Self { terminal, sources, reading: None, name: String::new(), number: 0, bad: 0 }
    }

    /// Reads the next line with its end; returns whether there was one.
    fn line(&mut self, bytes: &mut Vec<u8>) -> Result<bool> {
        loop {
            if let Some(reading) = &mut self.reading {
                if reading.read_until(b'\n', bytes)? > 0 {
                    self.number += 1;
                    return Ok(true);
                }
                self.reading = None;
            }
            let Some(source) = self.sources.next() else { return Ok(false) };
            self.reading = Some(BufReader::new(source.open(self.terminal)?));
            self.name = source.name().map_or_else(String::new, |name| format!("{name}: "));
            self.number = 0;
        }
    }

    /// The lines that are available now, at least one; `None` at the end.
    pub(super) fn batch(&mut self) -> Result<Option<Vec<Line>>> {
        let mut batch = Vec::new();
        let mut bytes = Vec::new();
        loop {
            bytes.clear();
            if !self.line(&mut bytes)? {
                return Ok((!batch.is_empty()).then_some(batch));
            }
            batch.extend(self.read(&bytes));
            let more = self.reading.as_ref().is_some_and(|reading| reading.buffer().contains(&b'\n'));
            if !batch.is_empty() && (!more || batch.len() >= BATCH) {
                return Ok(Some(batch));
            }
        }
    }

    fn read(&mut self, bytes: &[u8]) -> Option<Line> {
        // Some editors and exports begin a file with a byte order mark.
        let bytes = bytes.strip_prefix("\u{feff}".as_bytes()).filter(|_| self.number == 1).unwrap_or(bytes);
        if bytes.trim_ascii().is_empty() {
            return None;
        }
        let line = std::str::from_utf8(bytes).map(serde_json::from_str);
        if let Ok(Ok(line)) = line {
            return Some(line);
        }
        self.bad += 1;
        if self.bad <= TOLD {
            // The error of the parser may quote the text, which must not appear in a message.
            let (name, number) = (&self.name, self.number);
            self.terminal.note(&if bytes.contains(&0) {
                say!(self.terminal.lang,
                    en: "{name}line {number} contains NUL bytes, as UTF-16 does, and was skipped. Convert the input first, for instance with `iconv -f UTF-16LE -t UTF-8`",
                    zh: "{name}第 {number} 行含有 NUL 字节（UTF-16 就是这样），已略过。请先转换输入，例如 `iconv -f UTF-16LE -t UTF-8`")
            } else if line.is_err() {
                say!(self.terminal.lang,
                    en: "{name}line {number} is not UTF-8 and was skipped. Convert the input first, for instance with `iconv -f GB18030 -t UTF-8`",
                    zh: "{name}第 {number} 行不是 UTF-8，已略过。请先转换输入，例如 `iconv -f GB18030 -t UTF-8`")
            } else {
                say!(self.terminal.lang,
                    en: "{name}line {number} is not an object with a string `text`, {{\"id\": 1, \"text\": \"…\"}}, and was skipped",
                    zh: "{name}第 {number} 行不是含有字符串 `text` 的对象 {{\"id\": 1, \"text\": \"…\"}}，已略过")
            });
        }
        None
    }

    /// The exit code: an error if a line was skipped.
    pub(super) fn end(&self) -> Result<u8> {
        if self.bad == 0 {
            return Ok(0);
        }
        let bad = self.bad;
        anyhow::bail!(say!(self.terminal.lang,
            en: "{bad} line(s) could not be read and are missing from the output",
            zh: "有 {bad} 行无法读取，输出中没有这些行"))
    }
}

/// Writes lines at once: somebody may be waiting for them.
pub(super) fn put(bytes: &[u8]) -> Result<()> {
    let mut out = std::io::stdout().lock();
    out.write_all(bytes)?;
    Ok(out.flush()?)
}

/// Writes one output line for each input line. It succeeds if all were read: the findings are in the lines, and a pipe must
/// not stop at them.
pub(super) fn lines(
    args: &cli::Scan,
    terminal: Terminal,
    mut each: impl FnMut(&Line, &mut dyn Write) -> Result<bool>,
) -> Result<u8> {
    let mut lines = Lines::new(&args.filter.files, terminal);
    let mut found = false;
    while let Some(batch) = lines.batch()? {
        let mut out = Vec::new();
        for line in &batch {
            found |= each(line, &mut out)?;
            out.push(b'\n');
        }
        put(&out)?;
    }
    Ok(lines.end()?.max(u8::from(found && args.exit_code)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(input: &[u8]) -> (Vec<(Option<String>, String)>, u64) {
        let terminal = Terminal::new(ombud_core::Lang::En, true);
        let mut lines = Lines::new(&[], terminal);
        lines.sources = Vec::new().into_iter();
        lines.reading = Some(BufReader::new(Box::new(std::io::Cursor::new(input.to_vec()))));
        let mut all = Vec::new();
        while let Some(batch) = lines.batch().unwrap() {
            all.extend(batch.into_iter().map(|line| (line.id.map(|id| id.get().to_owned()), line.text)));
        }
        (all, lines.bad)
    }

    #[test]
    fn a_line_that_cannot_be_read_costs_only_itself() {
        let input = [
            "\u{feff}{\"id\":null,\"text\":\"a\"}\r\n\n".as_bytes(),
            b"{\"text\":\"\xff\"}\n[]\n{\"text\":\"\\ud800\"}\n{\"id\":[1, 2],\"text\":\"b\",\"more\":1}\n{\"text\":\"c\"}",
        ];
        let (lines, bad) = read(&input.concat());
        let expected = [(Some("null"), "a"), (Some("[1, 2]"), "b"), (None, "c")];
        let expected: Vec<_> = expected.map(|(id, text)| (id.map(str::to_owned), text.to_owned())).into();
        assert_eq!((lines, bad), (expected, 3));
    }

    #[test]
    fn a_raw_nul_costs_its_line_and_an_escaped_one_is_text() {
        let (lines, bad) = read(b"{\"text\":\"a\0b\"}\n{\"text\":\"a\\u0000b\"}\n{\"text\":\"c\"}\0\n");
        assert_eq!((lines, bad), (vec![(None, "a\0b".to_owned())], 2));
    }

    #[test]
    fn files_follow_each_other_line_by_line() {
        let dir = tempfile::tempdir().unwrap();
        let files = ["a", "b"].map(|name| dir.path().join(name));
        // The first has no end of its last line.
        std::fs::write(&files[0], "{\"text\":\"a\"}").unwrap();
        std::fs::write(&files[1], "{\"text\":\"b\"}\n").unwrap();
        let mut lines = Lines::new(&files, Terminal::new(ombud_core::Lang::En, true));
        let mut all = Vec::new();
        while let Some(batch) = lines.batch().unwrap() {
            all.extend(batch.into_iter().map(|line| line.text));
        }
        assert_eq!((all, lines.bad), (vec!["a".to_owned(), "b".to_owned()], 0));
    }
}
