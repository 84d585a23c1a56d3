//! What calls do, joined over the rounds of evaluation.

use super::value::{Argument, Made};
use crate::facts::{Deed, Sink, Taint};

/// A call of something outside the project.
#[derive(Clone, Copy)]
pub(super) struct Outside<'a> {
    /// The resolved path of what is called.
    pub path: &'a str,
    /// The object it is called on.
    pub object: Option<&'a Made>,
    /// The taint of that object, including whether it was checked since it was created.
    pub from: Taint,
    pub arguments: &'a [Argument],
}

/// Whether a call touches stored data.
pub(super) fn is_kept(does: &[Deed]) -> bool {
    does.iter().any(|deed| {
        matches!(
            deed,
            Deed::Retrieve(_)
                | Deed::Store(..)
                | Deed::Erase(_)
                | Deed::Persist { .. }
                | Deed::Run { sink: Sink::Sql, .. }
        )
    })
}

/// Adds a deed, or joins it with the same deed of another round.
pub(super) fn add(does: &mut Vec<Deed>, deed: Deed) {
    for old in does.iter_mut() {
        match (old, &deed) {
            (Deed::Model { recipient: one, content }, Deed::Model { recipient: two, content: more })
                if one == two =>
            {
                *content |= *more;
                return;
            }
            (Deed::Store(one, content), Deed::Store(two, more)) if *one == *two => {
                *content |= *more;
                return;
            }
            (
                Deed::Persist { content, conversation, remote },
                Deed::Persist { content: more, conversation: also, remote: there },
            ) if *remote == *there => {
                *content |= *more;
                *conversation |= *also;
                return;
            }
            (
                Deed::Run { sink: one, content, given },
                Deed::Run { sink: two, content: more, given: also },
            ) if *one == *two => {
                *content |= *more;
                *given = given.filter(|_| *given == *also);
                return;
            }
            (
                Deed::Open { changes, path, whole, below },
                Deed::Open { changes: also, path: more, whole: too, below: under },
            ) if *changes == *also => {
                *path |= *more;
                *whole &= *too;
                *below |= *under;
                return;
            }
            (Deed::SystemPrompt(content), Deed::SystemPrompt(more))
            | (Deed::Configure(content), Deed::Configure(more))
            | (Deed::Ask(content), Deed::Ask(more))
            | (Deed::Log(content), Deed::Log(more))
            | (Deed::Keyed(content), Deed::Keyed(more))
            | (Deed::Publish(content), Deed::Publish(more)) => {
                *content |= *more;
                return;
            }
            (Deed::Shared { name: one, content }, Deed::Shared { name: two, content: more })
            | (Deed::Unselected { store: one, content }, Deed::Unselected { store: two, content: more })
            | (Deed::OneHistory { name: one, content }, Deed::OneHistory { name: two, content: more })
                if one == two =>
            {
                *content |= *more;
                return;
            }
            (Deed::Disguise { how: one, content }, Deed::Disguise { how: two, content: more })
                if *one == *two =>
            {
                *content |= *more;
                return;
            }
            (Deed::Send { host: one, content }, Deed::Send { host: two, content: more }) if one == two => {
                *content |= *more;
                return;
            }
            (old, deed) if *old == *deed => return,
            _ => {}
        }
    }
    does.push(deed);
}
