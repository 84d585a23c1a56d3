//! Tables and cards in plain text, as programs print them: columns separated by bars, tabs or runs of spaces, rows of an HTML
//! table, and `key   value` lines.
//!
//! Such text escapes nothing: whoever writes a cell can start a new line in it. So only the first table counts, it ends with the
//! first line that does not fit, and everything after it is prose.

use super::Field;

/// Maximum number of columns.
const WIDEST: usize = 24;

/// Longest column heading, in characters.
const LONGEST_HEADING: usize = 30;

/// Maximum number of rows read.
const MOST_ROWS: usize = 2_000;

/// Maximum number of lines before a table.
const HEAD: usize = 12;

/// Minimum number of lines in a card or list.
const LEAST_OF_A_CARD: usize = 3;

/// Returns the fields of the first table, card or list of a folded text; empty if there is none.
pub(in crate::attribute) fn read(folded: &str) -> Vec<Field> {
    if folded.contains("<tr") {
        return of_rows(html_rows(folded).into_iter());
    }
    let lines: Vec<&str> = folded.lines().take(MOST_ROWS).collect();
    let table = (0..lines.len().min(HEAD)).map(|at| table(&lines, at)).find(|fields| !fields.is_empty());
    let some = |fields: Vec<Field>| Some(fields).filter(|fields| !fields.is_empty());
    let otherwise = || {
        some(card(&lines)).unwrap_or_else(|| {
            let (rows, list) = (rows(&lines), list(&lines));
            if list.len() > rows.len() { list } else { rows }
        })
    };
    table.unwrap_or_else(otherwise)
}

/// A piece of a line and the column at which it begins, by terminal width.
struct Cell<'t> {
    column: usize,
    text: &'t str,
}

/// Returns the fields of the table whose headings are on this line.
fn table(lines: &[&str], at: usize) -> Vec<Field> {
    let rest = lines.get(at..).unwrap_or_default();
    let Some((first, rest)) = rest.split_first() else { return Vec::new() };
    let headings = cells(first);
    let barred = is_barred(first);
    // The first cell may be a title: “FRI 13 NOV   pax   time”.
    let titled = headings.iter().skip(1).all(is_heading) && headings.len() > if barred { 2 } else { 3 };
    if !(if barred { 2 } else { 3 }..=WIDEST).contains(&headings.len())
        || !(titled || headings.iter().all(is_heading))
    {
        return Vec::new();
    }
    let headed = headings.first().is_some_and(is_heading);
    let rows = rest.iter().filter(|line| !is_rule(line)).map_while(|line| {
        let row = cells(line);
        let fits =
            (2..=headings.len() + usize::from(!headed)).contains(&row.len()) && is_barred(line) == barred;
        fits.then_some(row)
    });
    let mut fields = Vec::new();
    for (record, row) in (1..).zip(rows) {
        let whole = headed && row.len() == headings.len();
        for (place, cell) in row.iter().enumerate() {
            let heading = if whole { headings.get(place) } else { above(&headings, cell.column) };
            let Some(heading) = heading else { continue };
            // A first column without a heading of its own is what the rows are called.
            let key = if headed || heading.column > 0 { heading.text } else { kind_of_first(cell.text) };
            fields.extend(field(record, key, cell.text));
        }
    }
    fields
}

/// Returns the heading above a cell: the last one that begins at or before it.
fn above<'h, 't>(headings: &'h [Cell<'t>], column: usize) -> Option<&'h Cell<'t>> {
    headings.iter().rev().find(|heading| heading.column <= column + 1)
}

fn field(record: u32, key: &str, value: &str) -> Option<Field> {
    let value = value.trim();
    let empty = value.is_empty() || matches!(value, "-" | "–" | "—" | "n/a");
    (!empty).then(|| Field { record, around: 0, key: key.trim().to_owned(), value: value.to_owned() })
}

