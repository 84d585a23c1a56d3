//! n8n workflows: `nodes[]` with types, `connections{}` by name. A node connected to an agent by an `ai_…` edge is a part of
//! it: the agent does what the part does.

use std::collections::BTreeMap;
use std::ops::Range;

use ombud_core::effect::{Effect, Hints, classify};

use super::flowise;
use super::graph::{Act, Graph, Step, store};
use super::http::{self, Request};
use super::inside::{self, Language};
use crate::facts::{Agent, Endpoint, Facts, Held, Sink, Taint, Tool};
use crate::providers::Providers;
use crate::tree::Node;

/// Reads a workflow.
pub(super) fn read(facts: &mut Facts, file: usize, root: &Node, providers: &Providers) {
    let nodes = root.get("nodes").map(Node::items).unwrap_or_default();
    let mut graph = Graph::default();
    let mut parts: BTreeMap<&str, Vec<&Node>> = BTreeMap::new();
    for (from, kind, to) in edges(root) {
        if kind == "main" {
            graph.edges.push((from.to_owned(), to.to_owned()));
        } else if let Some(part) = nodes.iter().find(|node| node.text_of("name") == from) {
            parts.entry(to).or_default().push(part);
        }
    }
    let mut reader = Reader { facts, file, providers, parts: &parts, nodes, held: BTreeMap::new() };
    for node in nodes {
        let kind = kind(node);
        *reader.facts.kinds.entry(format!("n8n:{kind}")).or_default() += 1;
        reader.endpoint(node, kind);
        reader.tool(node, kind);
        reader.secrets(node);
        if node.text_of("disabled") != "true" {
            graph.steps.push(reader.step(node, kind));
        }
    }
    let all = std::mem::take(&mut reader.held);
    for node in nodes.iter().filter(|node| kind(node) == "agent" && node.text_of("disabled") != "true") {
        let own: Vec<&&Node> = parts.get(node.text_of("name")).into_iter().flatten().collect();
        // `sendAndWait`: a person responds before the flow continues.
        let waits = |part: &&&Node| {
            part.at(&["parameters", "operation"]).is_some_and(|what| what.text() == "sendAndWait")
        };
        let asks = own.iter().any(waits);
        let holds: Vec<Held> =
            own.into_iter().filter_map(|part| all.get(part.text_of("name")).cloned()).collect();
        facts.agents.push(Agent { file, span: place(node), holds, asks, ..Agent::default() });
    }
    graph.assemble(facts, file);
}

/// Returns the last component of a node's type: `agent`, `webhook`.
fn kind(node: &Node) -> &str {
    node.text_of("type").rsplit('.').next().unwrap_or_default()
}

/// Returns the edges: source, kind, target.
fn edges(root: &Node) -> Vec<(&str, &str, &str)> {
    let mut found = Vec::new();
    for (from, kinds) in root.get("connections").map(Node::fields).unwrap_or_default() {
        for (kind, outputs) in kinds.fields() {
            for target in outputs.items().iter().flat_map(Node::items) {
                found.push((from.as_str(), kind.as_str(), target.text_of("node")));
            }
        }
    }
    found
}

struct Reader<'r> {
    facts: &'r mut Facts,
    file: usize,
    providers: &'r Providers,
    parts: &'r BTreeMap<&'r str, Vec<&'r Node>>,
    nodes: &'r [Node],
    /// The tools, by node name.
    held: BTreeMap<String, Held>,
}

