//! `workflow` under `[tools]`: the only tools that may be called, and their order if they have one.
//!
//! ```toml
//! workflow = ["read_*", "send_mail"]                                  # a set
//! workflow = { steps = ["search", "draft", "send"], ordered = true }  # each only after the one before it
//! ```
//!
//! In an ordered workflow a conversation may repeat its current step, take the next one, or start over with the first.

use std::fmt;

use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use super::ToolPolicy;
use super::policy::fits;

/// The declared steps; an empty list restricts nothing. `*` matches any run of characters.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Workflow {
    /// The tools that may be called.
    pub steps: Vec<String>,
    /// Whether each of them may be called only after the one before it.
    pub ordered: bool,
    /// Tools that may be called at any time, outside the order.
    pub anytime: Vec<String>,
}

impl<'de> Deserialize<'de> for Workflow {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(Written)
    }
}

struct Written;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    steps: Vec<String>,
    #[serde(default)]
    ordered: bool,
    #[serde(default)]
    anytime: Vec<String>,
}

impl<'de> Visitor<'de> for Written {
    type Value = Workflow;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of tools, or a table with `steps`, `ordered` and `anytime`")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, all: A) -> Result<Workflow, A::Error> {
        let steps = Vec::deserialize(SeqAccessDeserializer::new(all))?;
        Ok(Workflow { steps, ..Workflow::default() })
    }

    fn visit_map<A: MapAccess<'de>>(self, all: A) -> Result<Workflow, A::Error> {
        let Table { steps, ordered, anytime } = Table::deserialize(MapAccessDeserializer::new(all))?;
        Ok(Workflow { steps, ordered, anytime })
    }
}

impl Workflow {
    /// The same workflow where only some of its steps are visible: the others are not waited for.
    #[must_use]
    pub fn seeing(mut self, sees: impl Fn(&str) -> bool) -> Self {
        let (steps, others) = self.steps.into_iter().partition(|step| sees(step));
        self.steps = steps;
        self.anytime.extend::<Vec<String>>(others);
        self
    }
}

impl ToolPolicy {
    /// Whether the tool is one of the declared steps.
    pub fn is_a_step(&self, tool: &str) -> bool {
        let Workflow { steps, anytime, .. } = &self.workflow;
        steps.is_empty() && anytime.is_empty()
            || steps.iter().chain(anytime).any(|step| self.means(step, tool))
    }

    /// The number of the step that a conversation has reached after calling this tool; zero is before the first.
    pub fn reached(&self, before: u32, tool: &str) -> u32 {
        self.places(before).find(|place| self.is_step(*place, tool)).unwrap_or(before)
    }

    /// The step reached after calling all of these tools.
    pub fn reached_by<'t>(&self, tools: impl Iterator<Item = &'t str>) -> u32 {
        if self.workflow.ordered { tools.fold(0, |before, tool| self.reached(before, tool)) } else { 0 }
    }

    /// The step that has to come before this tool, unless the conversation has reached it.
    pub(super) fn awaits(&self, tool: &str, reached: u32) -> Option<&str> {
        let Workflow { steps, ordered, anytime } = &self.workflow;
        let free = !ordered || anytime.iter().any(|other| self.means(other, tool));
        if free || self.places(reached).any(|place| self.is_step(place, tool)) {
            return None;
        }
        let place = steps.iter().position(|step| self.means(step, tool))?;
        steps.get(place.checked_sub(1)?).map(String::as_str)
    }

    /// The steps that a conversation may move to from one: the next, the same again, the first.
    fn places(&self, reached: u32) -> impl Iterator<Item = u32> + use<> {
        let ordered = self.workflow.ordered;
        [reached.saturating_add(1), reached, 1].into_iter().filter(move |place| ordered && *place > 0)
    }

    fn is_step(&self, place: u32, tool: &str) -> bool {
        let at = usize::try_from(place).ok().and_then(|place| place.checked_sub(1));
        at.and_then(|at| self.workflow.steps.get(at)).is_some_and(|step| self.means(step, tool))
    }

    /// Whether a pattern matches this tool, by its own name or prefixed with the server at whose edge this policy
    /// decides.
    pub fn means(&self, pattern: &str, tool: &str) -> bool {
        fits(pattern, tool) || self.long(tool).is_some_and(|long| fits(pattern, &long))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(text: &str) -> ToolPolicy {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn a_set_has_no_order() {
        let set = policy(r#"{"workflow":["read_*","send"]}"#);
        assert!(set.is_a_step("send") && set.is_a_step("read_mail") && !set.is_a_step("pay"));
        assert_eq!((set.awaits("send", 0), set.reached_by(["read_mail"].into_iter())), (None, 0));
        assert!(ToolPolicy::default().is_a_step("pay"));
    }

    #[test]
    fn an_ordered_one_goes_on_stays_or_begins_anew() {
        let flow = policy(
            r#"{"workflow":{"steps":["search","draft","send"],"ordered":true,"anytime":["get_time"]}}"#,
        );
        let after = |tools: &[&str]| flow.reached_by(tools.iter().copied());
        for (before, next, awaited) in [
            (&[][..], "search", None),
            (&[], "draft", Some("search")),
            (&[], "send", Some("draft")),
            (&[], "get_time", None),
            (&["search"], "send", Some("draft")),
            (&["search", "get_time"], "draft", None),
            (&["search", "search", "draft"], "send", None),
            (&["search", "draft", "send"], "send", None),
            // A new round needs its own steps again.
            (&["search", "draft", "send"], "draft", Some("search")),
            (&["search", "draft", "search"], "send", Some("draft")),
            (&["search", "draft", "send", "search"], "draft", None),
        ] {
            assert_eq!(flow.awaits(next, after(before)), awaited, "{before:?} {next}");
        }
        assert!(flow.is_a_step("get_time") && !flow.is_a_step("pay"));
    }

    #[test]
    fn steps_that_cannot_be_seen_are_not_waited_for_and_stay_steps() {
        let mut flow = policy(r#"{"workflow":{"steps":["search","draft","send"],"ordered":true}}"#);
        flow.workflow = flow.workflow.seeing(|step| step != "search");
        assert_eq!((flow.awaits("draft", 0), flow.awaits("send", 0)), (None, Some("draft")));
        assert!(flow.is_a_step("search") && !flow.is_a_step("pay"));
    }

    #[test]
    fn a_step_may_be_named_with_its_server() {
        let flow = policy(r#"{"workflow":["mcp__mail__send"]}"#);
        assert!(!flow.is_a_step("send") && flow.at("mail").is_a_step("send"));
        assert!(!flow.at("chat").is_a_step("send"));
    }

    #[test]
    fn what_is_misspelt_is_an_error() {
        for text in [r#""send""#, r#"{"step":["a"]}"#, r#"{"ordered":true}"#] {
            let text = format!("{{\"workflow\":{text}}}");
            assert!(serde_json::from_str::<ToolPolicy>(&text).is_err(), "{text}");
        }
    }
}
