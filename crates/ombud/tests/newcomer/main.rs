//! What a person meets on first using `ombud`: files piped through filters, mistakes, a failed run, a damaged log, wrong
//! requests to the interface.

#[cfg(test)]
mod filters;
#[cfg(test)]
mod kept;
#[cfg(test)]
mod place;
#[cfg(test)]
mod runs;
#[cfg(test)]
mod simulated;
#[cfg(test)]
mod unknown;
