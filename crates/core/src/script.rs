//! Scripts of characters, where the script affects how text is read.

/// Whether a character is a Chinese one (Han, Unicode 16): it is a word by itself, and nothing separates it from its
/// neighbours. Covers extension A, the main block, the compatibility ideographs and planes 2 and 3, but neither kana nor
/// radicals nor 々 and 〇.
pub fn is_han(ch: char) -> bool {
    matches!(u32::from(ch), 0x3400..=0x4dbf | 0x4e00..=0x9fff | 0xf900..=0xfaff | 0x2_0000..=0x3_ffff)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chinese_characters() {
        for ch in ['\u{3400}', '一', '龥', '\u{9fff}', '\u{fa0e}', '\u{20bb7}', '\u{31350}'] {
            assert!(is_han(ch), "{ch}");
        }
        for ch in ['a', '9', '，', '〇', '々', 'の', 'カ', '한', '\u{4dc0}', '⼀'] {
            assert!(!is_han(ch), "{ch}");
        }
    }
}
