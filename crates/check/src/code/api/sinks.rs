//! What executes text.

use std::collections::BTreeMap;

use super::super::value::{Argument, Shape, Value, given, named};
use super::{last, root};
use crate::facts::{Sink, Taint};

/// Returns what executes the text in a call, and the origins of the text.
pub(in crate::code) fn of(path: &str, arguments: &[Argument]) -> Option<(Sink, Taint)> {
    let first = |name| given(arguments, 0, name).map(Value::deep_taint);
    let name = last(path);
    if let Some(found) = of_script(path, name, arguments).or_else(|| of_server(path, name, arguments)) {
        return Some(found);
    }
    Some(match root(path) {
        "exec" | "eval" if matches!(path, "exec" | "eval") => (Sink::Code, first("source")?),
        "os" if matches!(path, "os.system" | "os.popen") => (Sink::Shell, first("command")?),
        "subprocess" if !path.contains('(') => (Sink::Shell, shell(arguments)?),
        "asyncio" if name == "create_subprocess_shell" => (Sink::Shell, first("cmd")?),
        "asyncio" if name == "create_subprocess_exec" => (Sink::Shell, executed(arguments)?),
        // Statements of Django's connection and of `Note.objects.raw(…)`.
        _ if path.ends_with(".objects.raw") => (Sink::Sql, statement(arguments)?),
        "django" if name == "execute" && path.contains("cursor()") => (Sink::Sql, statement(arguments)?),
        "yaml"
            if matches!(name, "load" | "load_all" | "unsafe_load" | "full_load")
                && makes_objects(name, arguments) =>
        {
            (Sink::Pickle, first("stream")?)
        }
        "pandas" | "polars" if matches!(name, "query" | "eval") && path != "pandas.query" => {
            (Sink::Code, first("expr")?)
        }
        "pickle" | "cloudpickle" | "dill" | "marshal" if matches!(name, "loads" | "load") => {
            (Sink::Pickle, first("data")?)
        }
        "jinja2" if matches!(name, "Template" | "from_string") => (Sink::Template, first("source")?),
        "streamlit" if matches!(name, "write" | "markdown" | "caption") && raw(arguments) => {
            (Sink::Html, first("body")?)
        }
        "streamlit" if path == "streamlit.components.v1.html" => (Sink::Html, first("html")?),
        "markupsafe" | "flask" if name == "Markup" => (Sink::Html, first("object")?),
        "flask" if name == "render_template_string" => (Sink::Template, first("source")?),
        "sqlite3" | "psycopg2" | "psycopg" | "psycopg_pool" | "pymysql" | "MySQLdb" | "mysql" | "duckdb"
        | "aiosqlite" | "asyncpg" | "aiomysql" | "pyodbc" | "aioodbc" | "oracledb" | "cx_Oracle"
        | "pymssql" | "snowflake" | "trino" | "prestodb" | "databricks" | "vertica_python" | "ibm_db"
        | "databases"
            if matches!(name, "execute" | "executescript" | "executemany" | "fetch" | "fetchrow" | "sql") =>
        {
            (Sink::Sql, statement(arguments)?)
        }
        "sqlalchemy" if matches!(name, "text" | "exec_driver_sql") => (Sink::Sql, statement(arguments)?),
        "pandas" if matches!(name, "read_sql" | "read_sql_query") => (Sink::Sql, statement(arguments)?),
        "google" if path.contains("bigquery") && name == "query" => (Sink::Sql, statement(arguments)?),
        "neo4j" if matches!(name, "run" | "execute_query") => (Sink::Sql, statement(arguments)?),
        "clickhouse_connect" | "clickhouse_driver"
            if matches!(name, "query" | "command" | "execute" | "query_df") =>
        {
            (Sink::Sql, statement(arguments)?)
        }
        "pymongo" | "motor" if name == "command" && path.contains("()") => (Sink::Sql, first("command")?),
        // A query to a vector store is a condition written as text.
        "pymilvus" | "lancedb" if matches!(name, "query" | "delete" | "search" | "where" | "filter") => {
            let first =
                || given(arguments, 0, "filter").filter(|_| name != "search" && root(path) == "lancedb");
            let condition = named(arguments, &["filter", "expr", "where"]).or_else(first)?;
            (Sink::Sql, condition.deep_taint())
        }
        "redis" if name == "execute_command" => (Sink::Sql, all(arguments)),
        "paramiko" if name == "exec_command" => (Sink::Shell, first("command")?),
        "asyncssh" if matches!(name, "run" | "create_process") => (Sink::Shell, first("command")?),
        "fabric" | "invoke" if matches!(name, "run" | "sudo" | "local") => (Sink::Shell, first("command")?),
        "pexpect" if matches!(name, "run" | "spawn" | "sendline") => (Sink::Shell, first("command")?),
        "docker" if matches!(name, "exec_run" | "exec_create") => (Sink::Shell, first("cmd")?),
        "winrm" if matches!(name, "run_ps" | "run_cmd") => (Sink::Shell, first("script")?),
        "netmiko" if matches!(name, "send_command" | "send_config_set") => {
            (Sink::Shell, first("command_string")?)
        }
        "IPython" if matches!(name, "run_cell" | "run_code") => (Sink::Code, first("raw_cell")?),
        "jupyter_client" if name == "execute" => (Sink::Code, first("code")?),
        "smolagents"
        | "autogen"
        | "pyautogen"
        | "ag2"
        | "autogen_ext"
        | "langchain_experimental"
        | "crewai"
        | "crewai_tools"
        | "pandasai"
            if runs_what_the_model_writes(name, arguments) =>
        {
            (Sink::Code, Taint::MODEL)
        }
        "langchain_experimental" if path.contains("PythonREPL") && matches!(name, "run" | "invoke") => {
            (Sink::Code, first("command")?)
        }
        _ => return None,
    })
}

