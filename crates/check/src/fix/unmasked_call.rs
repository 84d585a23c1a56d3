//! A call whose address is fixed in its own file: the fix of the address, offered where the words leave.

use super::{Case, Fix, Fixer, provider_address};

pub(super) const FIXER: Fixer = Fixer { rules: &["personal-data-unmasked"], offer };

fn offer(case: &Case<'_>) -> Option<Fix> {
    let providers = case.project.providers;
    let text = &case.file.text;
    // The rule names the provider as people do.
    let hosts = providers
        .hosts()
        .into_iter()
        .filter(|host| providers.by_host(host).is_some_and(|provider| provider.name == case.finding.subject));
    let places = hosts.flat_map(|host| text.match_indices(host).map(|(at, host)| at..at + host.len()));
    let mut fixes = places.filter_map(|place| provider_address::at(case, &place));
    let first = fixes.next()?;
    // Of two addresses nobody knows here which one the call takes.
    fixes.all(|other| other == first).then_some(first)
}
