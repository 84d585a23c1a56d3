//! The model edge over real sockets: what reaches the provider, what comes back, and what happens when things fail.

#[cfg(test)]
mod approvals;
#[cfg(test)]
mod calls;
#[cfg(test)]
mod cuts;
#[cfg(test)]
mod faults;
#[cfg(test)]
mod fields;
#[cfg(test)]
mod frames;
#[cfg(test)]
mod harness;
#[cfg(test)]
mod heads;
#[cfg(test)]
mod identity;
#[cfg(test)]
mod interceptor;
#[cfg(test)]
mod outward;
#[cfg(test)]
mod pieces;
#[cfg(test)]
mod records;
#[cfg(test)]
mod rules;
#[cfg(test)]
mod sources;
#[cfg(test)]
mod streams;
#[cfg(test)]
mod wires;