impl Reader<'_> {
    fn step(&mut self, node: &Node, kind: &str) -> Step {
        let name = node.text_of("name").to_owned();
        let trigger = kind.ends_with("Trigger") || kind == "webhook";
        let mut acts = Vec::new();
        self.acts(node, kind, &mut acts, 0);
        let (adds, passes) = adds(kind);
        Step {
            id: name.clone(),
            name,
            span: place(node),
            entry: trigger,
            adds,
            passes,
            acts,
            ..Step::default()
        }
    }

    /// Collects what a node does, and what its parts do for it.
    fn acts(&mut self, node: &Node, kind: &str, found: &mut Vec<(Range<usize>, Act)>, depth: usize) {
        if depth > 4 {
            return;
        }
        let own = self.own(node, kind);
        found.extend(own.into_iter().map(|act| (place(node), act)));
        found.extend(self.placed(node, kind));
        for part in self.parts.get(node.text_of("name")).cloned().unwrap_or_default() {
            self.acts(part, self::kind(part), found, depth + 1);
        }
    }

    fn own(&mut self, node: &Node, kind: &str) -> Vec<Act> {
        let given = node.get("parameters");
        let text = |key: &str| given.map_or("", |given| given.text_of(key));
        if is_model(kind) {
            let base = ["baseURL", "baseUrl"].map(|key| node.at(&["parameters", "options", key]));
            let base = base.into_iter().flatten().next().map_or("", Node::text);
            let acts = flowise::model(base, kind, self.providers);
            let field =
                ["model", "modelId", "modelName"].iter().find_map(|key| node.at(&["parameters", key]));
            let name = field.map(|field| field.get("value").unwrap_or(field));
            super::asks_in(self.facts, self.file, &place(node), &acts, name);
            return acts;
        }
        if let Some(product) = kind.strip_prefix("vectorStore") {
            let store = store(self.facts, &collection(node, &product.to_ascii_lowercase()), false);
            return vec![if text("mode") == "insert" { Act::Write(store) } else { Act::Read(store) }];
        }
        if kind.starts_with("memory") && !matches!(kind, "memoryBufferWindow" | "memoryManager") {
            let store = store(self.facts, kind.trim_start_matches("memory"), true);
            return vec![Act::Read(store), Act::Write(store)];
        }
        match kind.trim_end_matches("Tool") {
            "executeCommand" | "ssh" if is_expression(text("command")) => vec![Act::Run(Sink::Shell)],
            // The node itself interpolates `{{…}}` in a statement, with or without a leading `=`.
            "postgres" | "mySql" | "microsoftSql" if holds_expression(text("query")) => {
                vec![Act::Run(Sink::Sql)]
            }
            _ => Vec::new(),
        }
    }

    /// Returns the acts of a node that have a span of their own.
    fn placed(&mut self, node: &Node, kind: &str) -> Vec<(Range<usize>, Act)> {
        let given = |key: &str| node.at(&["parameters", key]);
        match kind {
            "httpRequest" | "httpRequestTool" | "toolHttpRequest" => self.request(node),
            "mcpClientTool" | "mcpClient" => Self::server(node),
            "code" | "toolCode" | "function" | "functionItem" => self.code(node),
            _ if kind.starts_with("memory") => {
                let fixed = given("sessionIdType").is_some_and(|kind| kind.text() == "customKey");
                let key = given("sessionKey")
                    .filter(|key| fixed && http::is_constant(key.text().trim_start_matches('=')));
                key.map(|key| (place(node), Act::Shared(key.text().to_owned()))).into_iter().collect()
            }
            _ => self.prompts(node),
        }
    }

    fn request(&mut self, node: &Node) -> Vec<(Range<usize>, Act)> {
        let given = |key: &str| node.at(&["parameters", key]);
        let Some(url) = given("url") else { return Vec::new() };
        let body = ["jsonBody", "bodyParameters", "body"].iter().find_map(|key| given(key));
        let request = Request { url, method: given("method").map_or("get", Node::text), body };
        http::acts(self.facts, self.file, request, self.providers)
    }

    /// Reads the developer's prompts: fixed, or composed at run time.
    fn prompts(&mut self, node: &Node) -> Vec<(Range<usize>, Act)> {
        let given = |path: &[&str]| node.get("parameters").and_then(|given| given.at(path));
        let rows = given(&["messages", "messageValues"]).map(Node::items).unwrap_or_default();
        let system =
            |row: &&Node| !row.text_of("type").starts_with("Human") && !row.text_of("type").starts_with("AI");
        let mut prompts: Vec<&Node> =
            rows.iter().filter(system).filter_map(|row| row.get("message")).collect();
        prompts.extend(given(&["options", "systemMessage"]));
        for prompt in &prompts {
            super::told(self.facts, self.file, prompt);
        }
        let put = prompts.into_iter().filter(|prompt| is_expression(prompt.text()));
        put.map(|prompt| (prompt.span.clone(), self.put_in(prompt.text()))).collect()
    }

    /// Returns what an expression inserts: data from the previous node, or from one that it names.
    fn put_in(&self, text: &str) -> Act {
        if text.contains("$json") || text.contains("$input") {
            // Of the many possible input fields, these contain what somebody wrote.
            let words = [".chatInput", ".body", ".message", ".text", ".query"];
            let said = words.iter().any(|field| text.contains(&format!("$json{field}")));
            return Act::Prompt(if said { Taint::NONE } else { Taint::USER });
        }
        let named = text.split("$('").skip(1).chain(text.split("$node[\"").skip(1));
        let named = named.filter_map(|rest| rest.split(['\'', '"']).next());
        let nodes = named.filter_map(|name| self.nodes.iter().find(|node| node.text_of("name") == name));
        Act::System(nodes.fold(Taint::NONE, |sum, node| sum | adds(kind(node)).0))
    }

    /// Finds MCP servers reached over an unencrypted connection.
    fn server(node: &Node) -> Vec<(Range<usize>, Act)> {
        let url = ["endpointUrl", "sseEndpoint"].map(|key| node.at(&["parameters", key]));
        let open = url.into_iter().flatten().filter(|url| http::is_plain(url.text()));
        open.map(|url| (url.span.clone(), Act::Plain)).collect()
    }

    /// Reads a code node: JavaScript or Python, with the input in variables named with a dollar sign or an underscore.
    fn code(&mut self, node: &Node) -> Vec<(Range<usize>, Act)> {
        let given = |key: &str| node.at(&["parameters", key]);
        let python = given("language").is_some_and(|language| language.text().starts_with("python"));
        let keys = if python { ["pythonCode", "code"] } else { ["jsCode", "functionCode"] };
        let Some(code) = keys.iter().find_map(|key| given(key)) else { return Vec::new() };
        let (text, language) = if python {
            (code.text().to_owned(), Language::Python)
        } else {
            (format!("const items = $items;\n{}", code.text()), Language::Script)
        };
        let act = inside::body(self.facts, self.file, &text, &code.span, language, self.providers);
        act.into_iter().map(|act| (code.span.clone(), act)).collect()
    }

    /// Records an endpoint, and whether it requires authentication.
    fn endpoint(&mut self, node: &Node, kind: &str) {
        let given = node.get("parameters");
        let text = |key: &str| given.map_or("", |given| given.text_of(key));
        let open = match kind {
            "webhook" => matches!(text("authentication"), "" | "none"),
            "chatTrigger" => text("public") == "true" && matches!(text("authentication"), "" | "none"),
            "mcpTrigger" => matches!(text("authentication"), "" | "none"),
            _ => return,
        };
        let name = node.text_of("name").to_owned();
        self.facts.endpoints.push(Endpoint { name, file: self.file, span: place(node), open });
    }

    /// Reports hard-coded keys in the headers and parameters of a request.
    fn secrets(&mut self, node: &Node) {
        for list in
            ["headerParameters", "queryParameters", "bodyParameters", "parametersHeaders", "assignments"]
        {
            let rows = node.at(&["parameters", list]);
            let rows = rows.and_then(|rows| {
                ["parameters", "values", "assignments"].iter().find_map(|key| rows.get(key))
            });
            for row in rows.map(Node::items).unwrap_or_default() {
                let Some(value) = row.get("value") else { continue };
                let text = value.text().strip_prefix("Bearer ").unwrap_or(value.text());
                if super::is_credential(row.text_of("name")) && !text.starts_with('=') && super::is_key(text)
                {
                    self.facts.secrets.push((self.file, value.span.clone()));
                }
            }
        }
    }

    /// Adds a tool that an agent can call.
    fn tool(&mut self, node: &Node, kind: &str) {
        let is_tool = (kind.starts_with("tool") || kind.ends_with("Tool")) && !matches!(kind, "toolWorkflow");
        if !is_tool && kind != "toolWorkflow" {
            return;
        }
        let given = node.get("parameters");
        let text = |key: &str| given.map_or("", |given| given.text_of(key));
        let name = [text("name"), node.text_of("name")].into_iter().find(|name| !name.is_empty());
        let what = format!("{} {}", text("operation"), name.unwrap_or_default());
        // Descriptions say "call this tool to …" whatever the tool does; only the name and operation are used.
        let effect = match text("method").to_ascii_uppercase().as_str() {
            "POST" | "PUT" | "PATCH" => Effect::Send,
            "DELETE" => Effect::Delete,
            _ => classify(&what, Hints { description: "", arguments: &[] }),
        };
        let name = name.unwrap_or(kind).to_owned();
        let held =
            Held { name: name.clone(), effect, function: None, reads: brings_words(kind, node), known: true };
        self.held.insert(node.text_of("name").to_owned(), held);
        self.facts.tools.push(Tool {
            name,
            effect,
            file: self.file,
            span: place(node),
            function: None,
            acts: None,
        });
    }
}

