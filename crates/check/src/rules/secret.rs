//! `secret-in-source`
//!
//! What it does: finds API keys, private keys and database logins in source and configuration, `.env` files excepted.
//!
//! Why it matters: whoever reads the repository or the published app can act, and pay, in the developer's name, and read
//! what the users stored.
//!
//! Instead of `OpenAI(api_key="sk-…")` write `OpenAI()` and keep the key in the environment.

use ombud_core::Class;
use ombud_core::finding::{Confidence, Finding, RuleId, Severity};

use super::{Context, place};
use crate::walk::Source;

pub(crate) const ID: RuleId = RuleId("secret-in-source");

/// Vendor formats and checksums score at least this; guesses from context stay below.
const SURE: f32 = 0.9;

pub(crate) fn run(source: &Source, context: &Context<'_>) -> Vec<Finding> {
    let name = source.path.rsplit('/').next().unwrap_or_default();
    if name.starts_with(".env") {
        return Vec::new();
    }
    let secret = |kind: ombud_core::DataType| kind.category().class() == Class::Secret;
    let found = context.detector.detect(&source.text).into_iter();
    found
        .filter(|found| secret(found.kind) && found.score >= SURE)
        .map(|found| Finding {
            rule: ID,
            severity: Severity::Error,
            confidence: Confidence::High,
            place: place(source, found.span),
            subject: found.recogniser.to_owned(),
        })
        .collect()
}
