//! The flow map for the page: recipients, with what to know about each.

use ombud_core::flow::RecipientKind;

use super::fold::{Fold, Received};
use super::source::Knowledge;
use super::view::{CategoryAmount, EdgeName, RecipientView, Warning};

/// All recipients, by edge and name.
pub(crate) fn recipients(fold: &Fold, knowledge: &Knowledge) -> Vec<RecipientView> {
    let mut rows: Vec<RecipientView> =
        fold.recipients.iter().map(|((kind, id), received)| row(*kind, id, received, knowledge)).collect();
    rows.sort_by(|one, other| (one.edge, &one.name).cmp(&(other.edge, &other.name)));
    rows
}

fn row(kind: RecipientKind, id: &str, received: &Received, knowledge: &Knowledge) -> RecipientView {
    let flow = &received.flow;
    let data: Vec<CategoryAmount> = flow
        .data
        .iter()
        .map(|(category, amount)| CategoryAmount {
            category: (*category).into(),
            masked: amount.masked,
            clear: amount.clear,
        })
        .collect();
    let mut view = RecipientView {
        edge: edge(kind),
        id: id.to_owned(),
        name: knowledge.name(kind, id),
        country: knowledge.country(kind, id),
        inspected: match kind {
            RecipientKind::Provider => true,
            RecipientKind::Tool => received.unexamined == 0,
            RecipientKind::Store | RecipientKind::Host => false,
        },
        requests: flow.requests,
        refused: received.refused,
        lost: flow.lost,
        opaque: flow.opaque,
        first: received.first.clone(),
        last: received.last.clone(),
        data,
        warnings: Vec::new(),
    };
    view.warnings = warnings(&view);
    view
}

fn edge(kind: RecipientKind) -> EdgeName {
    match kind {
        RecipientKind::Provider => EdgeName::Model,
        RecipientKind::Tool => EdgeName::Tool,
        RecipientKind::Store => EdgeName::Memory,
        RecipientKind::Host => EdgeName::Outside,
    }
}

/// What to know about a recipient, the worst first; nothing if it received nothing.
fn warnings(view: &RecipientView) -> Vec<Warning> {
    if view.requests == 0 {
        return Vec::new();
    }
    let mut warnings = Vec::new();
    let local = view.country == "local";
    if view.data.iter().any(|amount| amount.clear > 0) && !local {
        warnings.push(Warning::InTheClear);
    }
    if !view.inspected {
        warnings.push(Warning::NotInspected);
    }
    if view.opaque > 0 {
        warnings.push(Warning::PartsNotInspected);
    }
    // A tool is code of the agent; in which country it does its work is a question about its own recipients.
    if view.country == "unknown" && view.edge != EdgeName::Tool {
        warnings.push(Warning::CountryUnknown);
    }
    warnings
}
