//! Databases in which programs store things: which calls read, write or delete rows of memory tables.

use super::super::value::{Argument, Made, Value, given};
use super::stores::{Use, store};
use super::{last, names, root, says_whose};
use crate::facts::{Store, Taint};

const WRITES: &[&str] = &[
    "create",
    "createMany",
    "upsert",
    "update",
    "insert",
    "insertOne",
    "insertMany",
    "updateOne",
    "findOneAndUpdate",
    "save",
    "addDoc",
    "setDoc",
    "add",
    "set",
    "hset",
    "hSet",
    "rpush",
    "rPush",
    "lpush",
    "lPush",
    "zadd",
    "zAdd",
    "values",
    "insert_one",
    "insert_many",
    "update_one",
    "update_many",
    "replace_one",
    "find_one_and_update",
    "bulkCreate",
    "updateMany",
    "findByIdAndUpdate",
];
const READS: &[&str] = &[
    "findMany",
    "findFirst",
    "findUnique",
    "select",
    "find",
    "findOne",
    "getDocs",
    "aggregate",
    "find_one",
    "findAll",
    "findByPk",
    "findById",
    "findBy",
    "findOneBy",
    "findAndCount",
    "findAndCountAll",
];
const ERASES: &[&str] = &[
    "delete",
    "deleteMany",
    "deleteOne",
    "findByIdAndDelete",
    "findOneAndDelete",
    "deleteDoc",
    "del",
    "unlink",
    "remove",
    "removeItem",
    "clear",
    "destroy",
    "delete_one",
    "delete_many",
    "find_one_and_delete",
];

/// Operators with which a `PostgreSQL` extension compares vectors.
const DISTANCES: &[&str] = &["<->", "<=>", "<#>"];

fn product(path: &str) -> Option<&'static str> {
    Some(match root(path) {
        "@prisma/client" => "prisma",
        "@supabase/supabase-js" | "@supabase/ssr" | "supabase" => "supabase",
        "mongodb" | "mongoose" | "pymongo" | "motor" | "mongojs" | "monk" => "mongodb",
        "redis" | "ioredis" | "@upstash/redis" | "@vercel/kv" => "redis",
        "keyv" | "quick_db" | "enmap" | "@keyvhq/core" | "diskcache" => "keys",
        "aircode" if path.contains(".db.") => "aircode",
        "wx-server-sdk" | "@lafjs/cloud" | "@cloudbase/node-sdk" if path.contains("database().") => {
            "cloudbase"
        }
        "boto3" | "aioboto3" if path.contains(".Table().") => "dynamodb",
        "firebase" | "firebase-admin" | "@firebase/firestore" | "firebase_admin" => "firestore",
        "google" if path.contains("firestore.") => "firestore",
        "drizzle-orm" => "drizzle",
        "sequelize" => "sequelize",
        "typeorm" => "typeorm",
        "koishi" if path.contains(".database.") => "koishi",
        "tinydb" => "tinydb",
        // `db.data.turns.push(…)`: the rows are plain lists, and only what is below `data` is stored.
        "lowdb" | "lowdb/node" | "lowdb/browser" if path.contains("().data.") => "lowdb",
        "dexie" if path.contains("().") => "dexie",
        "js" if path.contains("localStorage") => "localStorage",
        _ => return None,
    })
}