/// Calls that take the command of one MCP server, in the SDKs and in what builds on them.
const STARTS: &[&str] = &[
    "StdioServerParameters",
    "StdioServerParams",
    "StdioClientTransport",
    "StdioTransport",
    "StdioConnectionParams",
    "MCPServerStdio",
    "MCPServerStdioParams",
    "MCPStdioTool",
    "MCPStdioPlugin",
    "MCPTools",
    "BasicMCPClient",
    "StdioServerInfo",
    "StdioMCPTransport",
    "Experimental_StdioMCPTransport",
];

/// Calls that take settings with the commands of several servers.
const STARTS_ALL: &[&str] = &[
    "MultiServerMCPClient",
    "MCPClient",
    "MCPConfiguration",
    "MCPServerAdapter",
    "ClaudeAgentOptions",
    "ClaudeCodeOptions",
];

/// A program started as a tool server: whoever chooses its command, or what a fetching command fetches, has it run.
fn of_server(path: &str, name: &str, arguments: &[Argument]) -> Option<(Sink, Taint)> {
    const SETTINGS: &[&str] = &["mcp_servers", "mcpServers", "servers", "connections"];
    // Most calls are unrelated.
    if !name.starts_with(|ch: char| ch.is_ascii_uppercase()) && name != "query" {
        return None;
    }
    let content = match name {
        _ if STARTS.contains(&name) => {
            let settings = named(arguments, &["params", "server_params", "server_parameters"]);
            let command = given(arguments, 0, "command");
            match settings.or(command).map(|value| &value.shape) {
                Some(Shape::Dict(items)) => started(items),
                _ => program(arguments)?,
            }
        }
        _ if STARTS_ALL.contains(&name) => match named(arguments, SETTINGS) {
            Some(all) => commanded(all),
            None if name.starts_with("Claude") => Taint::NONE,
            None => arguments.first().map(|one| commanded(&one.value))?,
        },
        // `Client({"mcpServers": …})`
        "Client" if root(path) == "fastmcp" => {
            commanded(named(arguments, SETTINGS).or_else(|| match &arguments.first()?.value.shape {
                Shape::Dict(items) => items.get("mcpServers"),
                _ => None,
            })?)
        }
        // `query({ prompt, options: { mcpServers } })`
        "query" if root(path).starts_with("claude_") => {
            let Shape::Dict(options) = &named(arguments, &["options"])?.shape else { return None };
            commanded(options.get("mcpServers")?)
        }
        _ => return None,
    };
    (content != Taint::NONE).then_some((Sink::Server, content))
}

