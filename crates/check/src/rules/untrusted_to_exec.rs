//! `untrusted-to-exec`
//!
//! What it does: follows text from models, tools, web pages, stores and remote users to sinks that run it: `eval`, a shell, an
//! SQL statement built from text, a template engine, an unsafe decoder, the command of an MCP server, the path of a file, the
//! address of a request. Bound parameters, argument lists without a shell, `shlex.quote`, and values that were looked up in a
//! list, matched as a whole, confined to a folder or restricted to a closed type are not reported.
//!
//! Why it matters: one sentence in an email or a web page can run commands where the users' data is.
//!
//! Reference: OWASP LLM05, ASI05; risks S11, S14.

use std::collections::BTreeSet;

use ombud_core::finding::{Bilingual, Confidence, Finding, RuleId, Severity};

use super::{Project, Rule, Text, finding, on_the_way, sinks};
use crate::code::names;
use crate::facts::{Call, Deed, Entry, Facts, FunctionId, Reach, Sink, Sites, Taint, Tool};

pub(super) const RULE: Rule = Rule {
    id: RuleId("untrusted-to-exec"),
    risks: &["S11", "S14"],
    severity: Severity::Error,
    title: Text { en: "untrusted text is executed", zh: "外来文本被当作代码执行" },
    harm: Text {
        en: "Anyone who can get one sentence in front of the model can run commands where the users' data is.",
        zh: "任何人只要能让模型读到一句话，就能在存放用户数据的机器上执行命令。",
    },
    fix: Text {
        en: "Choose from a fixed table of functions, pass a list to `subprocess.run` without a shell, and bind parameters in SQL: `execute(\"… WHERE id = ?\", (id,))`. Insert text into a page as text (`textContent`, `{answer}` in JSX), never as markup. Resolve a path and check that it is still inside its folder; check the host of an address against an allow list.",
        zh: "从固定的函数表中选择；`subprocess.run` 传列表且不用 shell；SQL 使用参数绑定：`execute(\"… WHERE id = ?\", (id,))`。写入网页时按文本写入（`textContent`、JSX 的 `{answer}`），不要当作标记。路径先解析，再确认仍在指定文件夹之内；请求地址的主机须先与允许列表比对。",
    },
    example: "- subprocess.run(answer, shell=True)\n+ subprocess.run([\"ls\", \"--\", folder])  # only what the program offers\n",
    graph: Some(run),
};

fn run(project: &Project<'_>) -> Vec<Finding> {
    let facts = project.facts;
    let sites = Sites::new(facts, project.reach);
    let (mut found, mut files): (Vec<Finding>, BTreeSet<FunctionId>) = Default::default();
    for (function, call) in project.reach.calls(facts) {
        for deed in &call.does {
            // A function that writes the file usually also reads it or checks that it exists, so each function is reported
            // once.
            if let Some((from, changes)) = opens(project, function, deed)
                && files.insert(function)
            {
                found.push(opened(project, function, call, from, changes));
            }
            if let Deed::Ask(content) = deed {
                found.extend(asked(project, function, call, *content));
            }
            let Deed::Run { sink, content, given } = deed else { continue };
            let sources = project.reach.unchecked(function, *content).and(Taint::UNTRUSTED);
            if sources == Taint::NONE {
                continue;
            }
            for (function, call) in places(project, &sites, (function, call), *given) {
                let one = told(project, function, call, *sink, sources);
                if !found.iter().any(|other| other.place == one.place) {
                    found.push(one);
                }
            }
        }
    }
    found
}

/// Reports a request to an address that someone else chose as a whole: through a tool that a model calls, a route open to
/// anyone, or a message to a bot. Addresses in responses of a server or a model may be followed, and code that checks the host
/// first is trusted to do so correctly.
fn asked(project: &Project<'_>, function: FunctionId, call: &Call, content: Taint) -> Option<Finding> {
    let facts = project.facts;
    let from = project.reach.unchecked(function, content);
    // Everything in a chat message is the sender's words, except addresses supplied by the chat platform; a request also holds
    // other things.
    let chat = || {
        !from.has(Taint::REQUEST | Taint::VERIFIED)
            && !is_member(facts, function, call)
            && is_heard(project, function)
    };
    let sent = from.has(Taint::USER) && (from.has(Taint::BODY | Taint::SIGNED) || chat());
    let sources = from.and(Taint::TOOL) | if sent { Taint::USER } else { Taint::NONE };
    if sources == Taint::NONE || looks_at_host(facts, function, 0) {
        return None;
    }
    let (from, source) = origin(sources);
    let message = Bilingual::new(
        format!(
            "{from} decides which address is requested here, including ones that only this machine can reach"
        ),
        format!("{source}在这里决定请求哪个地址：包括只有本机才能访问的内网地址"),
    );
    let place = facts.call_place(function, call);
    let path = project.reach.way(facts, function, call).unwrap_or_default();
    let found = finding(&RULE, Severity::Warning, Confidence::Medium, place, message);
    Some(of_kind(sinks::ADDRESS, on_the_way(found, path)))
}