/// Returns what a call does to a store of memories.
pub(super) fn of(path: &str, object: Option<&Made>, arguments: &[Argument]) -> Option<(Use, Store)> {
    let name = last(path);
    let said = || given(arguments, 0, "sql").map(shown).unwrap_or_default();
    let compares = || {
        let text = said();
        DISTANCES.iter().any(|sign| text.contains(sign))
    };
    if matches!(root(path), "pg" | "postgres" | "@neondatabase/serverless" | "@vercel/postgres") {
        let asks = matches!(name, "query" | "tagged" | "unsafe");
        if asks && compares() {
            return Some((Use::Read, store("pgvector", None, object, false)));
        }
        return asks.then(|| of_statement("postgres", &said(), object)).flatten();
    }
    if let Some(product) = by_statement(path, name) {
        let first = || object?.chain().find_map(|made| given(&made.given, 0, "sql"));
        let made = || object?.chain().find(|made| last(made.maker()) == "prepare");
        let prepared = || made().and_then(|made| given(&made.given, 0, "sql")).or_else(first).map(shown);
        let statement = if product == "sqlite" && matches!(name, "run" | "all" | "get" | "iterate" | "first")
        {
            prepared().unwrap_or_else(said)
        } else {
            said()
        };
        return of_statement(product, &statement, object);
    }
    let product = product(path)?;
    if product == "prisma" && matches!(name, "$queryRaw" | "$queryRawUnsafe" | "tagged") && compares() {
        return Some((Use::Read, store("pgvector", None, object, false)));
    }
    if product == "supabase" && name == "rpc" {
        let text = said();
        if names(&text, &["match", "search", "similar*"]) {
            return Some((Use::Read, store("supabase", Some(text), object, false)));
        }
    }
    if product == "redis" || product == "keys" {
        return of_keys(product, name, object, arguments);
    }
    if let Some(own) = OWN.iter().find(|own| own.product == product) {
        let table = if own.named { said() } else { table(path, object).unwrap_or_default() };
        let rows = matches!(product, "lowdb" | "dexie") && holds_talk(&table);
        let does = own.does(name).filter(|_| rows || names(&table, MEMORIES))?;
        return Some((does, store(product, Some(table), object, false)));
    }
    // `db.select().from(messages)`
    let from = (product == "drizzle" && name == "from").then(said);
    let rows = product == "firestore" && matches!(name, "get" | "stream" | "onSnapshot");
    let does = if from.is_some() || rows { Some(Use::Read) } else { None };
    let table = from.or_else(|| table(path, object)).unwrap_or_default();
    if ERASES.contains(&name) {
        return Some((Use::Erase, store(product, Some(table), object, false)));
    }
    if !names(&table, MEMORIES) && !names(&table, &["embedding*"]) {
        return None;
    }
    let all = [(READS, Use::Read), (WRITES, Use::Write)];
    let by_name = || all.into_iter().find(|(methods, _)| methods.contains(&name)).map(|(_, does)| does);
    Some((does.or_else(by_name)?, store(product, Some(table), object, false)))
}

/// A database with its own method names.
struct Own {
    product: &'static str,
    /// Whether the first argument of each call is the table: `ctx.database.get("messages", …)`.
    named: bool,
    reads: &'static [&'static str],
    writes: &'static [&'static str],
    erases: &'static [&'static str],
}

const OWN: &[Own] = &[
    Own {
        product: "tinydb",
        named: false,
        reads: &["search", "all", "get"],
        writes: &["insert", "upsert", "insert_multiple"],
        erases: &["remove", "truncate", "drop_tables"],
    },
    Own {
        product: "aircode",
        named: false,
        reads: &["find", "findOne"],
        writes: &["save"],
        erases: &["delete"],
    },
    Own {
        product: "cloudbase",
        named: false,
        reads: &["get"],
        writes: &["add", "update", "set"],
        erases: &["remove"],
    },
    Own {
        product: "dynamodb",
        named: false,
        reads: &["query", "scan", "get_item"],
        writes: &["put_item", "update_item"],
        erases: &["delete_item"],
    },
    Own {
        product: "koishi",
        named: true,
        reads: &["get", "select", "eval"],
        writes: &["create", "upsert", "set"],
        erases: &["remove", "drop"],
    },
    Own {
        product: "lowdb",
        named: false,
        reads: &["slice", "map", "filter", "find", "at", "forEach", "reduce", "flatMap", "join"],
        writes: &["push", "unshift"],
        erases: &["splice", "pop", "shift"],
    },
    Own {
        product: "dexie",
        named: false,
        reads: &["toArray", "get", "where", "orderBy", "filter", "each"],
        writes: &["add", "put", "bulkAdd", "bulkPut"],
        erases: &["delete", "clear", "bulkDelete"],
    },
];

impl Own {
    fn does(&self, name: &str) -> Option<Use> {
        let all = [(self.reads, Use::Read), (self.writes, Use::Write), (self.erases, Use::Erase)];
        all.into_iter().find(|(methods, _)| methods.contains(&name)).map(|(_, does)| does)
    }
}

