//! `connection-not-checked`
//!
//! What it does: finds connections whose certificate is not checked (`verify=False`, `rejectUnauthorized: false`, Python's email
//! and FTP clients without a context, which verify nothing by default), and requests with content, email logins, stores, nodes,
//! actions and MCP servers that reach other machines unencrypted. In an app: `NSAllowsArbitraryLoads`, and a delegate that
//! accepts every certificate. This machine, a container next to it and the home network are not reported.
//!
//! Why it matters: anyone on the path, in a café or at a network provider, can read and change everything.
//!
//! Reference: PIPL Art. 51, GDPR Art. 32; risks P09 and S13.

use ombud_core::finding::{Bilingual, Confidence, Finding, Place, RuleId, Severity};

use super::{Project, Rule, Text, finding};
use crate::facts::{Call, Deed, Facts, Flaw, FunctionId, Manifest, Server, host_of, near};

pub(super) const RULE: Rule = Rule {
    id: RuleId("connection-not-checked"),
    risks: &["P09", "S13"],
    severity: Severity::Warning,
    title: Text { en: "anyone on the network path can listen in", zh: "连接可被窃听" },
    harm: Text {
        en: "Anyone on the same network can read what users say and tamper with what the agent receives.",
        zh: "同一网络中的任何人都能读到用户说的话，并篡改智能体收到的内容。",
    },
    fix: Text {
        en: "Use `https:`, and give the client your own CA's certificate instead of turning verification off. Python's `smtplib`, `imaplib`, `poplib` and `ftplib` verify nothing by default: pass them a context from `ssl.create_default_context()`. In an app, remove `NSAllowsArbitraryLoads` and any delegate that accepts every `serverTrust`; if one host cannot do better, list only that host in `NSExceptionDomains`.",
        zh: "使用 `https:`；自签证书应当交给客户端信任，而不是关闭校验。Python 的 `smtplib`、`imaplib`、`poplib`、`ftplib` 默认不校验证书，请传入 `ssl.create_default_context()` 的上下文。App 请去掉 `NSAllowsArbitraryLoads` 和无条件接受 `serverTrust` 的代理；确有个别域名做不到时，只在 `NSExceptionDomains` 中列出它。",
    },
    example: "- requests.post(url, json=body, verify=False)\n+ requests.post(url, json=body, verify=\"company-ca.pem\")\n",
    graph: Some(run),
};

fn run(project: &Project<'_>) -> Vec<Finding> {
    let calls = project.reach.calls(project.facts);
    let mut found: Vec<Finding> =
        calls.filter_map(|(function, call)| of_call(project, function, call)).collect();
    without_parts(&mut found);
    let servers = project.facts.servers.iter().filter(|server| !server.disabled);
    found.extend(servers.filter_map(|server| of_server(project, server)));
    found.extend(project.facts.manifests.iter().filter_map(|manifest| of_app(project, manifest)));
    found
}

/// Drops a setting inside a call that is reported already.
fn without_parts(found: &mut Vec<Finding>) {
    let places: Vec<Place> = found.iter().map(|one| one.place.clone()).collect();
    let inside = |one: &Place, other: &Place| {
        one.path == other.path
            && one.span != other.span
            && other.span.start <= one.span.start
            && one.span.end <= other.span.end
    };
    found.retain(|one| !places.iter().any(|other| inside(&one.place, other)));
}

fn of_call(project: &Project<'_>, function: FunctionId, call: &Call) -> Option<Finding> {
    let flaw = |flaw| call.does.contains(&Deed::Flaw(flaw));
    let message = if flaw(Flaw::CertificateUnchecked) {
        Bilingual::new("the peer's certificate is not verified here", "这里没有校验对方的证书")
    } else if flaw(Flaw::Unencrypted) && !is_upgraded(project.facts, function, call) {
        Bilingual::new("what is sent here crosses the network unencrypted", "这里发送的内容未经加密传输")
    } else {
        return None;
    };
    let place = project.facts.call_place(function, call);
    Some(finding(&RULE, Severity::Warning, Confidence::High, place, message))
}

/// Whether a mail client that connects in the clear is told to encrypt what follows: in the same function, or elsewhere in
/// the file if the function only makes the client.
fn is_upgraded(facts: &Facts, function: FunctionId, call: &Call) -> bool {
    let on_client = |other: &Call| other.target.starts_with("smtplib.SMTP().");
    let upgrades = |other: &Call| other.target.starts_with("smtplib.SMTP().starttls");
    let Some(own) = facts.functions.get(function).filter(|_| call.target.starts_with("smtplib.SMTP")) else {
        return false;
    };
    let mut beside = facts.functions.iter().filter(|other| other.file == own.file);
    own.calls.iter().any(upgrades)
        || !own.calls.iter().any(on_client) && beside.any(|other| other.calls.iter().any(upgrades))
}

fn of_app(project: &Project<'_>, manifest: &Manifest) -> Option<Finding> {
    let place = project.facts.place(manifest.file, manifest.open.clone()?);
    let message = Bilingual::new(
        "the app may connect to any host without encryption",
        "这里允许 App 与任意主机进行不加密的通信",
    );
    Some(finding(&RULE, Severity::Warning, Confidence::High, place, message))
}

fn of_server(project: &Project<'_>, server: &Server) -> Option<Finding> {
    let url = server.url.as_ref().filter(|url| url.text.starts_with("http://"))?;
    let host = host_of(&url.text).filter(|host| !near(host))?;
    let message = Bilingual::new(
        format!("the MCP server at `{host}` is reached over an unencrypted connection"),
        format!("MCP 服务器 `{host}` 未经加密连接"),
    );
    let place = project.facts.place(server.file, url.span.clone());
    Some(finding(&RULE, Severity::Warning, Confidence::High, place, message))
}
