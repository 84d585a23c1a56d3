//! Reads a template strictly: every mistake is reported with its file, field and line, and how to fix it.

use std::fmt;

use ombud_core::{Lang, Say, say};
use saphyr::{LoadableYamlNode, MarkedYaml, Scalar, YamlData};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::canary::NAMES;
use super::{Both, Channel, Oracle, SCHEMA, Template};

/// Maximum size of a template, in bytes.
const MAX: usize = 256 * 1024;

/// Keys of a template: name, and whether it is required.
const KEYS: &[(&str, bool)] = &[
    ("schema", true),
    ("id", true),
    ("version", true),
    ("title", true),
    ("why", true),
    ("risks", true),
    ("severity", true),
    ("channel", true),
    ("turn", true),
    ("benign", true),
    ("plant", false),
    ("everywhere", false),
    ("payloads", true),
    ("oracle", true),
    ("fix", true),
];

/// What is wrong with a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The file.
    pub file: String,
    /// The field, such as `payloads[0].text.zh`.
    pub field: String,
    /// Line, from 1; 0 if the whole file is meant.
    pub line: usize,
    /// Why it is wrong.
    pub reason: Reason,
}

/// Kinds of mistakes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// The file is not YAML, or is too long.
    Syntax(String),
    /// An unknown key.
    UnknownKey,
    /// A required key is missing.
    Missing,
    /// A value of the wrong type, with the parser's message.
    Type(String),
    /// A text or list without content.
    Empty,
    /// An unknown placeholder.
    Placeholder(String),
    /// A risk that is not in the registry.
    Risk(String),
    /// Fewer than two wordings.
    OneWording,
}

impl std::error::Error for Problem {}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.say(Lang::En))
    }
}

impl Say for Problem {
    fn say(&self, lang: Lang) -> String {
        let (file, field, line) = (&self.file, &self.field, self.line);
        let (why, fix) = self.reason.say(lang);
        say!(lang,
            en: "template {file}, line {line}, field `{field}`: {why}. {fix}",
            zh: "模板 {file} 第 {line} 行，字段 `{field}`：{why}。{fix}")
    }
}

impl Reason {
    fn say(&self, lang: Lang) -> (String, String) {
        let pair = |en: (&str, &str), zh: (&str, &str)| match lang {
            Lang::En => (en.0.to_owned(), en.1.to_owned()),
            Lang::Zh => (zh.0.to_owned(), zh.1.to_owned()),
        };
        let names = NAMES.join(", ");
        match self {
            Self::Syntax(why) => {
                let (a, b) =
                    pair(("it is not readable YAML", "Fix the syntax"), ("不是可读的 YAML", "请修正语法"));
                (format!("{a} ({why})"), b)
            }
            Self::UnknownKey => pair(
                (
                    "there is no such key",
                    "Remove it or fix its spelling; `ombud attack --schema` prints the format",
                ),
                ("没有这个键", "请删除或改正拼写；`ombud attack --schema` 可打印格式"),
            ),
            Self::Missing => pair(
                ("it is missing", "Add it; every text needs `en` and `zh`"),
                ("缺少该字段", "请补上；每段文字都要有 `en` 和 `zh`"),
            ),
            Self::Type(why) => {
                let (a, b) = pair(
                    ("the value has the wrong type", "`ombud attack --schema` prints the format"),
                    ("值的类型不对", "`ombud attack --schema` 可打印格式"),
                );
                (format!("{a} ({why})"), b)
            }
            Self::Empty => pair(("it is empty", "Write some text"), ("内容为空", "请填写文字")),
            Self::Placeholder(name) => {
                let (a, b) =
                    pair(("unknown placeholder", "Available placeholders"), ("没有这个占位符", "可用的有"));
                (format!("{a} `{{{{{name}}}}}`"), format!("{b}: {names}"))
            }
            Self::Risk(id) => {
                let (a, b) = pair(
                    ("the registry does not list the risk", "See registry/risks.json"),
                    ("风险登记表中没有", "参见 registry/risks.json"),
                );
                (format!("{a} `{id}`"), b)
            }
            Self::OneWording => pair(
                ("an attack needs at least two wordings", "Add a payload"),
                ("一个攻击至少要有两种说法", "请再加一个 payload"),
            ),
        }
    }
}

