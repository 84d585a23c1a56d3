//! All that is known about a project, read once.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::Result;
use jiff::civil::Date;
use ombud_core::flow::{FlowMap, Recipient};
use ombud_core::{Lang, ToolPolicy};
use ombud_gateway::providers::Providers;

use super::input::Input;
use super::{Attacked, Code, Traffic, normalised, traffic};
use crate::config;
use crate::declared::{Agent, Notice};
use crate::notice::Published;

/// Where the facts are.
pub(crate) struct Paths {
    /// The state folder.
    pub home: PathBuf,
    /// `ombud.toml`, if one was given.
    pub config: Option<PathBuf>,
}

/// All that is known about a project.
pub(crate) struct Known {
    /// The day of the report.
    pub today: Date,
    /// What the operator says about the agent.
    pub agent: Agent,
    /// What the operator says for the notice.
    pub notice: Notice,
    /// What happens to tool calls.
    pub tools: ToolPolicy,
    /// Known providers, with the operator's changes.
    pub providers: Providers,
    /// What the code shows.
    pub code: Input<Code>,
    /// What the log shows.
    pub traffic: Input<Traffic>,
    /// What the last attack showed.
    pub attacked: Input<Attacked>,
    /// The notice that is published.
    pub published: Input<Published>,
}

impl Known {
    /// Reads everything there is.
    pub(crate) async fn read(paths: &Paths, lang: Lang) -> Result<Self> {
        let mut file = config::read(paths.config.as_deref(), lang)?;
        let providers = config::providers(&mut file, lang)?;
        let reports = paths.home.join("reports");
        let published =
            Published::open(file.notice.file.as_deref().unwrap_or(Path::new(crate::notice::DEFAULT)));
        Ok(Self {
            today: jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date(),
            agent: file.agent,
            notice: file.notice,
            tools: file.tools,
            providers,
            code: Code::open(&reports.join("check.json")),
            traffic: traffic::read(&paths.home).await,
            attacked: Attacked::open(&reports.join("attack.json")),
            published,
        })
    }

    /// What the code shows, under the names of the registry. All of it counts as inspected: what was not checked is listed
    /// in the report itself.
    pub(crate) fn code_flow(&self) -> FlowMap {
        let mut flow = FlowMap::default();
        for (recipient, went) in self.code.read().into_iter().flat_map(|code| &code.flow.recipients) {
            let recipient = Recipient { inspected: true, ..recipient.clone() };
            flow.merge(&FlowMap { recipients: BTreeMap::from([(recipient, went.clone())]) });
        }
        self.named(&flow)
    }

    /// What the traffic shows, under the names of the registry.
    pub(crate) fn traffic_flow(&self) -> FlowMap {
        self.traffic.read().map(|traffic| self.named(&traffic.flow)).unwrap_or_default()
    }

    /// What code, traffic and `ombud.toml` show together.
    pub(crate) fn flow(&self) -> FlowMap {
        let mut all = self.code_flow();
        all.merge(&self.traffic_flow());
        all.merge(&self.named(&self.notice.flow(&all)));
        all
    }

    fn named(&self, flow: &FlowMap) -> FlowMap {
        normalised(flow, &self.providers, &self.notice)
    }
}

impl Default for Paths {
    fn default() -> Self {
        Self { home: config::home(), config: None }
    }
}

impl Paths {
    /// The project's own, with this configuration file.
    pub(crate) fn with_config(config: Option<&Path>) -> Self {
        Self { config: config.map(Path::to_owned), ..Self::default() }
    }
}