/// Returns the origins of the commands in server settings: a server with only an address starts nothing.
fn commanded(settings: &Value) -> Taint {
    match &settings.shape {
        Shape::Dict(items) if items.contains_key("command") => settings.taint | started(items),
        Shape::Dict(items) if items.contains_key("url") => Taint::NONE,
        Shape::Dict(items) => items.values().fold(settings.taint, |sum, item| sum | commanded(item)),
        Shape::List(items) => items.iter().fold(settings.taint, |sum, item| sum | commanded(item)),
        Shape::Text(_) => Taint::NONE,
        _ => settings.taint,
    }
}

/// `{"command": …, "args": […]}`
fn started(items: &BTreeMap<String, Value>) -> Taint {
    let one = |name: &str| {
        let value = items.get(name).cloned()?;
        Some(Argument { name: Some(name.to_owned()), value, spread: false })
    };
    let arguments: Vec<Argument> = ["command", "args"].into_iter().filter_map(one).collect();
    program(&arguments).unwrap_or(Taint::NONE)
}

/// Whether a library's agent runs what the model writes on this machine, with all its permissions.
fn runs_what_the_model_writes(name: &str, arguments: &[Argument]) -> bool {
    let option = |name: &str| named(arguments, &[name]);
    let free = |value: &Value| match &value.shape {
        Shape::List(items) => items.iter().filter_map(Value::known_text).any(|module| {
            matches!(module.split('.').next(), Some("*" | "os" | "sys" | "subprocess" | "shutil" | "socket"))
        }),
        _ => false,
    };
    match name {
        "CodeAgent" => {
            option("additional_authorized_imports").is_some_and(free)
                && option("executor_type").is_none_or(|kind| kind.known_text() == Some("local"))
        }
        "LocalCommandLineCodeExecutor" => true,
        // `Agent(allow_code_execution=True, code_execution_mode="unsafe")`
        "Agent" => {
            option("allow_code_execution").is_some_and(|value| value.shape == Shape::Bool(true))
                && option("code_execution_mode").and_then(Value::known_text) == Some("unsafe")
        }
        "CodeInterpreterTool" => option("unsafe_mode").is_some_and(|value| value.shape == Shape::Bool(true)),
        "create_pandas_dataframe_agent" | "create_csv_agent" | "create_python_agent" => {
            option("allow_dangerous_code").is_some_and(|value| value.shape == Shape::Bool(true))
        }
        // `code_execution_config={"use_docker": False}`
        _ => option("code_execution_config").is_some_and(|value| match &value.shape {
            Shape::Dict(items) => {
                items.get("use_docker").is_some_and(|docker| docker.shape == Shape::Bool(false))
            }
            _ => false,
        }),
    }
}

/// `yaml.load(text, Loader=yaml.Loader)`: a loader that can create any object.
fn makes_objects(name: &str, arguments: &[Argument]) -> bool {
    let loader = given(arguments, 1, "Loader").and_then(Value::outside).map(last);
    name == "unsafe_load" || matches!(loader, Some("Loader" | "UnsafeLoader" | "CLoader" | "FullLoader"))
}

