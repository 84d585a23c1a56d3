//! `endpoint-without-authentication`
//!
//! What it does: finds server routes, webhooks and public workflow chats that do not authenticate their caller and lead to a
//! store, to something that executes input, to the program's settings and the keys in them, or to a provider's model; and bots
//! with tools or a shell whose allow list admits everyone when it is empty.
//!
//! Why it matters: anyone who finds the address spends the developer's money and reads or writes what users stored.
//!
//! Reference: OWASP API2; risks S10 and S13.

use std::collections::BTreeSet;

use ombud_core::effect::Effect;
use ombud_core::finding::{Bilingual, Confidence, Finding, Place, RuleId, Severity};

use super::{Project, Rule, Text, finding};
use crate::code::names;
use crate::facts::{
    Call, Deed, Endpoint, Entry, Facts, Flaw, Function, FunctionId, Reach, Sink, Taint, Tool,
};

/// How many parameters of a handler are examined.
const MOST_PARAMETERS: usize = 4;

pub(super) const RULE: Rule = Rule {
    id: RuleId("endpoint-without-authentication"),
    risks: &["S10", "S13"],
    severity: Severity::Warning,
    title: Text { en: "anyone can call this", zh: "任何人都能调用此入口" },
    harm: Text {
        en: "Anyone who finds the address can use the agent, see what it tells other users, and spend your money.",
        zh: "任何人找到这个地址就能使用智能体、看到它给其他用户的内容，并花你的钱。",
    },
    fix: Text {
        en: "Authenticate callers first (a session, token or signature; in a workflow: header, JWT or Basic auth on the node), and give every caller a key of their own.",
        zh: "在入口前加上身份验证（会话、令牌或签名；工作流中为节点设置请求头、JWT 或 Basic），并为每个调用方分配各自的密钥。",
    },
    example: "  \"type\": \"n8n-nodes-base.webhook\",\n+ \"authentication\": \"headerAuth\"\n",
    graph: Some(run),
};

fn run(project: &Project<'_>) -> Vec<Finding> {
    let facts = project.facts;
    let doors = facts.endpoints.iter().filter(|endpoint| endpoint.open);
    let mut found: Vec<Finding> = doors.filter_map(|endpoint| one(project, endpoint)).collect();
    found.extend(routes(project));
    found.extend(switched_off(project));
    found.extend(empty_lists(project));
    found
}

/// Reports a bot that lets everyone trigger actions when its allow list is empty.
fn empty_lists(project: &Project<'_>) -> Vec<Finding> {
    let facts = project.facts;
    let open: Vec<bool> = facts.functions.iter().map(|function| function.lets_all).collect();
    if !open.contains(&true) {
        return Vec::new();
    }
    let looks = Reach::leading_from(facts, |id, call| {
        let entered = || call.callees.iter().any(|callee| open.get(*callee) == Some(&true));
        open.get(id) == Some(&true) || entered()
    });
    let heard = |id: FunctionId| {
        (0..MOST_PARAMETERS).any(|index| project.reach.sources(id, Taint::parameter(index)).has(Taint::USER))
    };
    let acts =
        |effect: Effect| matches!(effect, Effect::Execute | Effect::Delete | Effect::Pay | Effect::Send);
    let armed = facts.tools.iter().any(|tool| acts(tool.effect));
    let handed_out =
        |id: FunctionId, name: &str| project.reach.callers(facts, id).any(|(_, call)| call.target != name);
    let bot = |(id, function): (FunctionId, &Function)| {
        let by_host = function.entry == Some(Entry::Handler) || heard(id) && handed_out(id, &function.name);
        let enters = looks.get(id) == Some(&true) && !function.http && project.reach.runs(id);
        let grave = enters.then(|| leads_to(project, id)).flatten()?;
        (by_host && (grave.0 > 2 || armed)).then_some(())?;
        let (name, place) = place_of(project, id)?;
        let (en, zh) =
            if grave.0 > 2 { grave.1 } else { ("tools that take actions", "会产生实际影响的工具") };
        let message = Bilingual::new(
            format!("`{name}` admits everyone when its allow list is empty, and leads to {en}"),
            format!("允许名单为空时，`{name}` 放行所有人，却通向{zh}"),
        );
        Some(finding(&RULE, Severity::Warning, Confidence::Medium, place, message))
    };
    facts.functions.iter().enumerate().find_map(bot).into_iter().collect()
}

