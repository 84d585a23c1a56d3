//! A conversation as an agent sends it over chat completions: the whole history with every request.

use bytes::Bytes;
use serde_json::{Map, Value, json};

use super::{Step, World};

/// A conversation.
pub(super) struct Talk {
    tools: Value,
    messages: Vec<Value>,
    calls: usize,
}

impl Talk {
    /// Starts a conversation with the user's words.
    pub(super) fn new(world: &World, say: &str) -> Self {
        let messages = vec![
            json!({ "role": "system", "content": world.system }),
            json!({ "role": "user", "content": say }),
        ];
        Self { tools: tools(world), messages, calls: 0 }
    }

    /// The next request.
    pub(super) fn body(&self) -> Bytes {
        json!({ "model": "oracle", "messages": self.messages, "tools": self.tools }).to_string().into()
    }

    /// Adds the model's words and the user's reply to them.
    pub(super) fn ask(&mut self, question: &str, answer: &str) {
        self.messages.push(json!({ "role": "assistant", "content": question }));
        self.messages.push(json!({ "role": "user", "content": answer }));
    }

    /// Adds only words of the model.
    pub(super) fn say(&mut self, words: &str) {
        self.messages.push(json!({ "role": "assistant", "content": words }));
    }

    /// Adds calls that were executed, with their results.
    pub(super) fn did(&mut self, done: &[(&Step, String)]) {
        let first = self.calls;
        let numbered =
            || done.iter().enumerate().map(|(place, done)| (format!("call_{}", first + place), done));
        let calls: Vec<Value> = numbered()
            .map(|(id, (step, _))| {
                let arguments = step.arguments.to_string();
                json!({ "id": id, "type": "function", "function": { "name": step.tool, "arguments": arguments } })
            })
            .collect();
        self.messages.push(json!({ "role": "assistant", "content": null, "tool_calls": calls }));
        let results = numbered()
            .map(|(id, (_, result))| json!({ "role": "tool", "tool_call_id": id, "content": result }));
        self.messages.extend(results);
        self.calls += done.len();
    }
}

fn tools(world: &World) -> Value {
    let tool = |(name, tool): (&String, &super::Tool)| {
        let parameters = json!({ "type": "object", "properties": properties(&tool.args) });
        let function = json!({ "name": name, "description": tool.does, "parameters": parameters });
        json!({ "type": "function", "function": function })
    };
    world.tools.iter().map(tool).collect()
}

fn properties(args: &str) -> Map<String, Value> {
    args.split_whitespace()
        .map(|arg| {
            let (name, kind) = arg.split_once(':').unwrap_or((arg, "string"));
            (name.to_owned(), json!({ "type": kind }))
        })
        .collect()
}
