//! Values that look like others. Whoever compares two texts must see through look-alike letters and invisible characters; whoever
//! lets a value through because somebody gave it must not: `а` is another letter than `a`, and another person's address.

use ombud_core::Origin;
use ombud_core::effect::Part;
use ombud_detect::normalise::normalise;

use super::super::Prepared;

/// Whether a value that decides holds letters that comparing takes for others, and neither the user nor the developer wrote it so.
pub(super) fn is_worn(known: &Prepared, written: &str, part: Part) -> bool {
    let decides = !matches!(part, Part::Content | Part::Command | Part::Amount);
    let normal = normalise(written);
    let other =
        |ch: char| !ch.is_ascii() && (ch.is_alphanumeric() || is_invisible(ch)) && !normal.text.contains(ch);
    decides && normal.text != written && written.chars().any(other) && !is_written(known, written.trim())
}

/// Characters that nobody sees: formats, joiners, directions, tags, selectors of variants.
fn is_invisible(ch: char) -> bool {
    matches!(u32::from(ch), 0xad | 0x34f | 0x61c | 0x180e | 0x200b..=0x200f | 0x202a..=0x202e | 0x2060..=0x206f | 0xfe00..=0xfe0f | 0xfeff | 0xe0000..=0xe0fff)
}

/// Whether it stands so where the user or the developer wrote.
fn is_written(known: &Prepared, written: &str) -> bool {
    let own = known
        .context
        .sources
        .iter()
        .filter(|source| matches!(source.origin, Origin::User | Origin::Operator));
    let mut texts = own.filter_map(|source| known.exchange.slots.get(source.slot));
    texts.any(|slot| slot.text.contains(written))
}
