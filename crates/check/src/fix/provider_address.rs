//! Reads a provider's address from the variable that `ombud run` sets, with the original address as the default.
//!
//! Safe: nothing changes while the variable is not set.

use std::ops::Range;

use ombud_core::finding::Bilingual;

use super::code::Code;
use super::environment::{variable, with_default, with_import};
use super::spot::Spot;
use super::{Case, Edit, Fix, Fixer, Safety};
use crate::facts::host_of;
use crate::providers::Provider;
use crate::rules::provider;

pub(super) const FIXER: Fixer = Fixer { rules: &[provider::ID.0], offer };

fn offer(case: &Case<'_>) -> Option<Fix> {
    at(case, case.at())
}

/// Returns the fix for the address literal around a span.
pub(super) fn at(case: &Case<'_>, host: &Range<usize>) -> Option<Fix> {
    let code = case.code?;
    let spot = code.spot(host).filter(|spot| spot.default_of.is_none() && !code.in_settings(host))?;
    // Only for a literal that is nothing but an address.
    let host = host_of(spot.text).filter(|_| spot.text.starts_with("https://"))?;
    let provider = case.project.providers.by_host(&host)?;
    let base = Base::of(provider, spot.text)?;
    let edits = with_import(case, code, vec![replacement(case, code, &spot, &base)?]);
    let name = &base.variable;
    let title = Bilingual::new(
        format!("read the address from the environment variable `{name}`"),
        format!("改为从环境变量 `{name}` 读取地址"),
    );
    let left = if base.known { Bilingual::default() } else { to_set(name, &provider.id) };
    Some(Fix::new(title, Safety::Safe, edits).leaving(left))
}

fn to_set(name: &str, id: &str) -> Bilingual {
    Bilingual::new(
        format!(
            "`ombud run` does not set {name}: set it to $OMBUD_GATEWAY/p/{id} followed by the path of the address"
        ),
        format!("`ombud run` 不会设置 {name}：请把它设为 $OMBUD_GATEWAY/p/{id} 加上地址中的路径"),
    )
}

fn replacement(case: &Case<'_>, code: &Code<'_>, spot: &Spot<'_>, base: &Base<'_>) -> Option<Edit> {
    let (start, end) = quotes(code.text.get(spot.span.clone())?)?;
    let literal = |text: &str| format!("{start}{text}{end}");
    let read = with_default(code, &base.variable, &literal(base.address));
    let text = match (base.rest, code.script) {
        ("", _) => read,
        (rest, true) => format!("({read}) + {}", literal(rest)),
        (rest, false) => format!("{read} + {}", literal(rest)),
    };
    Some(case.edit(spot.span.clone(), text))
}

/// Returns the opening and closing quotation marks of a plain literal.
fn quotes(literal: &str) -> Option<(&str, &str)> {
    let mark = ["\"\"\"", "'''", "\"", "'", "`"].into_iter().find(|mark| literal.starts_with(mark))?;
    literal.ends_with(mark).then_some((mark, mark))
}

/// An address in two parts: what the variable replaces, and the rest of the path.
struct Base<'a> {
    variable: String,
    /// Whether `ombud run` sets the variable.
    known: bool,
    address: &'a str,
    rest: &'a str,
}

impl<'a> Base<'a> {
    fn of(provider: &Provider, address: &'a str) -> Option<Self> {
        let path = path_of(address)?;
        let shown = address.get(path.clone())?;
        // The longest matching base wins; of two equal ones, the name that SDKs of both languages read.
        let known = provider.bases.iter().filter(|(_, base)| is_below(shown, base));
        let known = known.max_by_key(|(name, base)| (base.len(), name.ends_with("_BASE_URL")));
        let base_end = path.start + known.map_or(0, |(_, base)| base.len());
        // A path that is only a version belongs to the client's base address.
        let rest = address.get(base_end..)?;
        let at = if matches!(rest, "" | "/" | "/v1" | "/v1/") { address.len() } else { base_end };
        let own = || format!("{}_BASE_URL", variable(&provider.id));
        let (address, rest) = address.split_at_checked(at)?;
        Some(Self {
            variable: known.map_or_else(own, |known| known.0.clone()),
            known: known.is_some(),
            address,
            rest,
        })
    }
}

/// Returns the span of the path of an address.
fn path_of(address: &str) -> Option<Range<usize>> {
    let host = address.find("://")? + 3;
    let start = address.get(host..)?.find('/').map_or(address.len(), |at| host + at);
    Some(start..address.len())
}

fn is_below(path: &str, base: &str) -> bool {
    path.strip_prefix(base).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}