/// Reports calls that switch authentication off.
fn switched_off(project: &Project<'_>) -> Vec<Finding> {
    let facts = project.facts;
    let told_at = |(function, call): (FunctionId, &Call)| {
        let message = if call.does.contains(&Deed::Flaw(Flaw::SignatureUnchecked)) {
            Bilingual::new(
                "anything sent here is accepted as coming from the service: the signature is not checked",
                "这里不校验签名，任何人发来的内容都会被当作来自该服务",
            )
        } else if call.does.contains(&Deed::Flaw(Flaw::OffersToAll)) {
            Bilingual::new(
                "any machine that can reach this one can call this server's tools: it does not authenticate callers",
                "任何能访问本机的设备都可以调用此服务器的工具：它不验证调用者身份",
            )
        } else if call.does.contains(&Deed::Flaw(Flaw::PageForAll)) && asks_a_model(facts) {
            Bilingual::new(
                "anyone who can reach this machine or has the link can use this page and the model behind it: it does not authenticate visitors",
                "任何能访问本机或拿到链接的人都能使用此页面及其背后的模型：它不验证使用者身份",
            )
        } else {
            return None;
        };
        let place = facts.call_place(function, call);
        Some(finding(&RULE, Severity::Warning, Confidence::High, place, message))
    };
    project.reach.calls(facts).filter_map(told_at).collect()
}

/// Whether the project calls a model that is not on this machine.
fn asks_a_model(facts: &Facts) -> bool {
    let elsewhere = |deed: &Deed| matches!(deed, Deed::Model { recipient, .. } if !recipient.local);
    facts.calls().any(|(_, call)| call.does.iter().any(elsewhere))
}

/// Reports routes in code that nothing authenticates.
fn routes(project: &Project<'_>) -> Vec<Finding> {
    let doors = project.doors;
    let told_at = |id: FunctionId| {
        let words = leads_to(project, id)?.1;
        let (name, place) = place_of(project, id)?;
        if says_how_it_is(name) {
            return None;
        }
        Some(told(name, words, place))
    };
    doors.all().filter_map(told_at).collect()
}

/// Whether a route is a health check for monitoring.
fn says_how_it_is(name: &str) -> bool {
    names(
        name,
        &[
            "health*",
            "healthz",
            "ping",
            "ready",
            "readiness",
            "readyz",
            "live",
            "liveness",
            "livez",
            "heartbeat",
        ],
    )
}

/// Returns a route's name and location; for a function without a name, the call that it is passed to.
fn place_of<'a>(project: &'a Project<'_>, id: FunctionId) -> Option<(&'a str, Place)> {
    let facts = project.facts;
    let function = facts.functions.get(id)?;
    if !function.span.is_empty() {
        let name = function.name.rsplit('.').next().unwrap_or_default();
        // Authentication has to be added where the function is registered as a route.
        let route = project.reach.callers(facts, id).find(|(_, call)| makes_a_route(call));
        let place = route.map(|(owner, call)| facts.call_place(owner, call));
        return Some((name, place.unwrap_or_else(|| facts.place(function.file, function.span.clone()))));
    }
    let (owner, call) = project.reach.callers(facts, id).next()?;
    // A function that the framework calls by convention is not passed to anything.
    if call.target.starts_with("js.") && !function.body.is_empty() {
        let start = function.body.start;
        return Some((
            function.name.rsplit('.').next().unwrap_or_default(),
            facts.place(function.file, start..start),
        ));
    }
    Some((call.target.as_str(), facts.call_place(owner, call)))
}

