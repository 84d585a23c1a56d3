//! `privacy-manifest-missing-or-different`
//!
//! What it does: compares what an app for Apple platforms sends out (to a model provider or a server) with the kinds of data
//! declared in its `PrivacyInfo.xcprivacy` under `NSPrivacyCollectedDataTypes`. What people write counts as user content; data
//! from the phone counts as health, contacts, location or photos. One finding per app: at the manifest if there is one,
//! otherwise at the first call that sends. An app that sends nothing and a program without a UI need no manifest.
//!
//! Why it matters: the manifest is what the App Store shows people before they install.
//!
//! Reference: Apple, Describing data use in privacy manifests; App Store Review Guidelines 5.1.1(i); risks P04, P02.

use std::collections::BTreeSet;

use ombud_core::finding::{Bilingual, Confidence, Finding, Place, RuleId, Severity};

use super::{Project, Rule, Text, finding};
use crate::facts::{Call, Deed, DeviceData, File, FunctionId, Manifest, ManifestKind, Taint, loopback};
use crate::survey::Language;

pub(super) const RULE: Rule = Rule {
    id: RuleId("privacy-manifest-missing-or-different"),
    risks: &["P04", "P02"],
    severity: Severity::Warning,
    title: Text {
        en: "the privacy manifest does not say what is sent", zh: "隐私清单没有写明发送的数据"
    },
    harm: Text {
        en: "People install the app because the store says that it does not collect this data, but it does.",
        zh: "用户看到商店页面说不收集这些数据才安装，而 App 实际会发送。",
    },
    fix: Text {
        en: "Add `PrivacyInfo.xcprivacy` to the app's target and declare each kind of data (`NSPrivacyCollectedDataTypeOtherUserContent` for what people write), with its purpose and whether it is linked to the user; give the same answers in the store's privacy questionnaire.",
        zh: "在 App 目标中加入 `PrivacyInfo.xcprivacy`，逐项声明（用户写的内容用 `NSPrivacyCollectedDataTypeOtherUserContent`），写明用途和是否关联到用户，并在商店的隐私问卷中保持一致。",
    },
    example: "+ <dict><key>NSPrivacyCollectedDataType</key>\n+   <string>NSPrivacyCollectedDataTypeOtherUserContent</string> …</dict>\n",
    graph: Some(run),
};

/// Types that cover what people write, say or provide.
const CONTENT: &[&str] = &[
    "OtherUserContent",
    "EmailsOrTextMessages",
    "CustomerSupport",
    "OtherDataTypes",
    "GameplayContent",
    "AudioData",
    "SensitiveInfo",
    "SearchHistory",
];

fn run(project: &Project<'_>) -> Vec<Finding> {
    let facts = project.facts;
    if !facts.files.iter().any(has_screen) {
        return Vec::new();
    }
    let sending: Vec<(FunctionId, &Call)> = project
        .reach
        .calls(facts)
        .filter(|(function, call)| sent(project, *function, call) != Taint::NONE)
        .collect();
    let Some((function, call)) = sending.first() else { return Vec::new() };
    let all = sending.iter().fold(Taint::NONE, |sum, (function, call)| sum | sent(project, *function, call));
    let own = |manifest: &&Manifest| manifest.kind == ManifestKind::Privacy;
    let manifests: Vec<&Manifest> = facts.manifests.iter().filter(own).collect();
    let missing = undeclared(project, all, &manifests);
    let place = match manifests.first() {
        Some(manifest) => {
            facts.place(manifest.file, manifest.collects.first().map_or(0..0, |one| one.span.clone()))
        }
        None => facts.call_place(*function, call),
    };
    if missing.is_empty() { Vec::new() } else { vec![one(place, &missing, manifests.is_empty())] }
}

fn is_swift(file: &File) -> bool {
    Language::of(&file.path) == Some(Language::Swift)
}

/// Whether a file belongs to an app with a UI, rather than a server or terminal program.
fn has_screen(file: &File) -> bool {
    is_swift(file) && ["import SwiftUI", "import UIKit"].iter().any(|screen| file.text.contains(screen))
}

/// Returns the personal data that a call sends to another machine.
fn sent(project: &Project<'_>, function: FunctionId, call: &Call) -> Taint {
    let swift = project.facts.functions.get(function).and_then(|own| project.facts.files.get(own.file));
    if !swift.is_some_and(is_swift) {
        return Taint::NONE;
    }
    let of = |deed: &Deed| match deed {
        Deed::Model { recipient, content } if !recipient.local => *content,
        Deed::Send { host, content } if !host.as_deref().is_some_and(loopback) => *content,
        _ => Taint::NONE,
    };
    let content = call.does.iter().fold(Taint::NONE, |sum, deed| sum | of(deed));
    project.reach.sources(function, content).and(Taint::PERSON)
}

/// Returns the kinds of data that are sent but declared in no manifest.
fn undeclared(project: &Project<'_>, sent: Taint, manifests: &[&Manifest]) -> BTreeSet<&'static str> {
    let declared: BTreeSet<&str> = manifests
        .iter()
        .flat_map(|manifest| &manifest.collects)
        .filter_map(|one| one.text.strip_prefix("NSPrivacyCollectedDataType"))
        .collect();
    let mut needed: Vec<&[&'static str]> = Vec::new();
    if sent.has(Taint::PERSON.without(Taint::DEVICE)) {
        needed.push(CONTENT);
    }
    if sent.has(Taint::DEVICE) {
        let kinds = DeviceData::asked_for(project.facts, project.reach);
        needed.extend(kinds.into_iter().map(DeviceData::declared_as));
    }
    let missing = needed.into_iter().filter(|any| !any.iter().any(|name| declared.contains(name)));
    missing.filter_map(|any| any.first().copied()).collect()
}

fn one(place: Place, missing: &BTreeSet<&str>, none: bool) -> Finding {
    let names: Vec<&str> = missing.iter().copied().collect();
    let names = names.join(", ");
    let message = if none {
        Bilingual::new(
            format!("the app sends this data but has no privacy manifest that declares it: {names}"),
            format!("App 会发送这些数据，却没有声明它们的隐私清单：{names}"),
        )
    } else {
        Bilingual::new(
            format!("the app sends data that its privacy manifest does not declare: {names}"),
            format!("App 会发送隐私清单中没有声明的数据：{names}"),
        )
    };
    finding(&RULE, Severity::Warning, Confidence::High, place, message)
}
