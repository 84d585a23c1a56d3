//! The verbs: in this process if nobody has the log open, otherwise through the gateway that has.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, anyhow, bail};
use http::{HeaderMap, HeaderValue, Method, header};
use ombud_core::{Lang, say};
use ombud_gateway::upstream::{Patience, Upstream};
use ombud_gateway::{Gateway, caller};
use ombud_ledger::Ledger;
use serde::de::DeserializeOwned;

use super::elsewhere::elsewhere;
use super::erase::Receipt;
use super::show::Held;
use super::{Erase, Subject, SubjectVerb, Which, erase, show};
use crate::cli::Format;
use crate::config::{self, Flags};
use crate::document::padded;
use crate::gate::served_at;
use crate::journey;
use crate::output::Terminal;

/// Where the log is.
enum Access {
    /// Open in this process: the gateway, and the digests of client keys that have subjects.
    Own(Arc<Gateway>, Vec<String>),
    /// Open in another process: its address, and the client keys.
    Served(String, Vec<String>),
}

/// `ombud subject`
pub(crate) async fn subject(args: Subject, terminal: Terminal) -> Result<u8> {
    match args.verb {
        SubjectVerb::Show(which) => show(&which, terminal).await,
        SubjectVerb::Erase(args) => erase(&args, terminal).await,
    }
}

async fn show(which: &Which, terminal: Terminal) -> Result<u8> {
    let access = Access::open(which, terminal.lang).await?;
    let all = access.held(&which.user).await?;
    access.close().await?;
    if which.format == Format::Json {
        terminal.out(&serde_json::to_string_pretty(&all)?)?;
        return Ok(0);
    }
    for held in &all {
        print_held(held, terminal)?;
    }
    let user = journey::typed(&[which.user.clone().into()]);
    journey::next(&format!("ombud subject erase {user}"), terminal);
    Ok(0)
}

async fn erase(args: &Erase, terminal: Terminal) -> Result<u8> {
    let access = Access::open(&args.which, terminal.lang).await?;
    let receipts = access.erase(&args.which.user, terminal.lang).await?;
    access.close().await?;
    let mut complete = true;
    for (number, receipt) in receipts.iter().enumerate() {
        let path = target(args.output.as_deref(), number, receipt)?;
        std::fs::write(&path, receipt.text()?)
            .with_context(|| crate::fault::unwritable(&path, terminal.lang))?;
        complete &= receipt.complete;
        if args.which.format == Format::Text {
            print_receipt(receipt, &path, terminal)?;
        }
    }
    if args.which.format == Format::Json {
        terminal.out(&serde_json::to_string_pretty(&receipts)?)?;
    } else {
        for place in elsewhere(&config::home(), terminal.lang) {
            terminal.tell(&format!("  {place}"))?;
        }
    }
    journey::next("ombud log verify", terminal);
    Ok(u8::from(!complete))
}

/// The receipt's file: the one given, numbered from the second receipt on.
fn target(output: Option<&Path>, number: usize, receipt: &Receipt) -> Result<PathBuf> {
    if let Some(path) = output {
        let name = path.display();
        return Ok(if number == 0 { path.to_owned() } else { PathBuf::from(format!("{name}.{number}")) });
    }
    let folder = config::home().join("reports");
    std::fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
    Ok(folder.join(format!("erased-{}.json", receipt.id)))
}

impl Access {
    async fn open(which: &Which, lang: Lang) -> Result<Self> {
        let home = config::home();
        let file = config::read(which.config.as_deref(), lang)?;
        let detector = config::detector(&file);
        let config = config::gateway(file, &Flags::default(), lang)?;
        if !home.join("journal").is_dir() {
            return Err(ombud_ledger::Error::NoLog { home }.into());
        }
        let keys = config.keys.clone();
        let ledger = match Ledger::open(&home).await {
            Ok(ledger) => ledger,
            Err(busy @ ombud_ledger::Error::Busy { .. }) => {
                if let Some(url) = served_at(&home) {
                    return Ok(Self::Served(url, keys));
                }
                // An `ombud mcp` releases it on request.
                crate::share::open(&home).await.map_err(|_| busy)?
            }
            Err(error) => return Err(error.into()),
        };
        let gateway = Gateway::new(config, detector, ledger)?;
        let mut tenants: BTreeSet<String> =
            keys.iter().map(|key| caller::tenant(&gateway.ledger, key.as_bytes())).collect();
        tenants.insert(caller::tenant(&gateway.ledger, b""));
        tenants.extend(gateway.desk.consents().tenants().await?);
        Ok(Self::Own(gateway, tenants.into_iter().collect()))
    }

