//! Which language to speak: `--lang`, then `OMBUD_LANG`, then `LC_ALL` and `LANG`.

use std::env;
use std::ffi::OsString;

use ombud_core::Lang;

/// The language, before the command line is parsed, so that its own errors can be told in it.
pub(crate) fn of(args: &[OsString]) -> Lang {
    let flag = args.iter().enumerate().find_map(|(i, arg)| {
        let arg = arg.to_str()?;
        match arg.strip_prefix("--lang") {
            Some("") => args.get(i + 1)?.to_str().map(str::to_owned),
            Some(rest) => rest.strip_prefix('=').map(str::to_owned),
            None => None,
        }
    });
    let variables = ["OMBUD_LANG", "LC_ALL", "LANG"].into_iter().filter_map(|name| env::var(name).ok());
    flag.into_iter().chain(variables).find_map(|tag| Lang::from_tag(&tag)).unwrap_or_default()
}
