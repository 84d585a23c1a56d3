//! The origins of a value, as a set.

use std::ops::{BitOr, BitOrAssign};

/// A set of origins. The low bits are sources; the others represent parameters of the function in which the value
/// lives, and are filled in from its callers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Taint(u64);

const PARAMETERS: u32 = 20;

impl Taint {
    /// No relevant origin.
    pub const NONE: Self = Self(0);
    /// Words of a remote person: a request, a message.
    pub const USER: Self = Self(1);
    /// Words of the person at this terminal.
    pub const LOCAL: Self = Self(1 << 1);
    /// A model's output.
    pub const MODEL: Self = Self(1 << 2);
    /// Arguments that a model chose.
    pub const TOOL: Self = Self(1 << 3);
    /// Fetched over the network.
    pub const WEB: Self = Self(1 << 4);
    /// Read from a store.
    pub const RETRIEVED: Self = Self(1 << 5);
    /// A file that a person uploaded.
    pub const UPLOAD: Self = Self(1 << 6);
    /// Files of the project or the machine.
    pub const FILE: Self = Self(1 << 7);
    /// Passed through a redactor.
    pub const MASKED: Self = Self(1 << 8);
    /// The answer to a consent question.
    pub const CONSENT: Self = Self(1 << 9);
    /// Encrypted.
    pub const ENCRYPTED: Self = Self(1 << 10);
    /// Parts of a request that the client chooses freely: its body, query and path.
    pub const BODY: Self = Self(1 << 11);
    /// The identity of the caller, from a session or a verified token.
    pub const VERIFIED: Self = Self(1 << 12);
    /// Says that it was written by a machine.
    pub const LABELLED: Self = Self(1 << 13);
    /// A request as a web framework passes it on.
    pub const REQUEST: Self = Self(1 << 14);
    /// Data that a phone keeps about its owner: health, people, places, dates, pictures.
    pub const DEVICE: Self = Self(1 << 15);

    /// Validated or sanitised, so that it cannot inject anything into what executes it.
    pub const CHECKED: Self = Self(1 << 16);

    /// From a list shared by the whole program into which people's words are put.
    pub const COMMON: Self = Self(1 << 17);

    /// From a service that signed or encrypted it: the words are a stranger's, but the client could not choose the
    /// sender.
    pub const SIGNED: Self = Self(1 << 18);

    /// Settings of the program from a file, or a variable that holds a key: the whole, or the part that is a key.
    pub const SETTINGS: Self = Self(1 << 19);

    /// Whatever a client may send at will.
    pub const SENT: Self = Self(Self::BODY.0 | Self::REQUEST.0);
    /// What a person, or their phone, said or provided.
    pub const PERSON: Self = Self(Self::USER.0 | Self::LOCAL.0 | Self::UPLOAD.0 | Self::DEVICE.0);
    /// What a stranger, rather than the owner of the agent, can write.
    pub const STRANGE: Self = Self(Self::USER.0 | Self::WEB.0 | Self::RETRIEVED.0 | Self::UPLOAD.0);
    /// What a model wrote, as a response or as an argument.
    pub const WROTE: Self = Self(Self::MODEL.0 | Self::TOOL.0);
    /// What people said, and what a model made of it.
    pub const SAID: Self = Self(Self::PERSON.0 | Self::MODEL.0 | Self::TOOL.0);
    /// What anybody other than the developer or the person at the keyboard can write.
    pub const UNTRUSTED: Self =
        Self(Self::USER.0 | Self::MODEL.0 | Self::TOOL.0 | Self::WEB.0 | Self::RETRIEVED.0 | Self::UPLOAD.0);

    /// Returns the set with the parameter of this index. Parameters from the 44th on share one bit.
    pub fn parameter(index: usize) -> Self {
        let bit = PARAMETERS + u32::try_from(index).unwrap_or(u32::MAX).min(63 - PARAMETERS);
        Self(1 << bit)
    }

    /// Whether it contains any of the given sources.
    pub fn has(self, any: Self) -> bool {
        self.0 & any.0 != 0
    }

    /// Returns it without the given sources.
    #[must_use]
    pub fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Returns the intersection with another set.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// Returns the origins of a text composed of two parts: it is checked only if each part with an origin is.
    #[must_use]
    pub fn beside(self, other: Self) -> Self {
        let sure = |one: Self| one == Self::NONE || one.has(Self::CHECKED);
        let both = self | other;
        if sure(self) && sure(other) { both } else { both.without(Self::CHECKED) }
    }

    /// Returns its sources, without parameters.
    #[must_use]
    pub fn sources(self) -> Self {
        Self(self.0 & ((1 << PARAMETERS) - 1))
    }

    /// Whether it depends on parameters.
    pub fn is_symbolic(self) -> bool {
        self != self.sources()
    }

    /// Iterates over the indices of its parameters.
    pub fn parameters(self) -> impl Iterator<Item = usize> {
        (0..64 - PARAMETERS as usize).filter(move |index| self.has(Self::parameter(*index)))
    }

    /// Replaces parameters with the origins of the arguments.
    #[must_use]
    pub fn filled(self, arguments: &[Self]) -> Self {
        if !self.is_symbolic() {
            return self;
        }
        self.parameters()
            .filter_map(|index| arguments.get(index))
            .fold(self.sources(), |sum, argument| sum | *argument)
    }
}

impl BitOr for Taint {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl BitOrAssign for Taint {
    fn bitor_assign(&mut self, other: Self) {
        self.0 |= other.0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_filled_in() {
        let taint = Taint::WEB | Taint::parameter(1) | Taint::parameter(100);
        assert!(taint.is_symbolic());
        assert_eq!(taint.filled(&[Taint::USER, Taint::MODEL]), Taint::WEB | Taint::MODEL);
        assert_eq!(taint.sources(), Taint::WEB);
        assert_eq!(taint.parameters().collect::<Vec<_>>(), [1, 43]);
    }
}
