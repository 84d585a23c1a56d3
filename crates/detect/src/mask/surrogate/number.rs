//! Number surrogates from unallocated ranges, formatted like the real ones.

use super::Draw;

/// The digits of a value that consists only of a number and separators.
fn digits(value: &str) -> Option<Vec<u8>> {
    let plain = value.bytes().all(|b| b.is_ascii_digit() || b" -.()+/".contains(&b));
    plain.then(|| value.bytes().filter(u8::is_ascii_digit).map(|b| b - b'0').collect())
}

/// The value with its digits replaced by others.
fn rewritten(value: &str, digits: &[u8]) -> String {
    let mut digits = digits.iter();
    let place = |ch: char| {
        if ch.is_ascii_digit() { digits.next().map_or(ch, |digit| char::from(b'0' + digit)) } else { ch }
    };
    value.chars().map(place).collect()
}

/// A Chinese mobile number from 199-99 or a North American number 555-01xx, each with its original country code and
/// separators.
pub(super) fn phone(value: &str, draw: &mut Draw) -> Option<String> {
    let digits = digits(value)?;
    let american = value.starts_with("+1") || value.contains('(') || digits.len() == 10;
    let code = match (digits.as_slice(), american) {
        ([0, 0, 8, 6, 1, ..], _) if digits.len() == 15 => 4,
        ([8, 6, 1, ..], _) if digits.len() == 13 => 2,
        ([1, 3..=9, ..], false) if digits.len() == 11 => 0,
        ([1, 2..=9, ..], true) if digits.len() == 11 => 1,
        ([2..=9, ..], true) if digits.len() == 10 => 0,
        _ => return None,
    };
    let (head, rest) = digits.split_at_checked(code)?;
    let made = if rest.len() == 11 { mobile(draw) } else { north_american(draw) };
    Some(rewritten(value, &[head, &made].concat()))
}

fn mobile(draw: &mut Draw) -> Vec<u8> {
    [1, 9, 9, 9, 9].into_iter().chain(std::iter::repeat_with(|| draw.digit()).take(6)).collect()
}

fn north_american(draw: &mut Draw) -> Vec<u8> {
    // An area code: 2 to 9, 0 to 8, any.
    let area = [2 + draw.digit() % 8, draw.digit() % 9, draw.digit()];
    area.into_iter().chain([5, 5, 5, 0, 1, draw.digit(), draw.digit()]).collect()
}

/// A card number of the issuer 999999, which is not assigned; the check digit is valid.
pub(super) fn card(value: &str, draw: &mut Draw) -> Option<String> {
    let count = digits(value).filter(|digits| (13..=19).contains(&digits.len()))?.len();
    let mut made = vec![9; 6];
    made.extend(std::iter::repeat_with(|| draw.digit()).take(count - 7));
    let sum: u32 = made.iter().rev().enumerate().map(|(i, digit)| doubled(*digit, i % 2 == 0)).sum();
    made.push(u8::try_from((10 - sum % 10) % 10).ok()?);
    Some(rewritten(value, &made))
}

fn doubled(digit: u8, double: bool) -> u32 {
    let digit = u32::from(digit) * if double { 2 } else { 1 };
    if digit > 9 { digit - 9 } else { digit }
}

/// A Chinese identity number of the area 999, with the same decade of birth and the same sex; the check character is
/// valid.
pub(super) fn identity(value: &str, draw: &mut Draw) -> Option<String> {
    let body: Vec<u8> = value.bytes().take(17).filter(u8::is_ascii_digit).map(|b| b - b'0').collect();
    if value.len() != 18 || body.len() != 17 {
        return None;
    }
    let two = |number: u64| {
        [u8::try_from(number / 10).unwrap_or_default(), u8::try_from(number % 10).unwrap_or_default()]
    };
    let mut made = vec![9, 9, 9, draw.digit(), draw.digit(), draw.digit()];
    made.extend_from_slice(body.get(6..9)?);
    made.push(draw.digit());
    made.extend(two(1 + draw.below(12)));
    made.extend(two(1 + draw.below(28)));
    made.extend([draw.digit(), draw.digit()]);
    made.push(draw.digit() / 2 * 2 + body.last()? % 2);
    let check = check_character(&made);
    Some(made.iter().map(|digit| char::from(b'0' + digit)).chain([check]).collect())
}

/// ISO 7064 MOD 11-2, as prescribed by GB 11643.
fn check_character(digits: &[u8]) -> char {
    let sum = digits.iter().fold(0, |sum, digit| (sum + u32::from(*digit)) * 2 % 11);
    match (12 - sum) % 11 {
        10 => 'X',
        check => char::from_digit(check, 10).unwrap_or('0'),
    }
}

/// A social security number of the area 999 with a group below 50, which neither authority issues.
pub(super) fn social_security(value: &str, draw: &mut Draw) -> Option<String> {
    digits(value).filter(|digits| digits.len() == 9)?;
    let group = 10 + draw.below(40);
    let mut made = vec![9, 9, 9];
    made.extend([u8::try_from(group / 10).ok()?, u8::try_from(group % 10).ok()?]);
    made.extend([1 + draw.digit() % 9, draw.digit(), draw.digit(), draw.digit()]);
    Some(rewritten(value, &made))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Detector;

    fn draw() -> Draw {
        Draw::new([9, 8, 7, 6, 5])
    }

    #[test]
    fn numbers_keep_their_signs_and_come_from_their_range() {
        assert!(phone("139 1234 5678", &mut draw()).unwrap().starts_with("199 99"));
        assert!(phone("+86-13912345678", &mut draw()).unwrap().starts_with("+86-19999"));
        let american = phone("+1 (602) 272-1234", &mut draw()).unwrap();
        assert!(american.starts_with("+1 (") && american.contains(") 555-01"), "{american}");
        assert!(card("6222 0212 3456 7890", &mut draw()).unwrap().starts_with("9999 99"));
        assert!(social_security("277-17-9807", &mut draw()).unwrap().starts_with("999-"));
        assert_eq!(phone("021-5555 1234", &mut draw()), None);
    }

    #[test]
    fn an_identity_number_keeps_decade_and_sex_and_has_a_right_check() {
        let made = identity("11010519491231002X", &mut draw()).unwrap();
        assert!(made.starts_with("999") && made[6..9] == *"194", "{made}");
        assert_eq!(made.as_bytes()[16] % 2, b'2' % 2);
        let digits: Vec<u8> = made.bytes().take(17).map(|b| b - b'0').collect();
        assert_eq!(made.chars().last(), Some(check_character(&digits)));
        // A known number proves the check itself.
        let known: Vec<u8> = "11010519491231002".bytes().map(|b| b - b'0').collect();
        assert_eq!(check_character(&known), 'X');
    }

    #[test]
    fn a_card_has_a_right_check() {
        let made = card("4111111111111111", &mut draw()).unwrap();
        let found = Detector::default().detect(&format!("card number {made}"));
        assert!(found.iter().any(|found| found.kind == ombud_core::DataType::Card), "{made}");
    }
}