/// Returns the product of a database that is queried with statements.
fn by_statement(path: &str, name: &str) -> Option<&'static str> {
    let runs = matches!(
        name,
        "execute" | "executemany" | "fetch" | "fetchrow" | "fetchall" | "fetchone" | "execute_fetchall"
    );
    Some(match root(path) {
        "sqlite3" | "aiosqlite" if runs => "sqlite",
        "psycopg2" | "psycopg" | "asyncpg" if runs => "postgres",
        "pymysql" | "aiomysql" | "MySQLdb" | "mysql" if runs => "mysql",
        "mysql2" | "mysql" if matches!(name, "query" | "execute") => "mysql",
        "@libsql/client" if name == "execute" => "sqlite",
        "sqlalchemy" | "databases" if runs => "sqlalchemy",
        "better-sqlite3" | "sqlite3" | "sqlite"
            if matches!(name, "run" | "all" | "get" | "iterate" | "first") =>
        {
            "sqlite"
        }
        _ => return None,
    })
}

/// Returns what a statement does to a table of memories: facts and impressions of people, and earlier conversations.
fn of_statement(product: &str, statement: &str, object: Option<&Made>) -> Option<(Use, Store)> {
    let (does, table) = parsed(statement)?;
    if does != Use::Erase && !super::columns::may_hold_words(statement) {
        return None;
    }
    let settings = names(&table, &["setting*", "config*", "instruction*", "prompt*", "template*"]);
    let asked = does == Use::Write && keeps_questions(&table, &|word| names_column(statement, word));
    (names(&table, MEMORIES) && !settings || holds_two_sides(statement) || asked)
        .then(|| (does, store(product, Some(table), object, false)))
}

/// Returns the statement that a call is given, if it is one for a database.
pub(in crate::code) fn statement_of(written: &str, arguments: &[Argument]) -> Option<String> {
    const ASKS: &[&str] = &[
        "execute",
        "executemany",
        "query",
        "run",
        "exec",
        "all",
        "get",
        "fetch",
        "fetchrow",
        "fetchall",
        "fetchone",
        "fetch_all",
        "fetch_one",
    ];
    let text = given(arguments, 0, "sql").filter(|_| ASKS.contains(&last(written))).map(shown)?;
    is_statement(&text).then_some(text)
}

/// Whether a text is a statement that reads or writes rows.
pub(in crate::code) fn is_statement(text: &str) -> bool {
    let small = text.trim_start().get(..8).unwrap_or(text.trim_start()).to_ascii_lowercase();
    let begins =
        |verb: &&str| small.strip_prefix(*verb).is_some_and(|rest| rest.starts_with(char::is_whitespace));
    ["select", "insert", "update", "delete", "replace", "with"].iter().any(begins)
        && ["from", "into", "set"].iter().any(|word| names(text, &[word]))
}

/// Whether a statement says whose rows are wanted, or which row.
pub(in crate::code) fn names_somebody(statement: &str) -> bool {
    let small = statement.to_ascii_lowercase();
    let condition = small.split_once("where").map_or("", |(_, condition)| condition);
    let of_somebody = |word: &str| word.ends_with("_id") || word.contains("{}");
    says_whose(condition) || condition.split_whitespace().any(of_somebody) || small.contains("count(")
}

/// Whether a statement interpolates anything other than the name of a table.
pub(in crate::code) fn is_put_together(text: &str) -> bool {
    let small = text.to_ascii_lowercase();
    let names_a_table = |before: &str| {
        let before = before.trim_end_matches(['"', '`', '[', '\'']).trim_end();
        ["from", "into", "update", "table", "join"].iter().any(|word| before.ends_with(word))
    };
    let holes: Vec<&str> = small.split("{}").collect();
    let (_, before) = holes.split_last().unwrap_or((&"", &[]));
    is_statement(text) && before.iter().any(|before| !names_a_table(before))
}

/// Returns what a statement does to a table of memories, whichever database it is for.
pub(in crate::code) fn by_statement_alone(statement: &str) -> Option<(Use, Store)> {
    of_statement("sql", statement, None)
}

/// Words of keys under which conversations are stored.
const KEYS: &[&str] = &["thread*", "transcript*"];

