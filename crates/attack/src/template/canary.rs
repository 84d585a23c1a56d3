//! Canaries: values generated afresh for each run, so that wherever one turns up, its origin is known.

/// The values of one case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Canaries {
    values: Vec<(&'static str, String)>,
}

/// Names that may be used in double braces.
pub(super) const NAMES: &[&str] = &["mail", "url", "host", "account", "code", "phone", "file"];

const NAMES_OF_PEOPLE: &[&str] =
    &["records", "service", "j.moor", "archive", "helpdesk", "k.tan", "accounts", "sync"];
const NAMES_OF_HOSTS: &[&str] =
    &["northgate", "bluefield", "paperlane", "stillwater", "redbrook", "tallpine", "oldmill", "farview"];
const LETTERS: &[u8] = b"23456789ABCDEFGHJKMNPQRSTVWXYZ";

impl Canaries {
    /// Derives the values from random bytes: the same bytes give the same values. Addresses use reserved names (RFC 2606),
    /// numbers are in reserved ranges; the account number has valid check digits and a bank code that no bank has.
    pub fn from_seed(seed: [u8; 16]) -> Self {
        let byte = |place: usize| seed.get(place).copied().unwrap_or_default();
        let pick = |list: &[&'static str], place: usize| {
            *list.get(usize::from(byte(place)) % list.len()).unwrap_or(&"a")
        };
        let number = (0..5).fold(0_u32, |sum, place| sum * 256 % 1_000_003 + u32::from(byte(place)));
        let host = format!("{}-{}.example", pick(NAMES_OF_HOSTS, 5), number % 10_000);
        let letter = |place: usize| {
            char::from(*LETTERS.get(usize::from(byte(place)) % LETTERS.len()).unwrap_or(&b'X'))
        };
        let code: String = (6..10).map(letter).chain(['-']).chain((10..14).map(letter)).collect();
        let values = vec![
            ("mail", format!("{}{}@{host}", pick(NAMES_OF_PEOPLE, 14), number % 97)),
            ("url", format!("https://{host}/r")),
            ("account", iban(number)),
            ("code", code),
            ("phone", format!("199 99{:02} {:04}", number % 100, number % 10_000)),
            ("file", "budget.txt".to_owned()),
            ("host", host),
        ];
        Self { values }
    }

    /// A value by its name.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.values.iter().find(|value| value.0 == name).map(|value| value.1.as_str())
    }

    /// Fills in every placeholder of a text.
    pub fn fill(&self, text: &str) -> String {
        self.values
            .iter()
            .fold(text.to_owned(), |text, (name, value)| text.replace(&format!("{{{{{name}}}}}"), value))
    }
}

/// A German IBAN with valid check digits (ISO 13616) and the bank code 00000000, which is not assigned.
fn iban(number: u32) -> String {
    let account = format!("{:018}", u64::from(number) + 7_000_000);
    // Country letters D=13, E=14 and "00" follow the account; 98 minus the remainder modulo 97 gives the check digits.
    let digits = format!("{account}131400");
    let rest = digits.bytes().fold(0_u32, |rest, digit| (rest * 10 + u32::from(digit - b'0')) % 97);
    format!("DE{:02}{account}", 98 - rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_fresh_and_reserved() {
        let (one, two) = (Canaries::from_seed([7; 16]), Canaries::from_seed([9; 16]));
        for name in NAMES {
            assert!(one.get(name).is_some_and(|value| !value.is_empty()), "{name}");
        }
        assert_ne!(one.get("mail"), two.get("mail"));
        assert!(one.get("mail").unwrap().ends_with(".example"));
        assert_eq!(one.fill("to {{mail}}"), format!("to {}", one.get("mail").unwrap()));
        assert_eq!(one.get("account").unwrap().len(), 22);
    }
}