/// `app.post("/chat", chat)`
fn makes_a_route(call: &Call) -> bool {
    const VERBS: &[&str] = &[
        "get",
        "post",
        "put",
        "patch",
        "delete",
        "all",
        "route",
        "add_api_route",
        "add_url_rule",
        "Route",
        "WebSocketRoute",
    ];
    let verb = call.target.trim_end_matches("()").rsplit('.').next().unwrap_or_default();
    VERBS.contains(&verb) && call.target.contains('.')
}

fn one(project: &Project<'_>, endpoint: &Endpoint) -> Option<Finding> {
    let facts = project.facts;
    let start = facts
        .functions
        .iter()
        .position(|function| function.file == endpoint.file && function.span == endpoint.span)?;
    let (_, (en, zh)) = leads_to(project, start)?;
    Some(told(&endpoint.name, (en, zh), facts.place(endpoint.file, endpoint.span.clone())))
}

fn told(name: &str, (en, zh): (&str, &str), place: Place) -> Finding {
    let message = Bilingual::new(
        format!("`{name}` does not authenticate its caller, and leads to {en}"),
        format!("`{name}` 不验证调用者身份，却通向{zh}"),
    );
    finding(&RULE, Severity::Warning, Confidence::Medium, place, message)
}

/// A severity, with its description in both languages.
type Grave = (u8, (&'static str, &'static str));

/// Returns the most severe thing that can be reached from a function.
fn leads_to(project: &Project<'_>, start: FunctionId) -> Option<Grave> {
    let facts = project.facts;
    let deletes = |id: FunctionId| facts.functions.get(id).is_some_and(|function| function.erases);
    let mut seen = BTreeSet::from([start]);
    let mut queue = vec![(start, deletes(start))];
    let mut grave = None;
    while let Some((id, erases)) = queue.pop() {
        for call in facts.functions.get(id).map(|function| &function.calls).into_iter().flatten() {
            let next = call.callees.iter().copied().filter(|callee| seen.insert(*callee));
            queue.extend(next.map(|callee| (callee, erases || deletes(callee))));
            if opens_tools(&call.target) && has_tools_that_matter(project) {
                grave = grave.max(Some((3, ("an MCP server's tools", "MCP 服务器的工具"))));
            }
            if is_unsigned(facts, &call.target) {
                grave = grave.max(Some((
                    3,
                    (
                        "a handler for an external service, with its signature check switched off",
                        "响应外部服务的代码，且未校验签名",
                    ),
                )));
            }
            grave = call.does.iter().filter_map(|deed| weighs(project, id, deed, erases)).chain(grave).max();
        }
    }
    grave
}

/// Rates what an unauthenticated caller can trigger; `erases` where the call serves to delete something.
fn weighs(project: &Project<'_>, id: FunctionId, deed: &Deed, erases: bool) -> Option<Grave> {
    let sources = |content: &Taint| project.reach.sources(id, *content);
    let store = (2, ("a store", "数据存储"));
    match deed {
        Deed::Run { content, .. } if sources(content) != Taint::NONE => {
            Some((3, ("something that executes its input", "会执行传入内容的节点")))
        }
        // A fixed command does only what the developer wrote; a fixed SQL statement reads or changes what others stored.
        Deed::Run { sink, .. } => (*sink == Sink::Sql).then_some(store),
        Deed::Persist { content, .. } => (erases || sources(content).has(Taint::USER)).then_some(store),
        Deed::Configure(content) => {
            sources(content).has(Taint::USER).then_some((2, ("the program's settings", "程序的设置")))
        }
        Deed::Reveal => shows_keys(project.facts, id)
            .then_some((2, ("the program's settings and the keys in them", "程序的设置及其中的密钥"))),
        Deed::Open { path, .. } => sources(path)
            .has(Taint::BODY | Taint::REQUEST)
            .then_some((2, ("files named by the request", "请求指定的文件"))),
        Deed::Rows { .. } | Deed::Store(..) | Deed::Retrieve(_) | Deed::Erase(_) | Deed::Keyed(_) => {
            Some(store)
        }
        Deed::Model { recipient, .. } if !recipient.local => {
            Some((1, ("a model that you pay for", "由你付费的模型")))
        }
        // What the caller says is passed on in the developer's name.
        Deed::Send { host: Some(_), content } => sources(content)
            .has(Taint::BODY)
            .then_some((1, ("a service that is called on your behalf", "以你的名义访问的服务"))),
        _ => None,
    }
}

