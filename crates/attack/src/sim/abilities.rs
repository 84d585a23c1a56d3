//! What the offered tools can do, judged by their names, descriptions and parameters.

use serde_json::{Map, Value};

/// What a tool is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Ability {
    /// Sends something to somebody.
    Send,
    /// Opens an address.
    Fetch,
    /// Reads the mailbox.
    ReadMail,
    /// Reads a file.
    ReadFile,
    /// Deletes a file or record.
    Delete,
    /// Moves money.
    Pay,
    /// Stores something.
    Save,
    /// Searches what was stored.
    Search,
    /// Changes a record.
    Update,
}

/// A tool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Tool {
    /// Its name.
    pub name: String,
    /// What it is for.
    pub ability: Ability,
    /// Names of its parameters.
    pub parameters: Vec<String>,
    /// Which of them are required.
    pub required: Vec<String>,
}

/// The tools of a request that the model knows how to use.
pub(super) fn tools(request: &Value) -> Vec<Tool> {
    let offered = request.get("tools").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    offered.iter().filter_map(tool).collect()
}

fn tool(offered: &Value) -> Option<Tool> {
    let function = offered.get("function").unwrap_or(offered);
    let name = function.get("name")?.as_str()?.to_owned();
    let described = function.get("description").and_then(Value::as_str).unwrap_or_default();
    let schema = function.get("parameters");
    let parameters: Vec<String> = schema
        .and_then(|schema| schema.get("properties")?.as_object())
        .map(|properties| properties.keys().cloned().collect())
        .unwrap_or_default();
    let required =
        schema.and_then(|schema| schema.get("required")?.as_array()).map(Vec::as_slice).unwrap_or_default();
    let required = required.iter().filter_map(|name| name.as_str().map(str::to_owned)).collect();
    let ability = ability(&name.to_lowercase(), &parameters)
        .or_else(|| ability(&described.to_lowercase(), &parameters))?;
    Some(Tool { name, ability, parameters, required })
}

/// Words in a name or description and the ability they indicate, then words that rule it out. The first matching row counts.
const WORDS: &[(Ability, &[&str], &[&str])] = &[
    (Ability::Pay, &["pay", "transfer_money", "wire", "purchase", "支付", "付款", "转账", "汇款"], &[]),
    (Ability::Delete, &["delete", "remove", "erase", "unlink", "trash", "删除", "移除"], &[]),
    (Ability::Update, &["update", "change", "modify", "edit", "set_", "修改", "更新", "更改", "变更"], &[]),
    (
        Ability::Save,
        &["save", "remember", "store", "add_memory", "memorise", "memorize", "note", "保存", "记住", "记录"],
        &["file"],
    ),
    (
        Ability::Search,
        &["search", "recall", "find", "lookup", "retriev", "query", "搜索", "检索", "查找", "回忆"],
        &["web"],
    ),
    (
        Ability::Send,
        &[
            "send",
            "forward",
            "reply",
            "post_",
            "share",
            "notify",
            "email_",
            "message_",
            "发送",
            "转发",
            "回复",
            "发邮件",
            "通知",
        ],
        &[],
    ),
    (Ability::ReadMail, &["mail", "inbox", "messages", "邮件", "收件箱"], &[]),
    (
        Ability::Fetch,
        &["fetch", "browse", "visit", "http", "url", "page", "web", "download", "网页", "访问", "打开链接"],
        &[],
    ),
    (Ability::ReadFile, &["file", "document", "read", "open", "文件", "文档"], &[]),
];

fn ability(words: &str, parameters: &[String]) -> Option<Ability> {
    let has = |names: &[&str]| parameters.iter().any(|parameter| names.contains(&parameter.as_str()));
    let row = WORDS.iter().find(|(_, yes, no)| {
        yes.iter().any(|word| words.contains(word)) && !no.iter().any(|word| words.contains(word))
    });
    match row.map(|row| row.0) {
        // Whatever it is called, a tool that takes a URL fetches it.
        Some(Ability::ReadFile | Ability::Search | Ability::ReadMail) if has(URLS) => Some(Ability::Fetch),
        other => other,
    }
}

const URLS: &[&str] = &["url", "link", "uri", "href", "网址", "链接"];
const RECIPIENTS: &[&str] =
    &["to", "recipient", "recipients", "email", "address", "to_address", "receiver", "收件人"];
const SUBJECTS: &[&str] = &["subject", "title", "主题", "标题"];
const BODIES: &[&str] = &["body", "content", "text", "message", "note", "memory", "data", "正文", "内容"];
const FILES: &[&str] = &["name", "file", "filename", "path", "file_name", "document", "文件", "文件名"];
const ACCOUNTS: &[&str] =
    &["account", "iban", "payee", "recipient", "to", "account_number", "账户", "账号", "收款账户"];
const AMOUNTS: &[&str] = &["amount", "sum", "value", "金额"];
const QUERIES: &[&str] = &["query", "q", "question", "keywords", "search", "关键词"];

/// The material for a call's arguments.
#[derive(Debug, Clone, Default)]
pub(super) struct Materials {
    /// What the call is about: a recipient, a URL to open, a file, an account.
    pub object: String,
    /// A subject line.
    pub subject: String,
    /// A text.
    pub body: String,
    /// An amount.
    pub amount: String,
}

impl Tool {
    /// Returns the arguments of a call, or `None` if a required one has no value.
    pub(super) fn arguments(&self, materials: &Materials) -> Option<Value> {
        let mut arguments = Map::new();
        for name in &self.parameters {
            let value = self.value(name, materials);
            if value.is_empty() {
                if self.required.contains(name) {
                    return None;
                }
                continue;
            }
            arguments.insert(name.clone(), value.into());
        }
        Some(arguments.into())
    }

    fn value(&self, parameter: &str, materials: &Materials) -> String {
        let lower = parameter.to_lowercase();
        let is = |names: &[&str]| names.contains(&lower.as_str());
        let objects = match self.ability {
            Ability::Send => RECIPIENTS,
            Ability::Fetch => URLS,
            Ability::ReadMail => &["id", "message_id"],
            Ability::ReadFile | Ability::Delete => FILES,
            Ability::Pay => ACCOUNTS,
            Ability::Save | Ability::Update => BODIES,
            Ability::Search => QUERIES,
        };
        match () {
            () if is(objects) => materials.object.clone(),
            () if is(AMOUNTS) => materials.amount.clone(),
            () if is(SUBJECTS) => materials.subject.clone(),
            () if is(BODIES) => materials.body.clone(),
            // Another required parameter: the model fills in what it has.
            () if self.required.iter().any(|name| name == parameter) => materials.object.clone(),
            () => String::new(),
        }
    }
}
