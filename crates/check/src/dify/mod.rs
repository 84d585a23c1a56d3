//! Dify exports.
use crate::facts::Facts;
use crate::providers::Providers;
pub(crate) fn is_export(_path: &str, _text: &str) -> bool { false }
pub(crate) fn read(_facts: &mut Facts, _file: usize, _providers: &Providers) {}