/// Returns what a call does to data under a key, whatever stores it: `cache.set(f"history:{user}", text)`.
pub(in crate::code) fn by_key_alone(name: &str, arguments: &[Argument]) -> Option<(Use, Store)> {
    let (does, store) = of_keys("keys", name, None, arguments)?;
    // `client.put(`/chats/${id}`, …)` is a request to a server.
    let address = store.name.contains('/');
    (!address && (names(&store.name, MEMORIES) || names(&store.name, KEYS))).then_some((does, store))
}

/// Returns the deletion in a store whose name says that it is a memory: `env.CHATS.delete(key)`.
pub(in crate::code) fn let_go_of(written: &str) -> Option<(Use, Store)> {
    let (object, method) = written.rsplit_once('.')?;
    let deletes = matches!(method, "delete" | "del" | "unlink") && names(last(object), MEMORIES);
    deletes.then(|| (Use::Erase, store("keys", None, None, false)))
}

/// Returns what a call does to a namespace of a worker whose name, or the function's, says that it holds conversations:
/// `env.CHATS.put(id, turns)`, `kv.put(id, turns)` in `saveChat`. Its keys are whole ids.
pub(in crate::code) fn by_namespace(written: &str, function: &str) -> Option<(Use, Store)> {
    let (object, method) = written.rsplit_once('.')?;
    let does = match method {
        "get" | "getWithMetadata" => Use::Read,
        "put" => Use::Write,
        _ => return None,
    };
    let own = object.split('.').rev().nth(1) == Some("env") && names(last(object), MEMORIES);
    let handed = names(last(object), &["kv"]) && names(function, MEMORIES);
    (own || handed).then(|| (does, store("keys", Some(last(object).to_owned()), None, false)))
}

/// Whether a statement names a pair of dialogue columns: `INSERT INTO cases (question, answer)`.
fn holds_two_sides(statement: &str) -> bool {
    let has = |wanted: &str| names_column(statement, wanted);
    crate::code::tables::SIDES.iter().any(|(one, other)| has(one) && has(other))
}

fn names_column(statement: &str, wanted: &str) -> bool {
    let mut words = statement.split(|ch: char| !ch.is_ascii_alphanumeric() && ch != '_');
    words.any(|word| word.eq_ignore_ascii_case(wanted))
}

/// Returns what a statement does, and to which table.
fn parsed(statement: &str) -> Option<(Use, String)> {
    let small = statement.trim_start().to_ascii_lowercase();
    let mut words = small.split_whitespace();
    let (does, before) = match words.next()? {
        "select" => (Use::Read, "from"),
        "insert" | "replace" => (Use::Write, "into"),
        "update" => (Use::Write, "update"),
        "delete" => (Use::Erase, "from"),
        _ => return None,
    };
    let mut words = small.split_whitespace();
    words.find(|word| *word == before)?;
    let letters = |ch: char| !ch.is_alphanumeric() && ch != '_';
    Some((does, words.next()?.trim_matches(letters).split(letters).next()?.to_owned()))
}

/// Whether a statement writes people's words into a table of conversations, and not only when, how often or in which one.
pub(super) fn writes_words(statement: &str) -> bool {
    const WORDS: &[&str] = &[
        "content*",
        "text",
        "message",
        "messages",
        "body",
        "answer",
        "reply",
        "response",
        "question",
        "prompt",
        "input",
        "output",
        "transcript",
        "data",
        "json",
        "payload",
        "history",
        "user",
        "assistant",
        "fact",
        "summary",
    ];
    let Some((_, table)) = parsed(statement) else { return super::web::is_conversation(statement) };
    let columns =
        statement.split_once('(').filter(|(before, _)| !before.to_ascii_lowercase().contains("values"));
    let columns = columns.map_or_else(
        || statement.split_once(" SET ").or_else(|| statement.split_once(" set ")).map(|(_, set)| set),
        |(_, columns)| columns.split(')').next(),
    );
    let whole =
        |name: &str| WORDS.iter().any(|word| names(name, &[word])) && !names(name, &["id", "count", "at"]);
    let mut parts = columns.unwrap_or("content").split([',', '=', '\n']).map(str::trim);
    if super::web::is_conversation(&table) {
        return parts.any(whole);
    }
    let said = |name: &str| {
        super::web::is_conversation(name) && !names(name, &["id", "count", "at", "log", "logs", "session*"])
    };
    columns.is_some() && parts.any(said)
}

