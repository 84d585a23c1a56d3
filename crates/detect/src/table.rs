//! Tables in text: CSV, TSV and Markdown. The label of a cell is at the head of its column, where no recogniser looks.
//!
//! One pass over the lines finds the cells. Each cell is read by the same recognisers as if the head of its column
//! preceded it, `护照号: EA1234567`, and a head such as `order` has no effect on other columns.

use std::ops::Range;

use crate::label::LabelIndex;
use crate::resolve::Candidate;
use crate::scan::Scanner;
use crate::text::Text;

/// Maximum length of a head line in bytes.
const HEAD: usize = 1024;
/// Maximum length of one head in bytes.
const TITLE: usize = 36;
/// Maximum number of bytes of a cell that are read.
const CELL: usize = 200;
/// Maximum number of columns; beyond that, it is not a table that people share.
const COLUMNS: usize = 64;

/// A cell below a head.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Cell {
    pub(crate) span: Range<usize>,
    pub(crate) head: Range<usize>,
}

/// The non-empty cells of all tables, in order. Each line is split at most twice.
pub(crate) fn cells(text: &str) -> Vec<Cell> {
    let mut found = Vec::new();
    let mut table: Option<(u8, Vec<Range<usize>>)> = None;
    let mut at = 0;
    while at < text.len() {
        let line = line_at(text, at);
        at = line.end + 1;
        if let Some((mark, heads)) = &table {
            if row(text, &line, *mark, heads, &mut found) {
                continue;
            }
            table = None;
        }
        if line.len() <= HEAD && at < text.len() {
            table = head(text, &line, &line_at(text, at));
        }
    }
    found
}

fn line_at(text: &str, at: usize) -> Range<usize> {
    let rest = text.as_bytes().get(at..).unwrap_or_default();
    at..at + memchr::memchr(b'\n', rest).unwrap_or(rest.len())
}

/// The heads of a table that starts with this line and continues on the next, and their separator.
fn head(text: &str, line: &Range<usize>, next: &Range<usize>) -> Option<(u8, Vec<Range<usize>>)> {
    let bytes = text.as_bytes().get(line.clone())?;
    let mark = *[b'|', b'\t', b',', b';'].iter().find(|mark| memchr::memchr(**mark, bytes).is_some())?;
    // For most lines of prose, the first head already decides.
    let first = bytes.iter().position(|b| *b == mark).unwrap_or(0);
    if first > TITLE || !text.get(bare(text, line.start..line.start + first)).is_some_and(is_title) {
        return None;
    }
    let heads = fields(text, line, mark);
    let titled = |head: &Range<usize>| text.get(head.clone()).is_some_and(is_title);
    let spaced = matches!(mark, b',' | b';')
        && heads.len() == 2
        && heads.last().is_some_and(|last| text.as_bytes().get(last.start.saturating_sub(1)) == Some(&b' '));
    if !(2..=COLUMNS).contains(&heads.len()) || spaced || !heads.iter().all(titled) {
        return None;
    }
    let below =
        next.len() <= HEAD * 4 && (is_rule(text, next) || fields(text, next, mark).len() == heads.len());
    below.then_some((mark, heads))
}

/// Adds the cells of a row; false if the line does not belong to this table.
fn row(text: &str, line: &Range<usize>, mark: u8, heads: &[Range<usize>], found: &mut Vec<Cell>) -> bool {
    if is_rule(text, line) {
        return true;
    }
    let fields = fields(text, line, mark);
    let fits = fields.len() == heads.len();
    if fits {
        let cells = fields.into_iter().zip(heads).filter(|(span, head)| !span.is_empty() && !head.is_empty());
        found.extend(cells.map(|(span, head)| Cell { span, head: head.clone() }));
    }
    fits
}

/// `|---|:--:|`
fn is_rule(text: &str, line: &Range<usize>) -> bool {
    let bytes = text.as_bytes().get(line.clone()).unwrap_or_default();
    bytes.starts_with(b"|") && bytes.iter().all(|b| matches!(b, b'|' | b'-' | b':' | b' ' | b'\r'))
}

/// The fields of a line without surrounding spaces and quotation marks. A separator inside quotation marks does not
/// count.
fn fields(text: &str, line: &Range<usize>, mark: u8) -> Vec<Range<usize>> {
    let mut inner = trim(text, line.clone());
    let bytes = text.as_bytes();
    if mark == b'|' {
        inner.start += usize::from(bytes.get(inner.start) == Some(&b'|'));
        inner.end -= usize::from(inner.end > inner.start && bytes.get(inner.end - 1) == Some(&b'|'));
    }
    let (mut fields, mut start, mut quoted) = (Vec::new(), inner.start, false);
    for at in inner.clone() {
        match bytes.get(at) {
            Some(b'"') if quoted || at == start => quoted = !quoted,
            Some(b) if *b == mark && !quoted => {
                fields.push(bare(text, start..at));
                start = at + 1;
                if fields.len() > COLUMNS {
                    return fields;
                }
            }
            _ => {}
        }
    }
    fields.push(bare(text, start..inner.end));
    fields
}

fn bare(text: &str, range: Range<usize>) -> Range<usize> {
    let range = trim(text, range);
    let quoted =
        range.len() >= 2 && text.get(range.clone()).is_some_and(|t| t.starts_with('"') && t.ends_with('"'));
    if quoted { range.start + 1..range.end - 1 } else { range }
}

