//! Data that a phone keeps about its owner and that an app requests.

use std::collections::BTreeSet;

use ombud_core::category::DataCategory;

use super::{Facts, Reach};

/// A kind of data that an app gets from the phone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum DeviceData {
    /// Health records, sleep, heart.
    Health,
    /// Steps and movement.
    Fitness,
    /// The address book.
    Contacts,
    /// Geographic position.
    Location,
    /// Events and reminders.
    Calendar,
    /// Photographs.
    Photos,
}

/// Type-name prefixes of Apple's frameworks, and the data that each framework gives access to.
const FRAMEWORKS: &[(&str, DeviceData)] = &[
    ("swift.HK", DeviceData::Health),
    ("swift.CMPedometer", DeviceData::Fitness),
    ("swift.CMMotion", DeviceData::Fitness),
    ("swift.CN", DeviceData::Contacts),
    ("swift.CL", DeviceData::Location),
    ("swift.EK", DeviceData::Calendar),
    ("swift.PH", DeviceData::Photos),
    ("swift.typed.PhotosPicker", DeviceData::Photos),
    ("swift.typed.photosPicker", DeviceData::Photos),
];

impl DeviceData {
    /// Returns the kind of data that a call outside the project yields, judged by its path.
    fn of(path: &str) -> Option<Self> {
        FRAMEWORKS.iter().find(|(prefix, _)| path.starts_with(prefix)).map(|(_, kind)| *kind)
    }

    /// Returns every kind of data that reachable code requests from the phone.
    pub fn asked_for(facts: &Facts, reach: &Reach) -> BTreeSet<Self> {
        reach.calls(facts).filter_map(|(_, call)| Self::of(&call.target)).collect()
    }

    /// Returns the corresponding category of the registry.
    pub fn category(self) -> DataCategory {
        match self {
            Self::Health | Self::Fitness => DataCategory::HealthBody,
            Self::Contacts => DataCategory::CommContacts,
            Self::Location => DataCategory::LocPrecise,
            Self::Calendar => DataCategory::PrefProfile,
            Self::Photos => DataCategory::MediaUpload,
        }
    }

    /// Returns the privacy-manifest names that declare this kind; any one of them suffices.
    pub fn declared_as(self) -> &'static [&'static str] {
        match self {
            Self::Health => &["Health", "Fitness"],
            Self::Fitness => &["Fitness", "Health"],
            Self::Contacts => &["Contacts"],
            Self::Location => &["PreciseLocation", "CoarseLocation"],
            Self::Calendar => &["OtherUserContent", "OtherDataTypes"],
            Self::Photos => &["PhotosorVideos"],
        }
    }
}
