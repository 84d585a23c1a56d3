//! What the filters read: the files given, or standard input (`-`, or none).

use std::fs::File;
use std::io::{IsTerminal as _, Read, stdin};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use ombud_core::{Lang, say};

use crate::output::Terminal;

/// An input.
pub(super) enum Source {
    Stdin,
    File(PathBuf),
}

/// The inputs, in the order given.
pub(super) fn sources(files: &[PathBuf]) -> Vec<Source> {
    let one = |path: &PathBuf| {
        if path.as_os_str() == "-" { Source::Stdin } else { Source::File(path.clone()) }
    };
    if files.is_empty() { vec![Source::Stdin] } else { files.iter().map(one).collect() }
}

impl Source {
    /// The name of a file; none for standard input.
    pub(super) fn name(&self) -> Option<String> {
        match self {
            Self::Stdin => None,
            Self::File(path) => Some(path.display().to_string()),
        }
    }

    /// Opens it. A person at a terminal is told what it waits for.
    pub(super) fn open(&self, terminal: Terminal) -> Result<Box<dyn Read>> {
        let lang = terminal.lang;
        match self {
            Self::Stdin => {
                if stdin().is_terminal() {
                    terminal.note(&say!(lang,
                        en: "reading from the keyboard; Ctrl-D on an empty line ends it. To read a file, add its name to the command",
                        zh: "正在读取键盘输入，在空行按 Ctrl-D 结束。要读取文件，请在命令后写上文件名"));
                }
                Ok(Box::new(stdin()))
            }
            Self::File(path) => Ok(Box::new(opened(path, lang)?)),
        }
    }

    /// All of it, as text.
    pub(super) fn text(&self, terminal: Terminal) -> Result<String> {
        let mut bytes = Vec::new();
        self.open(terminal)?.read_to_end(&mut bytes).with_context(|| self.shown(terminal.lang))?;
        text_of(bytes, &self.shown(terminal.lang), terminal.lang)
    }

    fn shown(&self, lang: Lang) -> String {
        self.name().unwrap_or_else(|| say!(lang, en: "standard input", zh: "标准输入"))
    }
}

/// The texts of all inputs, each with the prefix for its lines: the name of its file where there are several.
pub(super) fn texts(files: &[PathBuf], terminal: Terminal) -> impl Iterator<Item = (String, Result<String>)> {
    let several = files.len() > 1;
    sources(files).into_iter().map(move |source| {
        let name = source.name().filter(|_| several).map_or_else(String::new, |name| format!("{name}:"));
        (name, source.text(terminal))
    })
}

fn opened(path: &Path, lang: Lang) -> Result<File> {
    let shown = path.display();
    if path.is_dir() {
        anyhow::bail!(say!(lang,
            en: "{shown} is a folder. `ombud check {shown}` checks a project; this command reads files: name them one by one",
            zh: "{shown} 是目录。检查项目请用 `ombud check {shown}`；本命令读取文件，请逐个写明"));
    }
    File::open(path).with_context(|| say!(lang, en: "cannot read {shown}", zh: "无法读取 {shown}"))
}

/// The bytes as text. ASCII in UTF-16 is valid UTF-8 with a NUL before or after each character: nothing is found in it, so
/// it must not count as clean.
fn text_of(bytes: Vec<u8>, shown: &str, lang: Lang) -> Result<String> {
    match String::from_utf8(bytes) {
        Ok(text) => match text.find('\0') {
            None => Ok(text),
            Some(at) => anyhow::bail!(no_text(text.as_bytes(), at, shown, lang)),
        },
        Err(error) => {
            let at = error.utf8_error().valid_up_to();
            anyhow::bail!(no_text(error.as_bytes(), at, shown, lang))
        }
    }
}

/// The byte order of UTF-16 without a byte order mark: most of its NULs are at the same position in each pair.
fn utf_16(bytes: &[u8]) -> Option<&'static str> {
    let looked_at = bytes.get(..LOOKED_AT).unwrap_or(bytes);
    let nuls = |place| looked_at.iter().skip(place).step_by(2).filter(|byte| **byte == 0).count();
    let (first, second) = (nuls(0), nuls(1));
    // Text without ASCII letters still has spaces and line ends.
    let many = |nuls: usize, others: usize| nuls > others * 8 && nuls * 20 >= looked_at.len();
    match () {
        () if many(second, first) && reads(looked_at, u16::from_le_bytes) => Some("UTF-16LE"),
        () if many(first, second) && reads(looked_at, u16::from_be_bytes) => Some("UTF-16BE"),
        () => None,
    }
}