/// Whether a cell looks like a heading: a few words without anything typical of a value.
fn is_heading(cell: &Cell<'_>) -> bool {
    let text = cell.text.trim();
    let letters = text.chars().any(char::is_alphabetic);
    letters
        && text.chars().count() <= LONGEST_HEADING
        && text.split_whitespace().count() <= 4
        && !text.contains(['@', ':', '：', '=', '!', '。', ',', '，', '<', '{'])
        && !text.ends_with('.')
        && !text.chars().any(|ch| ch.is_ascii_digit())
}

fn is_barred(line: &str) -> bool {
    line.trim().trim_matches('|').contains('|')
}

/// Whether a line is a rule: `|---|---|`, `------`, `====`.
fn is_rule(line: &str) -> bool {
    let line = line.trim();
    line.chars().count() >= 3 && line.chars().all(|ch| "-=+|: ─━—".contains(ch))
}

/// Splits a line into cells: at bars, or at tabs and runs of at least two spaces.
fn cells(line: &str) -> Vec<Cell<'_>> {
    if is_barred(line) {
        return line
            .trim()
            .trim_matches('|')
            .split('|')
            .map(|text| Cell { column: 0, text: text.trim() })
            .collect();
    }
    let mut found = Vec::new();
    let (mut column, mut start, mut blanks) = (0, None, 0);
    for (at, ch) in line.char_indices() {
        let blank = ch == ' ' || ch == '\t';
        if blank {
            blanks += if ch == '\t' { 2 } else { 1 };
        } else {
            if let Some((begun, from)) = start.filter(|_| blanks >= 2) {
                found.push(Cell { column: begun, text: line.get(from..at).unwrap_or_default().trim() });
                start = None;
            }
            start = start.or(Some((column, at)));
            blanks = 0;
        }
        column += if ch.is_ascii() { 1 } else { 2 };
    }
    if let Some((begun, from)) = start {
        found.push(Cell { column: begun, text: line.get(from..).unwrap_or_default().trim() });
    }
    found
}

/// Reads the first run of lines without headings that begin with a code and have at least two more cells: the form of each cell
/// determines its key.
fn rows(lines: &[&str]) -> Vec<Field> {
    let start = lines.iter().take(HEAD).position(|line| row(line).is_some()).unwrap_or(lines.len());
    let run = lines.get(start..).unwrap_or_default().iter().map_while(|line| row(line));
    (1..)
        .zip(run)
        .flat_map(|(record, cells)| {
            let key = |place: usize, text: &str| if place == 0 { "id" } else { kind(text) };
            let fields = cells
                .iter()
                .enumerate()
                .filter_map(|(place, cell)| field(record, key(place, cell.text), cell.text));
            fields.collect::<Vec<_>>()
        })
        .collect()
}

/// Reads the first run of lines of two to four cells that begin with a name in column 0: “Birch, Lowenna      12”.
fn list(lines: &[&str]) -> Vec<Field> {
    let start = (0..lines.len().min(HEAD)).find(|at| {
        let next = lines.get(*at..at + LEAST_OF_A_CARD).unwrap_or_default();
        next.len() == LEAST_OF_A_CARD && next.iter().all(|line| named_row(line).is_some())
    });
    let Some(start) = start else { return Vec::new() };
    let run: Vec<_> =
        lines.get(start..).unwrap_or_default().iter().map_while(|line| named_row(line)).collect();
    // What occurs twice is a key, not a name.
    let mut names: Vec<&str> = run.iter().filter_map(|cells| Some(cells.first()?.text)).collect();
    names.sort_unstable();
    names.dedup();
    if names.len() < run.len() {
        return Vec::new();
    }
    let fields = (1..).zip(run).flat_map(|(record, cells)| {
        let key = |place: usize, text: &str| if place == 0 { "name" } else { kind(text) };
        let fields = cells
            .iter()
            .enumerate()
            .filter_map(|(place, cell)| field(record, key(place, cell.text), cell.text));
        fields.collect::<Vec<_>>()
    });
    fields.collect()
}

fn named_row(line: &str) -> Option<Vec<Cell<'_>>> {
    let cells = cells(line);
    let name = cells.first().is_some_and(|first| {
        first.column == 0
            && first.text.chars().count() <= LONGEST_HEADING
            && first.text.chars().any(char::is_alphabetic)
            && !first.text.contains([':', '：', '@', '。', '='])
            && !first.text.chars().any(|ch| ch.is_ascii_digit())
    });
    (name && (2..=4).contains(&cells.len()) && !is_barred(line)).then_some(cells)
}