/// The origins of all arguments.
fn all(arguments: &[Argument]) -> Taint {
    arguments.iter().fold(Taint::NONE, |sum, argument| sum.beside(argument.value.deep_taint()))
}

/// `st.write(…, unsafe_allow_html=True)`
fn raw(arguments: &[Argument]) -> bool {
    named(arguments, &["unsafe_allow_html"]).is_some_and(|value| value.shape == Shape::Bool(true))
}

/// Without a shell, only the program of a list counts, unless that is a shell itself or an interpreter that is passed
/// code.
fn shell(arguments: &[Argument]) -> Option<Taint> {
    let command = given(arguments, 0, "args")?;
    let through_shell = named(arguments, &["shell"]).is_some_and(|value| value.shape == Shape::Bool(true));
    match &command.shape {
        Shape::List(items) if !through_shell => {
            let program = items.first()?;
            Some(if hands_over_code(items) { command.deep_taint() } else { program.deep_taint() })
        }
        _ => Some(command.deep_taint()),
    }
}

/// `create_subprocess_exec("bash", "-c", text)`, `create_subprocess_exec(*command)`
fn executed(arguments: &[Argument]) -> Option<Taint> {
    let mut items: Vec<Value> = Vec::new();
    for argument in arguments.iter().filter(|argument| argument.name.is_none()) {
        match &argument.value.shape {
            Shape::List(inner) if argument.spread => items.extend(inner.iter().cloned()),
            _ => items.push(argument.value.clone()),
        }
    }
    let all = || items.iter().fold(Taint::NONE, |sum, item| sum.beside(item.deep_taint()));
    let program = items.first()?.deep_taint();
    Some(if hands_over_code(&items) { all() } else { program })
}

/// `["bash", "-c", text]`, `["docker", "exec", name, "sh", "-c", text]`: what follows is code, not an argument.
fn hands_over_code(items: &[Value]) -> bool {
    let flag = |item: &Value| item.known_text().map(str::to_ascii_lowercase);
    // Other options may precede it: `["bash", "-l", "-c", text]`.
    let coded = |name: &str, rest: &[Value]| {
        let mut switches = rest.iter().map_while(flag).take_while(|word| word.starts_with(['-', '/']));
        let flags = code_flags(name);
        switches.any(|word| flags.contains(&word.as_str()))
            || evaluates(name) && rest.first().and_then(flag).is_some_and(|word| word == "eval")
    };
    let at = |(index, program): (usize, &Value)| {
        let rest = items.get(index + 1..).unwrap_or_default();
        program.known_text().is_some_and(|name| {
            coded(&bare(name), rest)
                || is_powershell(name) && rest.iter().filter_map(flag).any(|word| is_command(&word))
        })
    };
    items.iter().enumerate().any(at) || reaches_a_shell(items) || installs(items)
}

/// Whether a program is PowerShell, whose options ignore case, may be abbreviated, and may have values between them.
fn is_powershell(program: &str) -> bool {
    matches!(bare(program).as_str(), "powershell" | "pwsh")
}

/// Returns the name of a program without its folder, the ending that it has on Windows, and its version: `python3.12`.
fn bare(program: &str) -> String {
    let name = program.rsplit(['/', '\\']).next().unwrap_or(program).to_ascii_lowercase();
    let name = name.strip_suffix(".exe").unwrap_or(&name);
    name.trim_end_matches(|ch: char| ch.is_ascii_digit() || ch == '.').to_owned()
}

/// Returns the options, in lower case, after which a shell or an interpreter takes code.
fn code_flags(name: &str) -> &'static [&'static str] {
    match name {
        "python" | "pypy" => &["-c"],
        "node" | "bun" => &["-e", "--eval", "-p", "--print", "-pe"],
        "perl" | "ruby" | "osascript" | "rscript" | "lua" | "julia" => &["-e"],
        "php" => &["-r"],
        _ if is_shell(name) => &["-c", "-lc", "-ic", "/c"],
        _ => &[],
    }
}

