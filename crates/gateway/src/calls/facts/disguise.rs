//! Values that look like others. Comparing two texts must see through look-alike letters and invisible characters; letting a
//! value through because somebody gave it must not: Cyrillic `а` is a different letter from `a`, and another person's address.

use ombud_core::Origin;
use ombud_core::effect::Part;
use ombud_detect::normalise::normalise;

use super::super::Prepared;

/// Whether a decisive value holds characters that normalisation replaces, and neither the user nor the operator wrote it that
/// way.
pub(super) fn is_worn(known: &Prepared, written: &str, part: Part) -> bool {
    let decides = !matches!(part, Part::Content | Part::Command | Part::Amount);
    let normal = normalise(written);
    let other =
        |ch: char| !ch.is_ascii() && (ch.is_alphanumeric() || is_invisible(ch)) && !normal.text.contains(ch);
    decides && normal.text != written && written.chars().any(other) && !is_written(known, written.trim())
}

/// Whether a character is invisible: formatting, joiners, direction marks, tags, variation selectors.
fn is_invisible(ch: char) -> bool {
    matches!(u32::from(ch), 0xad | 0x34f | 0x61c | 0x180e | 0x200b..=0x200f | 0x202a..=0x202e | 0x2060..=0x206f | 0xfe00..=0xfe0f | 0xfeff | 0xe0000..=0xe0fff)
}

/// Whether a text of the user or the operator contains exactly this spelling.
fn is_written(known: &Prepared, written: &str) -> bool {
    let own = known
        .context
        .sources
        .iter()
        .filter(|source| matches!(source.origin, Origin::User | Origin::Operator));
    let mut texts = own.filter_map(|source| known.exchange.slots.get(source.slot));
    texts.any(|slot| slot.text.contains(written))
}