fn trim(text: &str, range: Range<usize>) -> Range<usize> {
    let part = text.get(range.clone()).unwrap_or_default();
    let start = range.start + (part.len() - part.trim_start().len());
    start..start + part.trim().len()
}

/// True if a head is a title: some words, neither a sentence nor code.
fn is_title(head: &str) -> bool {
    let code = |c: char| "{}[]<>=;:!?。'\"`$%@".contains(c);
    let open = head.matches('(').count() != head.matches(')').count();
    head.len() <= TITLE
        && !head.contains(code)
        && !open
        && !head.ends_with('.')
        && head.split_whitespace().count() <= 4
        && (head.is_empty() || head.contains(char::is_alphabetic))
}

/// Reads each cell as if its head preceded it, and adds what is found in the cell.
pub(crate) fn scan(
    view: &Text<'_>,
    scanner: &Scanner,
    labels: &LabelIndex,
    cells: &[Cell],
    out: &mut Vec<Candidate>,
) {
    // Heads repeat in each row, so the results for the latest heads are kept.
    let mut known: Vec<(Range<usize>, bool)> = Vec::new();
    let mut found = Vec::new();
    for cell in cells {
        let head = view.slice(cell.head.clone());
        let told = known.iter().find(|(head, _)| *head == cell.head).map(|(_, telling)| *telling);
        let telling = told.unwrap_or_else(|| scanner.mentions(head));
        if told.is_none() {
            if known.len() >= COLUMNS {
                known.clear();
            }
            known.push((cell.head.clone(), telling));
        }
        if !telling || cell.span.len() > CELL {
            continue;
        }
        let lead = format!("{head}: ");
        let read = format!("{lead}{}\n", view.slice(cell.span.clone()));
        scanner.scan(&Text::new(&read, labels), &mut found);
        for mut candidate in found.drain(..) {
            let inside =
                candidate.span.start >= lead.len() && candidate.span.end <= lead.len() + cell.span.len();
            if inside {
                let place = |at: usize| at - lead.len() + cell.span.start;
                candidate.span = place(candidate.span.start)..place(candidate.span.end);
                out.push(candidate);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use ombud_core::DataType;

    use super::*;
    use crate::Detector;

    fn found(text: &str) -> Vec<(DataType, String)> {
        let found = Detector::without_model().detect(text);
        found.into_iter().map(|d| (d.kind, text[d.span].to_owned())).collect()
    }

    #[test]
    fn cells_have_the_label_of_their_column() {
        let text = "姓名,护照号,出生日期,银行账号\n李红,EA1234567,1990-03-12,330104016000\n";
        let kinds: Vec<DataType> = found(text).into_iter().map(|f| f.0).collect();
        assert_eq!(kinds, [DataType::Person, DataType::Passport, DataType::BirthDate, DataType::BankAccount]);
        for (text, kind, value) in [
            ("id,password,email\n1,Gr4nat!apfel,a@b.example\n", DataType::Secret, "Gr4nat!apfel"),
            ("id\tpassword\tplan\n1\tGr4nat!apfel\tfree\n", DataType::Secret, "Gr4nat!apfel"),
            (
                "\"id\",\"password\",\"plan\"\n\"1\",\"Gr4nat!apfel, x\",\"free\"",
                DataType::Secret,
                "Gr4nat!apfel",
            ),
            (
                "| 姓名 | 微信 | 工号 |\n|---|:--|---|\n| 张三 | lele_2046 | A10023 |\n",
                DataType::Wechat,
                "lele_2046",
            ),
            (
                "| 姓名 | 微信 | 工号 |\n|---|:--|---|\n| 张三 | lele_2046 | A10023 |\n",
                DataType::EmployeeId,
                "A10023",
            ),
        ] {
            assert!(found(text).contains(&(kind, value.into())), "{text} {:?}", found(text));
        }
    }

    #[test]
    fn a_column_takes_nothing_from_others() {
        for text in [
            "姓名,手机号,订单号\n葛晓,13512208874,A1\n薛三,13512208875,A2",
            "name,phone,order\nAnn Lee,+14155550132,99\n",
            "| name | phone | order |\n|---|---|---|\n| Ann Lee | 13512208874 | 99 |\n",
            "编号,名称,电话\n1,甲,13512208874\n",
            "手机号,订单号\n13512208874,A1\n13512208875,A2",
        ] {
            assert!(found(text).iter().any(|f| f.0 == DataType::Phone), "{text}");
        }
        let orders = "手机号,订单号\n13512208874,13712208874\n";
        assert_eq!(found(orders), [(DataType::Phone, "13512208874".into())]);
    }

    #[test]
    fn lists_and_code_are_no_tables() {
        for text in [
            "Hi Bob, my phone is new.\nCall me, if you can\n",
            "def f(user, password, email):\n    g(user, \"abc123x\", mail)\n",
            "name, phone\nAnn, 1234567 Lee\n",
            "one line, password, x",
            "",
        ] {
            assert_eq!(cells(text), [], "{text}");
        }
    }

    #[test]
    fn giant_tables_end() {
        let text = "a,b,phone\n".to_owned() + &"1,2,5550132\n".repeat(20_000);
        assert_eq!(cells(&text).len(), 60_000);
        assert_eq!(cells(&"a,".repeat(100_000)), []);
        assert_eq!(cells(&"a,b\n,\n".repeat(10_000)).iter().filter(|cell| cell.span.is_empty()).count(), 0);
    }
}