    /// What is held, for each client key that has something; for the first one if none has.
    async fn held(&self, id: &str) -> Result<Vec<Held>> {
        let mut all = Vec::new();
        match self {
            Self::Own(gateway, tenants) => {
                for tenant in tenants {
                    let subject = caller::pseudonym(&gateway.ledger, tenant, id);
                    all.push(show::held(gateway, &subject).await?);
                }
            }
            Self::Served(url, keys) => {
                for key in each(keys) {
                    all.push(
                        call(url, Method::GET, &format!("/api/v1/subjects/{}", encoded(id)), key, None)
                            .await?,
                    );
                }
            }
        }
        Ok(chosen(all, Held::is_something))
    }

    async fn erase(&self, id: &str, lang: Lang) -> Result<Vec<Receipt>> {
        let mut receipts = Vec::new();
        match self {
            Self::Own(gateway, tenants) => {
                let mut all = Vec::new();
                for tenant in tenants {
                    let subject = caller::pseudonym(&gateway.ledger, tenant, id);
                    all.push((tenant, show::held(gateway, &subject).await?));
                }
                for (tenant, held) in chosen(all, |(_, held)| held.is_something()) {
                    receipts.push(erase::erase(gateway, tenant, &held.subject, Some(id), lang).await?);
                }
            }
            Self::Served(url, keys) => {
                let path = format!("/api/v1/subjects/{}/erase", encoded(id));
                for key in each(keys) {
                    receipts.push(call(url, Method::POST, &path, key, Some(lang)).await?);
                }
            }
        }
        Ok(receipts)
    }

    async fn close(self) -> Result<()> {
        match self {
            Self::Own(gateway, _) => Ok(gateway.ledger.close().await?),
            Self::Served(..) => Ok(()),
        }
    }
}

/// The items that count, or the first if none does.
fn chosen<T>(mut all: Vec<T>, counts: impl Fn(&T) -> bool) -> Vec<T> {
    if all.iter().any(&counts) {
        all.retain(counts);
    } else {
        all.truncate(1);
    }
    all
}

fn each(keys: &[String]) -> Vec<&str> {
    if keys.is_empty() { vec![""] } else { keys.iter().map(String::as_str).collect() }
}

/// The id as one segment of a path.
fn encoded(id: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    id.bytes()
        .map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}

async fn call<T: DeserializeOwned>(
    url: &str,
    method: Method,
    path: &str,
    key: &str,
    lang: Option<Lang>,
) -> Result<T> {
    let upstream = Upstream::new(Patience::default())?;
    let mut headers = HeaderMap::new();
    headers.extend(lang.map(|lang| (header::ACCEPT_LANGUAGE, HeaderValue::from_static(lang.tag()))));
    if !key.is_empty() {
        headers.insert("x-ombud-key", HeaderValue::from_str(key)?);
    }
    let answer = upstream.send(method, &format!("{url}{path}"), headers, Vec::new().into()).await;
    let answer = answer.map_err(|refusal| anyhow!(refusal.to_string()))?;
    let status = answer.status();
    let body = answer.bytes().await?;
    if !status.is_success() {
        let problem: serde_json::Value = serde_json::from_slice(&body).unwrap_or_default();
        bail!("{status}: {}", problem.get("message").and_then(|text| text.as_str()).unwrap_or_default());
    }
    Ok(serde_json::from_slice(&body)?)
}

fn print_held(held: &Held, terminal: Terminal) -> Result<()> {
    let lang = terminal.lang;
    let Held { subject, conversations, entries, tokens, .. } = held;
    terminal.out(&say!(lang, en: "{subject} (pseudonym of this user in log and stores)", zh: "{subject}（该用户在日志和记忆库中的假名）"))?;
    if held.consents.is_empty() {
        terminal.out(&say!(lang, en: "  consents       none", zh: "  同意记录       无"))?;
    }
    for (purpose, state) in &held.consents {
        let state = crate::log::consent_state(state, lang);
        terminal.out(
            &say!(lang, en: "  consent        {purpose}: {state}", zh: "  同意记录       {purpose}：{state}"),
        )?;
    }
    for (name, count) in &held.stores {
        let count = amount(*count, lang);
        let store = padded(&say!(lang, en: "store {name}", zh: "记忆库 {name}"), 14);
        terminal.out(&format!("  {store} {count}"))?;
    }
    terminal.out(&say!(lang,
        en: "  conversations  {conversations} that can be decrypted; {entries} entries of the log name the pseudonym",
        zh: "  对话           {conversations} 段可解密；日志中有 {entries} 条记录含此假名"))?;
    terminal
        .out(&say!(lang, en: "  vault          {tokens} token(s)", zh: "  代号库         {tokens} 个代号"))
}