/// Whether a handler called from outside the project leads to a function: a chat, rather than the operator's own form.
fn is_heard(project: &Project<'_>, function: FunctionId) -> bool {
    let facts = project.facts;
    let entry = |id: FunctionId| facts.functions.get(id).and_then(|known| known.entry);
    let (mut seen, mut queue) = (BTreeSet::from([function]), vec![function]);
    while let Some(id) = queue.pop() {
        if entry(id) == Some(Entry::Handler) {
            return true;
        }
        queue
            .extend(project.reach.callers(facts, id).map(|(caller, _)| caller).filter(|id| seen.insert(*id)));
    }
    false
}

/// Whether the address is a member of an object: `attachment.url`.
fn is_member(facts: &Facts, function: FunctionId, call: &Call) -> bool {
    let text = text_of(facts, function, call);
    ["url", "uri", "link", "href"].iter().any(|name| {
        let member = |at: usize| {
            let before = text
                .get(..at)
                .unwrap_or_default()
                .trim_end_matches(|ch: char| ch.is_alphanumeric() || ch == '_');
            before.ends_with(['.', '"', '\''])
        };
        text.match_indices(name).any(|(at, _)| member(at))
    })
}

/// Whether a function, or one that it calls, checks where an address leads. Checks of its scheme or form do not count; a
/// library call whose name says that it validates is believed.
fn looks_at_host(facts: &Facts, function: FunctionId, depth: usize) -> bool {
    const LOOKS: &[&str] = &[
        "hostname",
        ").host",
        "url.host",
        "uri.host",
        "parsed.host",
        "netloc",
        "ipaddress",
        "is_private",
        "isprivate",
        "getaddrinfo",
        "allow",
        "whitelist",
        "blocked",
        "blocklist",
        "trusted",
        "ssrf",
    ];
    let Some(known) = facts.functions.get(function) else { return false };
    let body = facts.files.get(known.file).and_then(|file| file.text.get(known.body.clone()));
    let body = body.unwrap_or_default().to_ascii_lowercase().replace("allow_redirects", "");
    let checked = |call: &Call| {
        let name = call.target.trim_end_matches("()").rsplit('.').next().unwrap_or_default();
        call.callees.is_empty() && names(name, &["safe*", "valid*", "verify*"])
    };
    LOOKS.iter().any(|word| body.contains(word))
        || known.calls.iter().any(checked)
        || depth < 2
            && known
                .calls
                .iter()
                .flat_map(|call| &call.callees)
                .any(|id| looks_at_host(facts, *id, depth + 1))
}

/// Whether the argument of a call is named like a statement: `execute(sql)`.
pub(super) fn names_a_statement(facts: &Facts, function: FunctionId, call: &Call) -> bool {
    let text = text_of(facts, function, call);
    let given = text.split_once('(').map_or("", |(_, given)| given);
    let name = given.split(|ch: char| !ch.is_alphanumeric() && ch != '_').next().unwrap_or_default();
    names(name, &["sql", "query", "statement", "stmt"])
}

fn text_of<'f>(facts: &'f Facts, function: FunctionId, call: &Call) -> &'f str {
    let file = facts.functions.get(function).and_then(|known| facts.files.get(known.file));
    file.and_then(|file| file.text.get(call.span.clone())).unwrap_or_default()
}

/// Returns where the path of a file that a deed opens comes from, if someone else chooses it, and whether the file is changed.
/// A tool for reading files, or for writing the one it is given, does what it says; one that is meant to stay inside a folder
/// has to ensure it.
fn opens(project: &Project<'_>, function: FunctionId, deed: &Deed) -> Option<(Taint, bool)> {
    let Deed::Open { changes, path, whole, below } = deed else { return None };
    // A whole path in one of the program's own records was put there by the program.
    if *whole && !path.is_symbolic() && !path.has(Taint::BODY | Taint::SIGNED | Taint::TOOL) {
        return None;
    }
    let from = project.reach.unchecked(function, *path);
    let sent = from.has(Taint::SENT | Taint::SIGNED) && from.has(Taint::USER);
    // Pages do not contain whole paths, but a path built from page content may hold anything.
    let said = from.and(Taint::MODEL | Taint::UPLOAD | if *whole { Taint::NONE } else { Taint::WEB });
    let folder = *changes && !whole || *below || is_beside_the_point(project, function);
    // The agent loop passes the model's output as the tool's arguments.
    let tool = project.facts.tools.iter().any(|tool| tool.function == Some(function));
    let (said, chosen) =
        if tool { (said.without(Taint::MODEL), Taint::TOOL | Taint::MODEL) } else { (said, Taint::TOOL) };
    let asked = if folder { from.and(chosen) } else { Taint::NONE };
    let found = said | asked | if sent { Taint::USER } else { Taint::NONE };
    (found != Taint::NONE).then_some((found, *changes))
}

