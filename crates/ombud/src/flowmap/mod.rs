//! The three witnesses of where data goes: the code (what `ombud check` wrote), the traffic (the log) and what is declared
//! (`ombud.toml` and the published notice); and the results of the last attack. Plan and notice are built from nothing
//! else.

mod attacked;
mod code;
mod country;
mod input;
mod known;
mod profile;
#[cfg(test)]
pub(crate) mod tests;
mod traffic;

pub(crate) use attacked::{Attacked, Outcome};
pub(crate) use code::{Code, Found, Gravity};
pub(crate) use country::{Country, covers};
pub(crate) use input::{Bilingual, Damage, Input, Why, parse, text as read_text};
pub(crate) use known::{Known, Paths};
pub(crate) use profile::{Profile, normalised, profile};
pub(crate) use traffic::{LOCAL_MODEL, Traffic};

use ombud_core::{Class, DataCategory};

/// Whether a notice must mention a category: it concerns the people who use the agent, not the operator's own keys.
pub(crate) fn concerns_users(category: DataCategory) -> bool {
    category.class() != Class::NotPersonal && category != DataCategory::KeyApi
}

/// Whether values of a category are found one by one, and so can be masked, rather than being free content.
pub(crate) fn is_value(category: DataCategory) -> bool {
    use DataCategory as C;
    !matches!(
        category,
        C::CommChat | C::CommEmail | C::MediaUpload | C::MemLongterm | C::MemKb | C::Bizsecret | C::Anon
    )
}