fn amount(count: Option<u64>, lang: Lang) -> String {
    match count {
        Some(count) => say!(lang, en: "{count} item(s)", zh: "{count} 条"),
        None => say!(lang, en: "unknown: it does not respond", zh: "未知：没有响应"),
    }
}

fn print_receipt(receipt: &Receipt, path: &Path, terminal: Terminal) -> Result<()> {
    let lang = terminal.lang;
    let (subject, file) = (&receipt.subject, path.display());
    let nothing = receipt.deleted.values().all(|count| *count == 0);
    terminal.out(&if receipt.complete && nothing {
        say!(lang,
            en: "nothing is held about {subject} in what Ombud keeps or guards, so nothing was deleted. Is this the id that the agent uses for this user?",
            zh: "Ombud 保存和保护的数据中没有与 {subject} 有关的内容，因此没有删除任何内容。请确认这就是智能体所用的用户编号")
    } else if receipt.complete {
        say!(lang, en: "erased: {subject}; nothing was found afterwards", zh: "已删除：{subject}；复查未发现残留")
    } else {
        say!(lang, en: "NOT COMPLETE: {subject}; see below", zh: "未全部完成：{subject}，详见下文")
    })?;
    for (place, count) in &receipt.deleted {
        let place = place_of(place, lang);
        terminal.out(&say!(lang, en: "  deleted from {place}: {count}", zh: "  已删除 {place}：{count}"))?;
    }
    for (place, left) in &receipt.residue {
        let (journal, place) = (place == "journal", place_of(place, lang));
        match left {
            Some(0) => {}
            Some(left) if journal => terminal.out(&say!(lang,
                en: "  STILL THERE in the log: {left} entries name something about this user in the clear, written by earlier versions of Ombud. Entries cannot be erased one by one: start a new home (OMBUD_HOME) and delete this one when you no longer need its log",
                zh: "  日志中仍有 {left} 条记录以明文写有与该用户有关的名称，由 Ombud 的早期版本写入。记录无法逐条删除：请改用新的目录（OMBUD_HOME），不再需要这份日志时将此目录整个删除"))?,
            Some(left) => terminal.out(&say!(lang,
                en: "  STILL THERE in {place}: {left} item(s) that name this user. They were not written through Ombud, or were written again meanwhile; delete them there, then run this command again",
                zh: "  {place} 中仍有 {left} 条与该用户有关：它们不是经 Ombud 写入的，或是其间又被写入。请在该处删除后再次运行本命令"))?,
            None => terminal.tell(&say!(lang,
                en: "  UNKNOWN in {place}: it did not respond, or holds more than can be searched. Start it, then run this command again (the store of `ombud run --simulated` ended with that run, together with its contents)",
                zh: "  {place} 情况不明：没有响应，或内容过多无法全部查找。请启动它，然后再次运行本命令（`ombud run --simulated` 的记忆库随那次运行结束，其中内容也已不在）"))?,
        }
    }
    for place in &receipt.not_looked_at {
        terminal.out(&say!(lang, en: "  not checked: {place}", zh: "  未检查：{place}"))?;
    }
    terminal.out(&say!(lang,
        en: "  receipt: {file}",
        zh: "  回执：{file}"))
}

/// Where something was deleted, in words; a store has its own name.
fn place_of(place: &str, lang: Lang) -> String {
    match place {
        "keys" => say!(lang, en: "the keys of the log", zh: "日志密钥"),
        "vault" => say!(lang, en: "the token vault", zh: "代号库"),
        store => say!(lang, en: "the store {store}", zh: "记忆库 {store}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_have_the_names_that_other_commands_use() {
        let told = ["keys", "vault", "notes"].map(|place| place_of(place, Lang::En));
        assert_eq!(told, ["the keys of the log", "the token vault", "the store notes"]);
    }
}