fn row(line: &str) -> Option<Vec<Cell<'_>>> {
    let cells = cells(line);
    let coded = cells.first().is_some_and(|first| is_code(first.text));
    (coded && (3..=WIDEST).contains(&cells.len()) && !is_barred(line)).then_some(cells)
}

/// Whether a text is a code such as `s-04`, `#118`, `kc-7101`: letters or digits without a blank, at least one digit, and neither
/// a day nor a time.
fn is_code(text: &str) -> bool {
    let code = |ch: char| ch.is_ascii_alphanumeric() || matches!(ch, '-' | '_' | '#' | '[' | ']' | '.');
    (2..=24).contains(&text.len())
        && text.chars().all(code)
        && text.chars().any(|ch| ch.is_ascii_digit())
        && !is_time(text)
}

fn is_time(text: &str) -> bool {
    let groups: Vec<&str> = text.split('-').collect();
    groups.len() >= 2
        && groups.iter().all(|group| group.len() <= 4 && group.bytes().all(|byte| byte.is_ascii_digit()))
}

fn kind_of_first(text: &str) -> &'static str {
    if is_code(text) { "id" } else { "name" }
}

/// Returns a key for a cell without a heading, by its form.
fn kind(text: &str) -> &'static str {
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    if text.contains('@') && !text.contains(' ') {
        "email"
    } else if digits == 0 && text.chars().any(char::is_alphabetic) {
        "name"
    } else if digits >= 9 && text.bytes().all(|byte| byte.is_ascii_digit() || b" +-()".contains(&byte)) {
        "phone"
    } else {
        "cell"
    }
}

/// Reads the first run of `key   value` lines as one record.
fn card(lines: &[&str]) -> Vec<Field> {
    let pair = |line: &&&str| {
        let row = cells(line);
        matches!(row.as_slice(), [key, _] if is_heading(key) && key.column == 0 && !is_barred(line))
    };
    let start = lines.iter().take(HEAD).position(|line| pair(&line)).unwrap_or(lines.len());
    let run = lines.get(start..).unwrap_or_default().iter().take_while(pair);
    let fields: Vec<Field> = run
        .filter_map(|line| match cells(line).as_slice() {
            [key, value] => field(1, key.text, value.text),
            _ => None,
        })
        .collect();
    let mut keys: Vec<&str> = fields.iter().map(|field| field.key.as_str()).collect();
    keys.sort_unstable();
    keys.dedup();
    if keys.len() == fields.len() && fields.len() >= LEAST_OF_A_CARD { fields } else { Vec::new() }
}

/// Returns the rows of the first HTML table, without markup.
fn html_rows(folded: &str) -> Vec<Vec<String>> {
    let table = folded.split("</table").next().unwrap_or_default();
    let rows = table.split("<tr").skip(1).take(MOST_ROWS);
    rows.map(|row| {
        let row = row.split("</tr").next().unwrap_or_default();
        let open = |part: &str| {
            part.starts_with("d>")
                || part.starts_with("h>")
                || part.starts_with("d ")
                || part.starts_with("h ")
        };
        row.split("<t").skip(1).filter(|part| open(part)).take(WIDEST).map(bare).collect()
    })
    .collect()
}

/// Returns the text of a cell after its opening tag, without markup.
fn bare(part: &str) -> String {
    let inside = part.split_once('>').map_or("", |(_, rest)| rest);
    let inside = inside.split("</t").next().unwrap_or_default();
    let mut text = String::new();
    let mut tag = false;
    for ch in inside.chars() {
        match ch {
            '<' => tag = true,
            '>' if tag => tag = false,
            _ if !tag => text.push(ch),
            _ => {}
        }
    }
    text.trim().to_owned()
}