/// Where fields are: path and line.
type Lines = Vec<(String, usize)>;

/// Reads a template from the text of a file.
pub fn load(file: &str, text: &str) -> Result<Template, Problem> {
    let problem =
        |field: &str, line, reason| Problem { file: file.to_owned(), field: field.to_owned(), line, reason };
    if text.len() > MAX {
        return Err(problem("", 0, Reason::Syntax(format!("> {MAX} bytes"))));
    }
    let documents = MarkedYaml::load_from_str(text)
        .map_err(|error| problem("", error.marker().line(), Reason::Syntax(error.info().to_owned())))?;
    let mut lines = Lines::new();
    let value = documents.first().map(|root| convert(root, "", &mut lines, 0)).unwrap_or_default();
    let Value::Object(mut members) = value else {
        return Err(problem("", 1, Reason::Type("an object is expected".to_owned())));
    };
    let at = |field: &str| {
        lines
            .iter()
            .rev()
            .find(|line| field.starts_with(&line.0) && !line.0.is_empty())
            .map_or(1, |line| line.1)
    };
    let exact =
        |field: &str| lines.iter().find(|line| line.0 == field).map_or_else(|| at(field), |line| line.1);
    if let Some(key) = members.keys().find(|key| !KEYS.iter().any(|known| known.0 == key.as_str())) {
        return Err(problem(key, exact(key), Reason::UnknownKey));
    }
    let mut fields =
        Fields { members: &mut members, problem: &|field, reason| problem(field, exact(field), reason) };
    let template = fields.template()?;
    check(&template, &|field, reason| problem(field, exact(field), reason))?;
    Ok(template)
}

/// Converts YAML to JSON, noting the line of every field.
fn convert(node: &MarkedYaml<'_>, path: &str, lines: &mut Lines, depth: usize) -> Value {
    lines.push((path.to_owned(), node.span.start.line()));
    if depth > 16 {
        return Value::Null;
    }
    match &node.data {
        YamlData::Mapping(members) => {
            let mut object = Map::new();
            for (key, value) in members {
                let name = key.data.as_str().unwrap_or("?").to_owned();
                let inner = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                lines.push((inner.clone(), key.span.start.line()));
                object.insert(name, convert(value, &inner, lines, depth + 1));
            }
            object.into()
        }
        YamlData::Sequence(items) => {
            let numbered = items.iter().enumerate();
            numbered
                .map(|(place, item)| convert(item, &format!("{path}[{place}]"), lines, depth + 1))
                .collect()
        }
        YamlData::Value(scalar) => match scalar {
            Scalar::Boolean(yes) => (*yes).into(),
            Scalar::Integer(number) => (*number).into(),
            Scalar::FloatingPoint(number) => number.into_inner().into(),
            Scalar::String(text) => text.as_ref().into(),
            Scalar::Null => Value::Null,
        },
        _ => Value::Null,
    }
}

struct Fields<'f> {
    members: &'f mut Map<String, Value>,
    problem: &'f dyn Fn(&str, Reason) -> Problem,
}

impl Fields<'_> {
    fn template(&mut self) -> Result<Template, Problem> {
        Ok(Template {
            schema: self.take("schema")?,
            id: self.take("id")?,
            version: self.take("version")?,
            title: self.take("title")?,
            why: self.take("why")?,
            risks: self.take("risks")?,
            severity: self.take("severity")?,
            channel: self.take("channel")?,
            turn: self.take("turn")?,
            benign: self.take("benign")?,
            plant: self.take("plant")?,
            everywhere: self.take::<Option<bool>>("everywhere")?.unwrap_or_default(),
            payloads: self.list("payloads")?,
            oracle: self.list("oracle")?,
            fix: self.take("fix")?,
        })
    }

    fn take<T: DeserializeOwned>(&mut self, key: &str) -> Result<T, Problem> {
        let needed = KEYS.iter().any(|known| known.0 == key && known.1);
        let value = self.members.remove(key).unwrap_or_default();
        if needed && value.is_null() {
            return Err((self.problem)(key, Reason::Missing));
        }
        self.typed(key, value)
    }

    /// Reads each item of a list by itself, so that a mistake is reported with its index.
    fn list<T: DeserializeOwned>(&mut self, key: &str) -> Result<Vec<T>, Problem> {
        let items: Vec<Value> = self.take(key)?;
        let numbered = items.into_iter().enumerate();
        numbered.map(|(place, item)| self.typed(&format!("{key}[{place}]"), item)).collect()
    }

    fn typed<T: DeserializeOwned>(&self, field: &str, value: Value) -> Result<T, Problem> {
        serde_json::from_value(value).map_err(|error| {
            let why = error.to_string();
            let reason = match why.as_str() {
                _ if why.starts_with("unknown field") => Reason::UnknownKey,
                _ if why.starts_with("missing field") => Reason::Missing,
                _ => Reason::Type(why.clone()),
            };
            let name =
                why.split('`').nth(1).filter(|_| matches!(reason, Reason::UnknownKey | Reason::Missing));
            let field = name.map_or_else(|| field.to_owned(), |name| format!("{field}.{name}"));
            (self.problem)(&field, reason)
        })
    }
}

