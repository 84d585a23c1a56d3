//! Fixes a call whose provider address is hard-coded in its own file: offers the address fix at the call that sends the data.

use super::{Case, Fix, Fixer, provider_address};

pub(super) const FIXER: Fixer = Fixer { rules: &["personal-data-unmasked"], offer };

fn offer(case: &Case<'_>) -> Option<Fix> {
    let providers = case.project.providers;
    let text = &case.file.text;
    // The rule's subject is the provider's display name.
    let hosts = providers
        .hosts()
        .into_iter()
        .filter(|host| providers.by_host(host).is_some_and(|provider| provider.name == case.finding.subject));
    let places = hosts.flat_map(|host| text.match_indices(host).map(|(at, host)| at..at + host.len()));
    let mut fixes = places.filter_map(|place| provider_address::at(case, &place));
    let first = fixes.next()?;
    // With two different addresses, it is unclear which one the call uses.
    fixes.all(|other| other == first).then_some(first)
}