/// Returns the product, and the collection's name if it is set in the workflow.
fn collection(node: &Node, product: &str) -> String {
    let keys = [
        "qdrantCollection",
        "pineconeIndex",
        "tableName",
        "memoryKey",
        "milvusCollection",
        "weaviateCollection",
    ];
    let part = keys.iter().find_map(|key| node.at(&["parameters", key]));
    let name = part.map(|part| part.get("value").unwrap_or(part).text()).filter(|name| !name.is_empty());
    name.map_or_else(|| product.to_owned(), |name| format!("{product}:{name}"))
}

fn place(node: &Node) -> Range<usize> {
    node.get("name").map_or_else(|| node.span.clone(), |name| name.span.clone())
}

fn is_model(kind: &str) -> bool {
    kind.starts_with("lmChat")
        || kind.starts_with("lm") && kind.chars().nth(2).is_some_and(char::is_uppercase)
        || kind.starts_with("embeddings")
        || matches!(kind, "openAi" | "anthropic" | "googleGemini" | "mistralAi")
}

/// Returns what a node adds to what flows on, and whether its input flows on.
fn adds(kind: &str) -> (Taint, bool) {
    match kind {
        "scheduleTrigger" | "manualTrigger" | "cron" | "interval" | "start" | "errorTrigger" => {
            (Taint::NONE, false)
        }
        "localFileTrigger" | "readWriteFile" | "readBinaryFile" => (Taint::FILE, true),
        "emailReadImap" | "rssFeedRead" => (Taint::WEB, true),
        _ if kind.ends_with("Trigger") || kind == "webhook" => (Taint::USER, false),
        "agent" | "chainLlm" | "chainSummarization" | "informationExtractor" | "openAi" => {
            (Taint::MODEL, false)
        }
        "chainRetrievalQa" => (Taint::MODEL | Taint::RETRIEVED, false),
        "httpRequest" => (Taint::WEB, false),
        _ if kind.starts_with("vectorStore") => (Taint::RETRIEVED, true),
        _ => (Taint::NONE, true),
    }
}