/// Tables of what is remembered about people.
pub(in crate::code) const MEMORIES: &[&str] = &[
    "memory",
    "memories",
    "fact",
    "facts",
    "diary",
    "diaries",
    "journal*",
    "impression*",
    "conversation*",
    "message*",
    "chat*",
    "history",
    "histories",
    "dialog*",
];

/// Whether a table stores people's questions verbatim, judged by its name and columns: `query_log (query, at)`.
pub(in crate::code) fn keeps_questions(table: &str, has: &dyn Fn(&str) -> bool) -> bool {
    const ASKED: &[&str] = &["question*", "query", "queries", "prompt*", "utterance*"];
    const SETS: &[&str] = &["template*", "quiz*", "exam*", "test*", "config*", "setting*", "system*", "bank"];
    names(table, ASKED)
        && !names(table, SETS)
        && ["question", "query", "prompt", "utterance", "user_input", "user_query"]
            .iter()
            .any(|word| has(word))
        && !["options", "choices", "correct_answer", "difficulty"].iter().any(|word| has(word))
}

/// Handles Redis and similar stores, which store under keys such as `facts:{user}`, one per person. Data without such
/// a key is a counter or a cache.
fn of_keys(product: &str, name: &str, object: Option<&Made>, arguments: &[Argument]) -> Option<(Use, Store)> {
    let name = &super::script::snake(name).to_ascii_lowercase().replace('_', "");
    if arguments.is_empty() && matches!(name.as_str(), "clear" | "flushall" | "flushdb" | "deleteall") {
        return Some((Use::Erase, store(product, None, object, false)));
    }
    let key = given(arguments, 0, "name").and_then(Value::template)?;
    let shown = key.shown();
    if key.known().is_some() || !shown.contains("{}") {
        return None;
    }
    let kept = shown.split("{}").next().unwrap_or_default().trim_end_matches([':', '-', '_', '/']).to_owned();
    let does = match name.as_str() {
        "get" | "lrange" | "hget" | "hgetall" | "smembers" | "zrange" | "lindex" | "getrange" | "xrange" => {
            Use::Read
        }
        "set" | "put" | "setex" | "append" | "push" | "rpush" | "lpush" | "hset" | "hmset" | "sadd"
        | "zadd" | "xadd" => Use::Write,
        "delete" | "del" | "unlink" | "ltrim" | "hdel" | "srem" | "expire" => Use::Erase,
        _ => return None,
    };
    Some((does, store(product, Some(kept).filter(|kept| !kept.is_empty()), object, false)))
}

/// Whether a call reads, writes or deletes data of a database.
pub(in crate::code) fn asks(path: &str) -> bool {
    let name = last(path);
    let methods = [READS, WRITES, ERASES].iter().any(|all| all.contains(&name))
        || matches!(name, "eq" | "where" | "match" | "doc");
    let comparison = path == "drizzle-orm.eq";
    comparison || methods && product(path).is_some() && path.contains("()")
}

/// Whether an object mapper may store its rows in a local file of the project.
pub(in crate::code) fn may_be_here(path: &str) -> bool {
    matches!(root(path), "drizzle-orm" | "sequelize" | "typeorm" | "knex" | "kysely")
}

/// Whether a database is a local file of the project by its nature, or stores everything as given, wherever it runs.
pub(in crate::code) fn is_a_file(path: &str, arguments: &[Argument]) -> bool {
    let kept_as_given = || by_key_alone(last(path), arguments).is_some();
    root(path) == "tinydb"
        || matches!(product(path), Some("lowdb" | "dexie"))
        || matches!(product(path), Some("redis" | "keys")) && kept_as_given()
}

/// Whether a database stores values under keys.
pub(in crate::code) fn is_of_keys(path: &str) -> bool {
    matches!(product(path), Some("redis" | "keys"))
}

