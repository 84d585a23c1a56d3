//! The checksum in GitHub and npm tokens: the last six characters are the CRC-32 of those before, in base 62 (GitHub's
//! description of its token formats, 2021).

const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// Length of the checksum in characters.
const LENGTH: usize = 6;

/// True if a token's body ends in the checksum of the rest.
pub(super) fn ends_in_its_own(body: &str) -> bool {
    let Some((rest, sum)) = body.len().checked_sub(LENGTH).and_then(|at| body.split_at_checked(at)) else {
        return false;
    };
    in_base_62(crc32(rest.as_bytes())) == sum.as_bytes()
}

/// CRC-32 as in zip files (polynomial 0xEDB88320, reflected).
fn crc32(bytes: &[u8]) -> u32 {
    let step = |crc: u32, _| if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 };
    !bytes.iter().fold(u32::MAX, |crc, &byte| (0..8).fold(crc ^ u32::from(byte), step))
}

fn in_base_62(mut number: u32) -> [u8; LENGTH] {
    let mut digits = [b'0'; LENGTH];
    for place in digits.iter_mut().rev() {
        *place = DIGITS.get((number % 62) as usize).copied().unwrap_or(b'0');
        number /= 62;
    }
    digits
}

/// A body followed by its checksum.
#[cfg(test)]
pub(super) fn with_checksum(rest: &str) -> String {
    let sum = in_base_62(crc32(rest.as_bytes()));
    rest.chars().chain(sum.map(char::from)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_is_that_of_zip_files_in_base_62() {
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
        assert_eq!(&in_base_62(61 * 62 + 10), b"0000zA");
    }

    #[test]
    fn one_other_character_breaks_it() {
        let rest = "aB3dE6gH9jK2mN5pQ8sT1vaB3dE6gH";
        let token = with_checksum(rest);
        assert!(ends_in_its_own(&token));
        assert!(!ends_in_its_own(&token.replacen("aB3", "aB4", 1)));
        assert!(!ends_in_its_own("short"));
    }
}