/// Whether a text is an expression with values inserted at run time.
fn is_expression(text: &str) -> bool {
    text.starts_with('=') && holds_expression(text)
}

fn holds_expression(text: &str) -> bool {
    const FROM: &[&str] = &["$json", "$node", "$(", "$fromAI", "$input"];
    let mut holes = text.split("{{").skip(1).filter_map(|rest| rest.split("}}").next());
    holes.any(|hole| FROM.iter().any(|from| hole.contains(from)))
}

/// Whether a tool returns what strangers wrote: pages, emails, search results.
fn brings_words(kind: &str, node: &Node) -> bool {
    let text = |key: &str| node.at(&["parameters", key]).map_or("", Node::text);
    let asks = |verbs: &[&str]| verbs.contains(&text("operation"));
    match kind {
        "httpRequestTool" | "toolHttpRequest" => {
            matches!(text("method").to_ascii_uppercase().as_str(), "" | "GET")
        }
        "gmailTool"
        | "microsoftOutlookTool"
        | "slackTool"
        | "telegramTool"
        | "discordTool"
        | "redditTool" => asks(&["get", "getAll", "search", "history"]),
        "emailReadImapTool" | "rssFeedReadTool" | "perplexityTool" | "jinaAiTool" => true,
        _ => ["toolSerpApi", "toolSearXng", "toolWikipedia", "toolBraveSearch", "toolTavily"].contains(&kind),
    }
}