/// Whether pairs of bytes are characters that people write.
fn reads(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> bool {
    let units = bytes.chunks_exact(2).filter_map(|pair| pair.try_into().ok().map(unit));
    char::decode_utf16(units).all(|ch| ch.is_ok_and(|ch| !ch.is_control() || ch.is_whitespace()))
}

/// Why bytes are not text, and what helps: another encoding can be converted, an image cannot.
fn no_text(bytes: &[u8], at: usize, shown: &str, lang: Lang) -> String {
    if bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") {
        return say!(lang,
            en: "{shown} is UTF-16. Convert it first: `iconv -f UTF-16 -t UTF-8`",
            zh: "{shown} 是 UTF-16。请先转换：`iconv -f UTF-16 -t UTF-8`");
    }
    if let Some(encoding) = utf_16(bytes) {
        return say!(lang,
            en: "{shown} looks like {encoding}, so nothing was checked. Convert it first: `iconv -f {encoding} -t UTF-8`",
            zh: "{shown} 看起来是 {encoding}，因此没有检查任何内容。请先转换：`iconv -f {encoding} -t UTF-8`");
    }
    if bytes.get(at) == Some(&0) && !bytes.iter().any(|byte| *byte != 0 && is_no_text(*byte)) {
        return say!(lang,
            en: "{shown} has a NUL at byte {at}, which text never has, so nothing was checked. If it is text all the same, remove all NULs first: `tr -d '\\000'`",
            zh: "{shown} 在第 {at} 字节处有 NUL，文本中不会有这种字节，因此没有检查任何内容。如果它确实是文本，请先去掉：`tr -d '\\000'`");
    }
    if bytes.iter().take(LOOKED_AT).any(|byte| is_no_text(*byte)) {
        return say!(lang,
            en: "{shown} is not text (an image, an archive or another binary file?), so nothing was checked. Extract its text first, for instance with `pdftotext FILE -` or `unzip -p FILE`",
            zh: "{shown} 不是文本（可能是图片、压缩包或其他二进制文件），因此没有检查任何内容。请先取出其中的文字，例如用 `pdftotext 文件 -` 或 `unzip -p 文件`");
    }
    say!(lang,
        en: "{shown} is not UTF-8 at byte {at}. Convert it first, for instance with `iconv -f GB18030 -t UTF-8`",
        zh: "{shown} 在第 {at} 字节处不是 UTF-8。请先转换，例如 `iconv -f GB18030 -t UTF-8`")
}

/// Bytes examined to tell binary data from text in another encoding.
const LOOKED_AT: usize = 64 * 1024;

/// Whether a byte occurs in no text of any encoding that keeps ASCII: a control character that nobody types.
fn is_no_text(byte: u8) -> bool {
    byte < 0x20 && !matches!(byte, b'\t' | b'\n' | 0x0b | 0x0c | b'\r' | 0x08 | 0x1b)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_text_is_told_from_text_in_another_encoding() {
        let told = |bytes: &[u8]| {
            let at = std::str::from_utf8(bytes).unwrap_err().valid_up_to();
            [Lang::En, Lang::Zh].map(|lang| no_text(bytes, at, "x", lang))
        };
        let cases: &[(&[u8], &str, &str)] = &[
            (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "is not text", "不是文本"),
            (b"\xff\xd8\xff\xe0\0\x10JFIF", "is not text", "不是文本"),
            (b"\x1f\x8b\x08\0\0\0", "is not text", "不是文本"),
            // 电话 in GB18030.
            (b"\xb5\xe7\xbb\xb0\t139\r\n", "GB18030", "GB18030"),
            (b"\xff\xfe1\x003\x009\x00", "UTF-16", "UTF-16"),
        ];
        for (bytes, en, zh) in cases {
            let [told_en, told_zh] = told(bytes);
            assert!(told_en.contains(en) && told_zh.contains(zh), "{told_en}\n{told_zh}");
        }
    }

    #[test]
    fn text_with_nuls_is_refused_and_its_encoding_named() {
        let wide = |text: &str, big: bool| -> Vec<u8> {
            let bytes = |unit: u16| if big { unit.to_be_bytes() } else { unit.to_le_bytes() };
            text.encode_utf16().flat_map(bytes).collect()
        };
        let ascii = "call 13812345678 or a@b.example\n";
        let cases = [
            (wide(ascii, false), "`iconv -f UTF-16LE -t UTF-8`"),
            (wide(ascii, true), "`iconv -f UTF-16BE -t UTF-8`"),
            (wide("电话 13812345678，一会儿打\n", false), "UTF-16LE"),
            (wide("电话 13812345678，一会儿打\n", true), "UTF-16BE"),
            (b"call\x0013812345678 now, or write to a@b.example".to_vec(), "NUL at byte 4"),
            (format!("{}\0", "a".repeat(2 * LOOKED_AT)).into_bytes(), "NUL at byte 131072"),
            (ascii.bytes().flat_map(|byte| [byte, 0, 0, 0]).collect(), "NUL at byte 1"),
            (b"\0\0\x01\x02abc\0\0def".to_vec(), "is not text"),
        ];
        for (bytes, said) in cases {
            for lang in [Lang::En, Lang::Zh] {
                let told = text_of(bytes.clone(), "x", lang).unwrap_err().to_string();
                assert!(!told.contains("1381234"), "{told}");
                assert!(lang == Lang::Zh || told.contains(said), "{told} {said}");
            }
        }
        assert_eq!(text_of(ascii.into(), "x", Lang::En).unwrap(), ascii);
    }

    #[test]
    fn files_are_read_as_they_are_named_and_a_dash_is_standard_input() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("a.txt");
        std::fs::write(&file, "139").unwrap();
        let terminal = Terminal::new(Lang::En, true);
        let all = sources(&[file.clone(), "-".into()]);
        assert_eq!(
            all.iter().map(Source::name).collect::<Vec<_>>(),
            [Some(file.display().to_string()), None]
        );
        assert_eq!(all[0].text(terminal).unwrap(), "139");
        assert!(sources(&[])[0].name().is_none());
        let folder = sources(&[dir.path().to_owned()])[0].text(terminal).unwrap_err().to_string();
        assert!(folder.contains("ombud check"), "{folder}");
    }
}
