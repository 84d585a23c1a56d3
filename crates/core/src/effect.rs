//! What a tool call does to the world.

use serde::{Deserialize, Serialize};

/// The class of a tool's effect. What is unknown is treated as an effect, never as a read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// Looks at something that is already within reach.
    Read,
    /// Fetches from an address: the address itself can carry data out.
    Fetch,
    /// Sends or publishes content to somebody.
    Send,
    /// Moves money.
    Pay,
    /// Makes something new.
    Create,
    /// Changes something that exists.
    Change,
    /// Deletes something.
    Delete,
    /// Gives somebody access.
    Grant,
    /// Uses or changes a credential.
    Credential,
    /// Runs code or commands.
    Execute,
    /// Not known: treated as an effect.
    Unknown,
}

impl Effect {
    /// Whether a call of this class changes anything outside the conversation, or may.
    pub fn acts(self) -> bool {
        self != Self::Read
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_unknown_acts() {
        assert!(Effect::Unknown.acts() && Effect::Fetch.acts() && !Effect::Read.acts());
    }
}