/// Whether the settings a function returns may include keys: the project's code mentions some, and the function does not remove
/// or mask them.
fn shows_keys(facts: &Facts, id: FunctionId) -> bool {
    const KEYS: &[&str] = &[
        "api_key",
        "apiKey",
        "API_KEY",
        "apikey",
        "api_token",
        "apiToken",
        "API_TOKEN",
        "secret",
        "password",
        "access_token",
        "accessToken",
    ];
    const HIDES: &[&str] = &["mask", "redact", "***", "hide", "hidden", "sanitiz", "public", "脱敏", "隐藏"];
    // Removal of some fields counts only if the body also names keys.
    const TAKES_OUT: &[&str] = &["omit", "delete ", "pop(", "exclude"];
    let Some(function) = facts.functions.get(id) else { return false };
    let text = |file: usize| facts.files.get(file).map(|file| file.text.as_str()).unwrap_or_default();
    let body = text(function.file).get(function.body.clone()).unwrap_or_default().to_lowercase();
    let code: BTreeSet<usize> = facts.functions.iter().map(|function| function.file).collect();
    let speaks = |file: usize| KEYS.iter().any(|key| text(file).contains(key));
    let has = |words: &[&str]| words.iter().any(|word| body.contains(word));
    let takes_keys = has(TAKES_OUT) && has(&["key", "secret", "token", "password"]);
    !has(HIDES) && !takes_keys && code.into_iter().any(speaks)
}

/// Whether a call dispatches a service's requests although signature checks are switched off.
fn is_unsigned(facts: &Facts, target: &str) -> bool {
    let off = |(_, call): (FunctionId, &Call)| call.does.contains(&Deed::Flaw(Flaw::SignatureUnchecked));
    target.starts_with("slack_bolt.") && target.ends_with(".dispatch") && facts.calls().any(off)
}

/// Whether any tool of the project has an effect, or leads to something restricted. If no tool is known, the answer is yes.
fn has_tools_that_matter(project: &Project<'_>) -> bool {
    let facts = project.facts;
    let matters = |tool: &Tool| {
        let harmless = matches!(tool.effect, Effect::Read | Effect::Fetch | Effect::Unknown);
        !harmless || tool.function.is_none_or(|id| leads_to_anything(facts, id))
    };
    facts.tools.is_empty() || facts.tools.iter().any(matters)
}

/// Whether a function, or anything it calls, does something that rules look at.
fn leads_to_anything(facts: &Facts, start: FunctionId) -> bool {
    let heavy = |deed: &Deed| !matches!(deed, Deed::Guard(_) | Deed::Send { .. } | Deed::Reveal);
    Reach::leading(facts, |call| call.does.iter().any(heavy)).get(start) == Some(&true)
}

/// Whether a call hands a request to a tool server: the HTTP transports of the MCP SDKs.
fn opens_tools(target: &str) -> bool {
    const TAKES: &[&str] = &[
        "SSEServerTransport",
        "StreamableHTTPServerTransport",
        "connect_sse",
        "handle_request",
        "handle_post_message",
        "handleRequest",
        "handlePostMessage",
    ];
    let sdk = target.starts_with("mcp.") || target.starts_with("@modelcontextprotocol/sdk");
    sdk && TAKES.iter().any(|takes| target.trim_end_matches("()").ends_with(takes))
}