/// Whether a program takes code after the word `eval`.
fn evaluates(name: &str) -> bool {
    name == "deno"
}

fn is_command(switch: &str) -> bool {
    switch.len() > 1 && "-command".starts_with(switch)
}

/// `["adb", "shell", …]`, `["ssh", host, …]`: the other side joins the words again, and its shell interprets them.
fn reaches_a_shell(items: &[Value]) -> bool {
    let program = items.first().and_then(Value::known_text).unwrap_or_default();
    let says = |word: &str| items.iter().any(|item| item.known_text() == Some(word));
    match program.rsplit(['/', '\\']).next().unwrap_or(program) {
        "adb" => says("shell"),
        "ssh" => items.len() > 2,
        _ => false,
    }
}

/// `["npx", name]`, `["pip", "install", name]`: what is fetched runs at once, or during installation.
fn installs(items: &[Value]) -> bool {
    let program = items.first().and_then(Value::known_text).unwrap_or_default();
    let says = |words: &[&str]| {
        items.iter().skip(1).any(|item| item.known_text().is_some_and(|text| words.contains(&text)))
    };
    match program {
        "npx" | "uvx" | "bunx" | "pipx" => true,
        "npm" | "pnpm" | "yarn" | "bun" => says(&["install", "add", "i", "exec", "dlx"]),
        "pip" | "pip3" | "uv" => says(&["install", "add"]),
        _ => false,
    }
}

fn is_shell(program: &str) -> bool {
    matches!(
        bare(program).as_str(),
        "sh" | "bash" | "zsh" | "dash" | "fish" | "ksh" | "cmd" | "powershell" | "pwsh"
    )
}

/// Returns the origins of a statement's text; bound parameters do not count.
fn statement(arguments: &[Argument]) -> Option<Taint> {
    let first = given(arguments, 0, "sql")?;
    // `query({text, values})`
    let Shape::Dict(items) = &first.shape else { return Some(first.deep_taint()) };
    ["text", "sql", "query", "sqlText"].iter().find_map(|key| items.get(*key)).map(Value::deep_taint)
}

/// Packages whose calls take a statement as text.
const DATABASES: &[&str] = &[
    "pg",
    "mysql2",
    "better-sqlite3",
    "sqlite3",
    "sqlite",
    "@libsql/client",
    "sequelize",
    "typeorm",
    "knex",
    "duckdb",
    "@neondatabase/serverless",
    "@vercel/postgres",
    "postgres",
    "@databricks/sql",
    "mssql",
    "oracledb",
    "@google-cloud/bigquery",
    "snowflake-sdk",
    "@clickhouse/client",
    "neo4j-driver",
    "sql_js",
    "mysql",
];

