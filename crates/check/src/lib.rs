//! Checks the source of an agent project and reports findings.
//!
//! ```text
//! walk ─▶ Source ─▶ front end (Python, scripts, exports) ─▶ Facts ─▶ rules ─▶ findings
//!                                              └─▶ flow map
//! ```
//!
//! [`check`] does all of it. [`survey`] only takes a first look: which providers a project calls, on which lines their
//! addresses are hard-coded, which languages it uses, and where credentials are. `ombud init` writes its configuration from
//! that, and `ombud run` lists the lines to change when nothing came through the gateway.

mod baseline;
mod check;
mod code;
mod dify;
mod doors;
pub mod facts;
mod fingerprint;
mod fix;
mod flowmap;
mod gbk;
pub mod inventory;
mod launch;
mod low_code;
mod memory;
mod notice;
pub mod packages;
mod plist;
mod profile;
mod providers;
mod python;
mod rules;
mod script;
mod session;
mod survey;
#[cfg(feature = "swift")]
mod swift;
mod tree;
mod waiver;
mod walk;

pub use baseline::{Baseline, Unusable};
pub use check::{Options, Report, check};
pub use fix::{Change, Edit, Fix, Fixes, Mended, Safety, mend};
pub use profile::Profile;
pub use providers::{Provider, Providers};
pub use rules::{Advice, Rule, advice, rule, rules};
pub use session::Session;
pub use survey::{Language, Survey, survey};
pub use waiver::{Day, Waived};
pub use walk::Source;

use std::path::PathBuf;

use ombud_core::{Lang, Say, say};

/// Why a project cannot be checked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The folder cannot be read.
    #[error("cannot read {}", .0.display())]
    Unreadable(PathBuf),
    /// The worker thread could not be started, or panicked.
    #[error("the check stopped unexpectedly; please report this together with the file that causes it")]
    Stopped,
    /// No automaton can be built for the list of hosts.
    #[error("the list of provider hosts is too large")]
    Hosts,
}

impl Say for Error {
    fn say(&self, lang: Lang) -> String {
        match self {
            Self::Unreadable(path) => {
                let path = path.display();
                say!(lang, en: "cannot read {path}", zh: "无法读取 {path}")
            }
            Self::Stopped => say!(lang,
                en: "the check stopped unexpectedly; please report this together with the file that causes it",
                zh: "检查意外中断；请连同引发中断的文件一起反馈"),
            Self::Hosts => {
                say!(lang, en: "the list of provider hosts is too large", zh: "服务商域名列表过大")
            }
        }
    }
}