fn of_rows(mut rows: impl Iterator<Item = Vec<String>>) -> Vec<Field> {
    let headings = rows.next().unwrap_or_default();
    let named = headings.len() >= 2 && headings.iter().all(|text| is_heading(&Cell { column: 0, text }));
    if !named {
        return Vec::new();
    }
    let rows = (1..).zip(rows.take_while(|row| row.len() == headings.len()));
    rows.flat_map(|(record, row)| {
        headings
            .iter()
            .zip(row)
            .filter_map(move |(key, value)| field(record, key, &value))
            .collect::<Vec<_>>()
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn shown(text: &str) -> Vec<String> {
        read(text).iter().map(|field| format!("{} {}={}", field.record, field.key, field.value)).collect()
    }

    #[test]
    fn columns_of_spaces() {
        let text = "staff of june\nid    name          phone\n--------------------------\nk1    ann wood      555 0101\nk2                  555 0102\nnote: call\nk3    eve           555 0103";
        let wanted = ["1 id=k1", "1 name=ann wood", "1 phone=555 0101", "2 id=k2", "2 phone=555 0102"];
        assert_eq!(shown(text), wanted);
    }

    #[test]
    fn bars_tabs_and_markup() {
        let wanted = ["1 id=k1", "1 name=ann"];
        assert_eq!(shown("| id | name |\n|---|---|\n| k1 | ann |"), wanted);
        assert_eq!(
            shown("<table><tr><th>id</th><th>name</th></tr><tr><td>k1</td><td><b>ann</b></td></tr></table>"),
            wanted
        );
        assert_eq!(shown("id\tname\tage\nk1\tann\t5"), ["1 id=k1", "1 name=ann", "1 age=5"]);
        assert_eq!(
            shown("编号    姓名    电话\nk1      安娜    5550101"),
            ["1 编号=k1", "1 姓名=安娜", "1 电话=5550101"]
        );
    }

    #[test]
    fn cards() {
        let text = "ref      t-1\nname     sana iqbal\nphone    555 0101\nnotes    nights.\nname     eve";
        assert_eq!(shown(text), Vec::<String>::new(), "a key twice");
        let text = "ref      t-1\nname     sana iqbal\nphone    555 0101\n\nname     eve";
        assert_eq!(shown(text), ["1 ref=t-1", "1 name=sana iqbal", "1 phone=555 0101"]);
    }

    #[test]
    fn rows_without_headings() {
        let text =
            "fri 13 nov          pax  time   phone\nr-7731  ann wood      8  19:30  07700 900367\nnotes";
        let wanted = ["1 id=r-7731", "1 name=ann wood", "1 pax=8", "1 time=19:30", "1 phone=07700 900367"];
        assert_eq!(shown(text), wanted);
        let text = "suppliers\ns-04  eyemouth catch   gb12cpbk08929965044991   ask for ann\ns-09  solway   gb61loyd30963412345678\nend";
        let wanted = [
            "1 id=s-04",
            "1 name=eyemouth catch",
            "1 cell=gb12cpbk08929965044991",
            "1 name=ask for ann",
            "2 id=s-09",
            "2 name=solway",
            "2 cell=gb61loyd30963412345678",
        ];
        assert_eq!(shown(text), wanted);
    }

    #[test]
    fn lists_that_begin_with_names() {
        let text = "8k  \"cells\"  out of 20\nbirch, lowenna      12\nbirch, rowan         9   (sat only 20 min)\ncastell, nia        19\nremark: {}";
        let wanted = [
            "1 name=birch, lowenna",
            "1 cell=12",
            "2 name=birch, rowan",
            "2 cell=9",
            "2 cell=(sat only 20 min)",
            "3 name=castell, nia",
            "3 cell=19",
        ];
        assert_eq!(shown(text), wanted);
        assert!(shown("ann      12\nrowan    9").is_empty(), "two lines are no list");
    }

    #[test]
    fn prose_is_no_table() {
        for text in [
            "hello  there, this is prose.\nand  more of it",
            "dear ann,\n\nsee you at nine.\n",
            "total   5",
            "a  b  c",
            "1  2  3\n4  5  6",
            "",
        ] {
            assert!(read(text).is_empty(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_safe(text in "\\PC{0,80}|[-| \ta1中<>tr/dh\n]{0,80}") {
            let _ = read(&text);
        }
    }
}