fn of_script(path: &str, name: &str, arguments: &[Argument]) -> Option<(Sink, Taint)> {
    let first = || given(arguments, 0, "code").map(Value::deep_taint);
    Some(match root(path) {
        "js" => return of_global(path, name, arguments),
        "child_process" if matches!(name, "exec" | "execSync") => (Sink::Shell, first()?),
        "child_process" if matches!(name, "spawn" | "spawnSync" | "execFile" | "execFileSync") => {
            (Sink::Shell, program(arguments)?)
        }
        "spawn-rx" if matches!(name, "spawn" | "spawnPromise" | "spawnDetached") => {
            (Sink::Shell, program(arguments)?)
        }
        "cross-spawn" if matches!(name, "default" | "cross-spawn" | "spawn" | "sync") => {
            (Sink::Shell, program(arguments)?)
        }
        "shelljs" if name == "exec" => (Sink::Shell, first()?),
        "ssh2" if matches!(name, "exec" | "shell") => (Sink::Shell, first()?),
        "node-ssh" if matches!(name, "execCommand" | "exec") => (Sink::Shell, first()?),
        "dockerode" if name == "exec" => (Sink::Shell, named(arguments, &["Cmd"])?.deep_taint()),
        "execa" if matches!(name, "execa" | "execaSync") => (Sink::Shell, program(arguments)?),
        // A script in a page to which somebody may be signed in.
        "puppeteer" | "puppeteer-core" | "playwright" | "playwright-core" if name == "evaluate" => {
            (Sink::Code, first()?)
        }
        "puppeteer" | "puppeteer-core" | "playwright" if name == "launch" => {
            (Sink::Shell, named(arguments, &["executablePath"])?.deep_taint())
        }
        "ioredis" | "redis" if matches!(name, "call" | "sendCommand") => (Sink::Sql, all(arguments)),
        "mongodb" if matches!(name, "command" | "runCommand") => (Sink::Sql, first()?),
        "execa" if matches!(name, "execaCommand" | "execaCommandSync" | "command" | "commandSync") => {
            (Sink::Shell, first()?)
        }
        "vm" if matches!(
            name,
            "runInContext" | "runInNewContext" | "runInThisContext" | "Script" | "compileFunction" | "run"
        ) =>
        {
            (Sink::Code, first()?)
        }
        "@prisma/client" if matches!(name, "$queryRawUnsafe" | "$executeRawUnsafe") => {
            (Sink::Sql, statement(arguments)?)
        }
        "drizzle-orm" if path.ends_with("sql.raw") => (Sink::Sql, statement(arguments)?),
        package if DATABASES.contains(&package) && takes_statement(name) && !is_prepared(path) => {
            (Sink::Sql, statement(arguments)?)
        }
        _ => return None,
    })
}

/// `db.prepare(sql).all(id)`, `db.query(sql).all(id)`: what is bound later is no statement.
fn is_prepared(path: &str) -> bool {
    path.contains("prepare().") || path.starts_with("better-sqlite3") && path.contains("query().")
}

fn takes_statement(name: &str) -> bool {
    matches!(
        name,
        "query"
            | "execute"
            | "run"
            | "all"
            | "get"
            | "each"
            | "exec"
            | "prepare"
            | "raw"
            | "unsafe"
            | "whereRaw"
    )
}

/// Returns the origins of a command: only the program counts if no shell interprets the line.
fn program(arguments: &[Argument]) -> Option<Taint> {
    let through_shell = named(arguments, &["shell"]).is_some_and(|value| value.shape == Shape::Bool(true));
    let all = || all(arguments);
    let command = given(arguments, 0, "command")?;
    let list = given(arguments, 1, "args").map(|list| &list.shape);
    let whole = |items: &[Value]| [std::slice::from_ref(command), items].concat();
    let inside = matches!(list, Some(Shape::List(items)) if hands_over_code(&whole(items)));
    let through_shell = through_shell || inside;
    Some(if through_shell || command.known_text().is_some_and(is_shell) {
        all()
    } else {
        command.deep_taint()
    })
}

/// Returns what the language itself or the browser executes.
fn of_global(path: &str, name: &str, arguments: &[Argument]) -> Option<(Sink, Taint)> {
    let all = || all(arguments);
    Some(match path {
        "js.eval" | "js.globalThis.eval" | "js.window.eval" => {
            (Sink::Code, given(arguments, 0, "code")?.deep_taint())
        }
        "js.Function" => (Sink::Code, all()),
        "js.document.write" | "js.document.writeln" | "js.markup" | "js.html_" => (Sink::Html, all()),
        // A style sheet executes nothing.
        _ if path.starts_with("js.jsx.") && path != "js.jsx.style" => {
            (Sink::Html, named(arguments, &["dangerouslySetInnerHTML"])?.deep_taint())
        }
        "js.$().html" | "js.jQuery().html" => (Sink::Html, all()),
        _ if name == "insertAdjacentHTML" => (Sink::Html, given(arguments, 1, "html")?.deep_taint()),
        _ => return None,
    })
}