/// Returns what a call stores in a database, and whether the table's name says that it is a conversation.
pub(in crate::code) fn kept(
    path: &str,
    object: Option<&Made>,
    arguments: &[Argument],
) -> Option<(Taint, bool)> {
    let product = product(path)?;
    let writes = || OWN.iter().any(|own| own.product == product && own.writes.contains(&last(path)));
    if product == "localStorage" || !WRITES.contains(&last(path)) && !writes() || !path.contains("()") {
        return None;
    }
    let given =
        if arguments.is_empty() { object.map_or(arguments, |object| &object.given) } else { arguments };
    let content = given.iter().fold(Taint::NONE, |sum, argument| sum | argument.value.deep_taint());
    let own = matches!(product, "lowdb" | "dexie");
    let talk = |table: String| super::web::is_conversation(&table) || own && holds_talk(&table);
    let named = table(path, object).is_some_and(talk) || by_key_alone(last(path), arguments).is_some();
    Some((content, named || super::web::is_conversation(path)))
}

/// Whether a statement reads or deletes rows of people's words.
pub(super) fn asks_talk(statement: &str) -> bool {
    let asked = parsed(statement).filter(|(does, _)| *does != Use::Write);
    asked.is_some_and(|(_, table)| names(&table, MEMORIES))
}

/// Whether a call reads or deletes rows of a table of people's words.
pub(super) fn picks_talk(path: &str, object: Option<&Made>, arguments: &[Argument]) -> bool {
    let name = last(path);
    let picks = READS.contains(&name) || ERASES.contains(&name) || name.starts_with("findById");
    picks
        && product(path).is_some()
        && of(path, object, arguments).is_some_and(|(_, store)| names(&store.name, MEMORIES))
}

/// Whether a query names neither a row nor a condition; one may follow: `db.select().from(messages).where(…)`.
pub(in crate::code) fn takes_all(path: &str, product: &str, arguments: &[Argument]) -> bool {
    let name = last(path);
    let asks = match product {
        "prisma" | "sequelize" | "typeorm" => matches!(name, "findMany" | "findAll" | "find"),
        "mongodb" => name == "find",
        "supabase" => name == "select",
        "dynamodb" => name == "scan",
        "drizzle" => name == "from",
        _ => false,
    };
    let nothing = |value: &Value| match &value.shape {
        super::super::value::Shape::Dict(items) => items.is_empty(),
        _ => false,
    };
    let condition = || match product {
        "mongodb" => given(arguments, 0, "filter").is_some_and(|value| !nothing(value)),
        _ => super::super::value::named(arguments, &["where"]).is_some(),
    };
    asks && !condition()
}

/// Whether the rows of a small database are turns of a conversation.
fn holds_talk(table: &str) -> bool {
    super::web::is_conversation(table) || names(table, &["turn*"])
}

/// Returns the table: a property of Prisma's client, or the argument of `from`, `collection` or `model`.
fn table(path: &str, object: Option<&Made>) -> Option<String> {
    if root(path) == "@prisma/client" {
        let mut parts = path.rsplit('.');
        parts.next();
        return parts.next().map(str::to_owned);
    }
    let opened = object?.chain().find_map(|made| {
        let opens = OPENS.contains(&last(made.maker()));
        given(&made.given, 0, "name").filter(|_| opens).map(shown).filter(|name| !name.is_empty())
    });
    // `client["bot"]["messages"].find()`, `db.query.messages.findMany()`
    let member = || {
        let of_member =
            matches!(root(path), "pymongo" | "motor") || matches!(product(path), Some("lowdb" | "dexie"));
        let by_member = of_member || path.contains("().query.");
        let own = path.rsplit('.').nth(1).filter(|part| !part.contains('('));
        own.filter(|_| by_member).map(str::to_owned)
    };
    opened.or_else(member)
}

/// Calls that take the name of a table.
const OPENS: &[&str] = &[
    "from",
    "collection",
    "model",
    "doc",
    "insert",
    "update",
    "delete",
    "define",
    "get_collection",
    "getRepository",
    "TinyDB",
    "table",
    "Table",
];

fn shown(value: &Value) -> String {
    let template = value.template().map(crate::facts::Template::shown);
    template.unwrap_or_else(|| match &value.shape {
        super::super::value::Shape::List(items) => items.first().map(shown).unwrap_or_default(),
        // `sqliteTable("messages", …)`, `text("INSERT …")`
        super::super::value::Shape::Made(made) => {
            made.given.first().and_then(|one| one.value.known_text()).unwrap_or_default().to_owned()
        }
        _ => String::new(),
    })
}
