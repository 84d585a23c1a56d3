//! Maps a library to one name across npm and Python, so that the evaluator's tables list it once.

/// npm packages, and the name of the same library in the tables.
const NAMES: &[(&str, &str)] = &[
    ("@anthropic-ai/sdk", "anthropic"),
    ("@anthropic-ai/claude-agent-sdk", "claude_agent_sdk"),
    ("@anthropic-ai/claude-code", "claude_code_sdk"),
    ("groq-sdk", "groq"),
    ("together-ai", "together"),
    ("@google/generative-ai", "google"),
    ("@google/genai", "google"),
    ("@mistralai/mistralai", "mistralai"),
    ("cohere-ai", "cohere"),
    ("ollama", "ollama"),
    ("zhipuai-sdk-nodejs-v4", "zhipuai"),
    ("ai", "ai_sdk"),
    ("@langchain/openai", "langchain_openai"),
    ("@langchain/anthropic", "langchain_anthropic"),
    ("@langchain/core", "langchain_core"),
    ("@langchain/community", "langchain_community"),
    ("@langchain/textsplitters", "langchain_textsplitters"),
    ("@langchain/pinecone", "langchain_pinecone"),
    ("@langchain/qdrant", "langchain_qdrant"),
    ("@langchain/google-genai", "langchain_google_genai"),
    ("@langchain/groq", "langchain_groq"),
    ("@langchain/mistralai", "langchain_mistralai"),
    ("@langchain/ollama", "langchain_ollama"),
    ("@langchain/deepseek", "langchain_deepseek"),
    ("@langchain/classic", "langchain_classic"),
    ("@langchain/langgraph", "langgraph"),
    ("llamaindex", "llama_index"),
    ("@pinecone-database/pinecone", "pinecone"),
    ("@qdrant/js-client-rest", "qdrant_client"),
    ("@zilliz/milvus2-sdk-node", "pymilvus"),
    ("@lancedb/lancedb", "lancedb"),
    ("vectordb", "lancedb"),
    ("weaviate-client", "weaviate"),
    ("weaviate-ts-client", "weaviate"),
    ("mem0ai", "mem0"),
    ("supermemory", "supermemory"),
    ("@elastic/elasticsearch", "elasticsearch"),
    ("@opensearch-project/opensearch", "opensearchpy"),
    ("@getzep/zep-js", "zep_python"),
    ("@memobase/memobase", "memobase"),
    ("express-promise-router", "express"),
    ("@awaitjs/express", "express"),
    ("ultimate-express", "express"),
    ("@getzep/zep-cloud", "zep_cloud"),
    ("@letta-ai/letta-client", "letta_client"),
    ("discord.js", "discord"),
    ("socket.io", "socketio"),
    ("vm2", "vm"),
    ("isolated-vm", "vm"),
    ("mysql", "mysql2"),
    ("@modelcontextprotocol/server", "@modelcontextprotocol/sdk"),
    ("@modelcontextprotocol/node", "@modelcontextprotocol/sdk"),
    ("@modelcontextprotocol/express", "@modelcontextprotocol/sdk"),
    ("@modelcontextprotocol/hono", "@modelcontextprotocol/sdk"),
    ("bun:sqlite", "better-sqlite3"),
    ("sql.js", "sql_js"),
    ("axios-retry", "axios_retry"),
];

/// Returns a package's module name, with dots: `@langchain/openai` is `langchain_openai`, `fs/promises` is `fs.promises`.
pub(super) fn canonical(specifier: &str) -> String {
    let specifier =
        specifier.strip_prefix("node:").or_else(|| specifier.strip_prefix("npm:")).unwrap_or(specifier);
    let specifier = specifier.split(['?', '#']).next().unwrap_or(specifier);
    // The standard library's `serve` is now the runtime's own.
    if specifier.starts_with("https://deno.land/std") && specifier.contains("/http/") {
        return "js.Deno".to_owned();
    }
    let (package, rest) = split(specifier);
    // `npm:openai@4`, `https://esm.sh/openai@4`
    let bare = package
        .get(1..)
        .and_then(|tail| tail.find('@'))
        .map_or(package, |at| package.get(..=at).unwrap_or(package));
    let known = NAMES.iter().find(|(name, _)| *name == bare).map(|(_, known)| (*known).to_owned());
    let mut name = known.unwrap_or_else(|| bare.replace('.', "_"));
    for part in rest.split('/').filter(|part| !part.is_empty() && *part != "dist") {
        name.push('.');
        name.push_str(&part.replace('.', "_"));
    }
    name
}

/// Splits a specifier into the package and the path below it.
fn split(specifier: &str) -> (&str, &str) {
    let web = ["https://esm.sh/", "https://cdn.skypack.dev/", "https://deno.land/x/"];
    let specifier = web.iter().find_map(|host| specifier.strip_prefix(host)).unwrap_or(specifier);
    let skip = if specifier.starts_with('@') { specifier.find('/').map_or(0, |at| at + 1) } else { 0 };
    let end = specifier.get(skip..).and_then(|rest| rest.find('/')).map_or(specifier.len(), |at| at + skip);
    (specifier.get(..end).unwrap_or(specifier), specifier.get(end..).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packages_have_one_name() {
        assert_eq!(canonical("@anthropic-ai/sdk"), "anthropic");
        assert_eq!(
            canonical("@langchain/community/vectorstores/chroma"),
            "langchain_community.vectorstores.chroma"
        );
        assert_eq!(canonical("https://esm.sh/openai@4.20.1"), "openai");
        assert_eq!(canonical("npm:@google/genai@1/web"), "google.web");
        assert_eq!(canonical("discord.js"), "discord");
        assert_eq!(canonical("node:child_process"), "child_process");
        assert_eq!(canonical("@prisma/client"), "@prisma/client");
        assert_eq!(canonical(""), "");
    }
}