fn check(template: &Template, problem: &dyn Fn(&str, Reason) -> Problem) -> Result<(), Problem> {
    if template.schema != SCHEMA {
        return Err(problem("schema", Reason::Type(format!("{SCHEMA} is expected"))));
    }
    let named = |id: &str| {
        !id.is_empty()
            && id.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
    };
    if !named(&template.id) {
        return Err(problem("id", Reason::Type("small letters, digits and hyphens".to_owned())));
    }
    if template.payloads.len() < 2 {
        return Err(problem("payloads", Reason::OneWording));
    }
    if template.oracle.is_empty() {
        return Err(problem("oracle", Reason::Empty));
    }
    let known =
        |id: &String| include_str!("../../../../registry/risks.json").contains(&format!("\"id\": \"{id}\""));
    if let Some(id) = template.risks.iter().find(|id| !known(id)) {
        return Err(problem("risks", Reason::Risk(id.clone())));
    }
    for (field, text) in texts(template) {
        if text.trim().is_empty() {
            return Err(problem(&field, Reason::Empty));
        }
        if let Some(name) = unknown(text) {
            return Err(problem(&field, Reason::Placeholder(name)));
        }
    }
    match template.oracle.iter().find(|oracle| {
        matches!(oracle, Oracle::Call(sign) if sign.holds.is_empty())
            || matches!(oracle, Oracle::Answer(sign) if sign.holds.is_empty())
    }) {
        Some(_) => Err(problem("oracle", Reason::Empty)),
        None => Ok(()),
    }
}

/// Every text, with the path of its field.
fn texts(template: &Template) -> Vec<(String, &str)> {
    let pairs: Vec<(String, &Both)> = [
        ("title", &template.title),
        ("why", &template.why),
        ("benign", &template.benign),
        ("fix.advice", &template.fix.advice),
    ]
    .into_iter()
    .map(|(field, both)| (field.to_owned(), both))
    .chain((template.channel != Channel::Direct).then(|| ("turn".to_owned(), &template.turn)))
    .chain(template.plant.iter().map(|plant| ("plant.text".to_owned(), &plant.text)))
    .chain(
        template
            .payloads
            .iter()
            .enumerate()
            .map(|(place, payload)| (format!("payloads[{place}].text"), &payload.text)),
    )
    .collect();
    let mut found: Vec<(String, &str)> = Vec::new();
    for (field, both) in pairs {
        found.push((format!("{field}.en"), &both.en));
        found.push((format!("{field}.zh"), &both.zh));
    }
    for (place, oracle) in template.oracle.iter().enumerate() {
        let holds = match oracle {
            Oracle::Call(sign) => sign.holds.as_slice(),
            Oracle::Answer(sign) => sign.holds.as_slice(),
            Oracle::RequestsOver(_) => &[],
        };
        found.extend(holds.iter().map(|text| (format!("oracle[{place}]"), text.as_str())));
    }
    found
}

/// The first unknown placeholder of a text.
fn unknown(text: &str) -> Option<String> {
    let names = text.split("{{").skip(1).map(|part| part.split("}}").next().unwrap_or_default());
    names.into_iter().find(|name| !NAMES.contains(name)).map(|name| name.chars().take(40).collect())
}
