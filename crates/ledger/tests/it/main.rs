//! The ledger from outside.

#[cfg(test)]
mod consents;
#[cfg(test)]
mod crash;
#[cfg(test)]
mod foreign;
#[cfg(test)]
mod support;
#[cfg(test)]
mod tamper;
#[cfg(test)]
mod writing;
