//! The worlds that come with Ombud, one per file, registered here.

use super::World;
use super::load::{Problem, load};

macro_rules! worlds {
    ($($file:literal)*) => { &[$(($file, include_str!(concat!("../../suite/", $file, ".yaml"))),)*] };
}

const FILES: &[(&str, &str)] = worlds! {
    "mail-en" "mail-zh" "calendar-en" "calendar-zh" "banking-en" "banking-zh" "chat-en" "chat-zh" "knowledge-en"
    "knowledge-zh" "travel-en" "social-en" "trip-en" "office-en" "devops-en" "market-zh" "shop-en" "shop-zh" "files-en" "files-zh"
    "home-en" "home-zh" "clinic-zh" "household-en"
};

/// Returns all built-in worlds, in the order of the list.
pub fn builtin() -> Result<Vec<World>, Problem> {
    FILES.iter().map(|(file, text)| load(file, text)).collect()
}
