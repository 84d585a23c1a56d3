//! The check on whole projects.

#[cfg(test)]
mod labels;
#[cfg(test)]
mod suite;