/// Whether no tool that leads to a function deals with files: one that sends email need not be able to attach any file on the
/// disk.
fn is_beside_the_point(project: &Project<'_>, function: FunctionId) -> bool {
    const FILES: &[&str] = &[
        "file*",
        "path*",
        "dir*",
        "folder*",
        "save*",
        "load*",
        "export*",
        "import*",
        "upload*",
        "convert*",
        "append*",
        "patch*",
        "image*",
        "document*",
        "note*",
        "code*",
    ];
    const ALONE: &[&str] = &["read", "write", "edit", "view", "open", "ls", "cat", "glob", "grep"];
    let facts = project.facts;
    let leads = Reach::leading_from(facts, |id, _| id == function);
    let own = |tool: &&Tool| tool.function.is_none_or(|id| id == function || leads.get(id) == Some(&true));
    let mut all = facts.tools.iter().filter(own).peekable();
    all.peek().is_some()
        && !all.any(|tool| names(&tool.name, FILES) || ALONE.contains(&tool.name.to_lowercase().as_str()))
}

/// Builds the finding about a file.
fn opened(project: &Project<'_>, function: FunctionId, call: &Call, from: Taint, changes: bool) -> Finding {
    let facts = project.facts;
    let (from, source) = origin(from);
    let (what, deed) = if changes { ("written or deleted", "写入或删除") } else { ("read", "读取") };
    let message = Bilingual::new(
        format!(
            "{from} decides which file is {what} here: with `..` in it, that can be any file on this machine"
        ),
        format!("{source}在这里决定{deed}哪个文件：含有 `..` 时可以是本机的任何文件"),
    );
    let place = facts.call_place(function, call);
    let path = project.reach.way(facts, function, call).unwrap_or_default();
    of_kind(
        sinks::FILE,
        on_the_way(finding(&RULE, Severity::Error, Confidence::Medium, place, message), path),
    )
}

/// Records the kind of sink in a finding.
fn of_kind(kind: &str, finding: Finding) -> Finding {
    Finding { subject: kind.to_owned(), ..finding }
}

/// Returns where to fix it: at the sink, or at each call of a helper that runs whatever it is given.
fn places<'f>(
    project: &'f Project<'_>,
    sites: &Sites<'f>,
    sink: (FunctionId, &'f Call),
    given: Option<(FunctionId, usize)>,
) -> Vec<(FunctionId, &'f Call)> {
    let helper = given.map_or(sink.0, |(helper, _)| helper);
    let entered = project.facts.functions.get(helper).is_some_and(|function| function.entry.is_some());
    let Some(mut found) = given.and_then(|given| sites.of(given, Taint::UNTRUSTED)) else {
        return vec![sink];
    };
    // A call that selects one of several functions is less telling than the sink itself, unless the text is composed in it.
    let picks = |(function, call): &(FunctionId, &Call)| {
        const TOGETHER: &[&str] = &["f\"", "f'", "${", ".format(", "\" + ", "' + "];
        let text = text_of(project.facts, *function, call);
        call.callees.len() > 1 && !TOGETHER.iter().any(|part| text.contains(part))
    };
    let none = found.is_empty() && helper == sink.0;
    if entered || none || found.iter().any(picks) {
        found.retain(|one| !picks(one));
        found.insert(0, sink);
    }
    found
}

/// Builds the finding for one location.
fn told(project: &Project<'_>, function: FunctionId, call: &Call, sink: Sink, sources: Taint) -> Finding {
    let facts = project.facts;
    let (from, source) = origin(sources);
    let (what, thing) = match sink {
        Sink::Code => ("as code", "当作代码执行"),
        Sink::Shell => ("by a shell", "交给 shell 执行"),
        Sink::Sql => ("as a database statement", "当作数据库语句执行"),
        Sink::Template => ("by a template engine", "当作模板执行"),
        Sink::Html => ("by the browser as part of the page", "当作网页内容由浏览器执行"),
        Sink::Pickle => ("by an unsafe decoder", "交给不安全的反序列化"),
        Sink::Server => ("as the command of an MCP server", "当作 MCP 服务器的启动命令执行"),
    };
    let message =
        Bilingual::new(format!("{from} is executed here {what}"), format!("{source}在这里被{thing}"));
    let place = facts.call_place(function, call);
    let path = project.reach.way(facts, function, call).unwrap_or_default();
    of_kind(
        sinks::name(sink),
        on_the_way(finding(&RULE, Severity::Error, Confidence::High, place, message), path),
    )
}

fn origin(sources: Taint) -> (&'static str, &'static str) {
    let rows = [
        (Taint::MODEL, "text that a model wrote", "模型写出的内容"),
        (Taint::TOOL, "an argument that a model chose", "模型给出的参数"),
        (Taint::WEB, "content from the network", "来自网络的内容"),
        (Taint::RETRIEVED, "content from a store", "从存储中取出的内容"),
        (Taint::UPLOAD, "content that somebody uploaded", "他人上传的内容"),
    ];
    let found = rows.into_iter().find(|(sign, ..)| sources.has(*sign));
    found.map_or(("content that somebody sent", "他人发来的内容"), |(_, en, zh)| (en, zh))
}
