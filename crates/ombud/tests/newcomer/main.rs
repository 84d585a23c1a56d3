//! What a person meets who types `ombud` for the first time: files behind a filter, mistakes, a run that went wrong, a log
//! that was damaged, the interface asked in a wrong way.

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
