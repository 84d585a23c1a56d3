//! The tool `bill_of_materials`: what the agent is made of.

use anyhow::Result;
use ombud_core::{Lang, say};
use schemars::{JsonSchema, json_schema, schema_for};
use serde::Deserialize;
use serde_json::Value;

use super::schema::Chinese;
use super::{Desk, Tool, arguments};
use crate::report::{View, bom};

pub(super) const TOOL: Tool = Tool {
    name: "bill_of_materials",
    about,
    takes: || schema_for!(Takes),
    // The full schema is CycloneDX's own; this is what a reader can rely on.
    gives: || {
        json_schema!({
            "type": "object",
            "required": ["bomFormat", "specVersion", "components", "services", "dependencies"],
            "properties": {
                "bomFormat": {"const": "CycloneDX"},
                "specVersion": {"const": "1.6"},
                "components": {"type": "array", "items": {"type": "object"}},
                "services": {"type": "array", "items": {"type": "object"}},
                "dependencies": {"type": "array", "items": {"type": "object"}},
            },
        })
    },
    chinese: CHINESE,
    reads_only: true,
    run,
};

/// The fields in Chinese.
const CHINESE: Chinese = &[("takes path", "目录，相对于服务器的根目录；不写则为整个根目录")];

fn about(lang: Lang) -> String {
    say!(lang,
        en: "What the agent is made of, as CycloneDX 1.6: models, prompts (by hash), tools, MCP servers, packages, stores and providers. What is not known is marked `ombud:unknown`.",
        zh: "智能体的物料清单（CycloneDX 1.6）：模型、提示词（只含哈希）、工具、MCP 服务器、软件包、存储和服务商。未知内容以 `ombud:unknown` 标明。")
}

#[derive(Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct Takes {
    /// Folder, relative to the root of the server; the whole root if absent.
    path: Option<String>,
}

fn run(desk: &Desk, given: Value) -> Result<Value> {
    let asked: Takes = arguments(given, desk.lang)?;
    let (path, looked) = desk.look(asked.path.as_deref(), None)?;
    let view = View { report: &looked.report, lang: desk.lang, detector: &looked.detector };
    let (text, _) = bom::text(&bom::stock(&view, &looked.providers, &path))?;
    Ok(serde_json::from_str(&text)?)
}
