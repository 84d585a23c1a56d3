//! What calls functions from outside: decorators that register them, and calls that take callbacks.

use super::{last, root};
use crate::facts::Entry;

/// Whether a call does not return: the program ends, or a framework responds at once.
pub(in crate::code) fn ends(path: &str) -> bool {
    const ENDS: &[&str] = &[
        "sys.exit",
        "exit",
        "quit",
        "os._exit",
        "os.abort",
        "js.process.exit",
        "process.exit",
        "flask.abort",
        "quart.abort",
        "bottle.abort",
        "werkzeug.exceptions.abort",
        "streamlit.stop",
        "next.navigation.redirect",
        "next.navigation.permanentRedirect",
        "next.navigation.notFound",
        "next.navigation.forbidden",
        "next.navigation.unauthorized",
    ];
    ENDS.contains(&path)
}

/// Packages whose decorators change a function but do not call it.
const NEUTRAL: &[&str] = &[
    "functools",
    "contextlib",
    "dataclasses",
    "abc",
    "typing",
    "typing_extensions",
    "tenacity",
    "backoff",
    "retry",
    "retrying",
    "cachetools",
    "numpy",
    "numba",
    "torch",
    "pytest",
    "unittest",
    "hypothesis",
    "deprecated",
    "attr",
    "attrs",
    "pydantic",
    "opentelemetry",
    "langsmith",
    "wrapt",
    "staticmethod",
    "classmethod",
    "property",
    "ombud",
    "sqlalchemy",
    "marshmallow",
    "enum",
    "threading",
    "asyncio",
    "warnings",
    "jwt",
    "joblib",
    "diskcache",
    "cython",
    "jax",
    "triton",
    "beartype",
    "typeguard",
    "atexit",
];

/// Names of neutral decorators in packages that also register.
const NEUTRAL_NAMES: &[&str] = &[
    "cache_data",
    "cache_resource",
    "cache",
    "experimental_memo",
    "login_required",
    "csrf_exempt",
    "validator",
    "wraps",
];

/// Standard packages whose calls only pass on a callback, which keeps its own arguments.
const PLAIN: &[&str] = &[
    "threading",
    "asyncio",
    "concurrent",
    "functools",
    "multiprocessing",
    "atexit",
    "signal",
    "map",
    "filter",
    "sorted",
    "min",
    "max",
    "sum",
    "any",
    "all",
    "list",
    "tuple",
    "dict",
    "set",
    "iter",
    "next",
    "print",
    "str",
    "repr",
    "type",
    "isinstance",
    "getattr",
    "setattr",
    "hasattr",
    "callable",
    "inspect",
    "itertools",
    "collections",
    "schedule",
    "apscheduler",
    "time",
    "contextlib",
    "anyio",
    "trio",
    "zip",
    "enumerate",
    "super",
    "id",
    "len",
    "json",
    "object",
    "property",
    "weakref",
    "types",
    "operator",
    "re",
    "regex",
    "logging",
    "structlog",
    "loguru",
    "typing",
    "typing_extensions",
    "annotationlib",
    "unittest",
    "urllib",
    "pandas",
    "polars",
    "numpy",
    "copy",
    "operator",
    "pytest",
    "self",
    "vars",
    "sqlite3",
];

/// Work queues of the project itself.
const QUEUES: &[&str] = &["celery", "huey", "rq", "dramatiq", "taskiq", "procrastinate"];

/// Returns how a decorator with this path lets a function be entered.
pub(in crate::code) fn entered_by(decorator: &str) -> Option<Entry> {
    let name = last(decorator);
    if root(decorator) == "swift" {
        return (decorator == crate::code::ENTERED).then_some(Entry::Handler);
    }
    if NEUTRAL.contains(&root(decorator)) || NEUTRAL_NAMES.contains(&name) {
        return None;
    }
    // A worker receives what the project itself puts into its queue.
    if QUEUES.contains(&root(decorator)) || is_command(decorator) {
        return Some(Entry::Program);
    }
    // A tool server calls it for all tools: it is an entry point for models, but not itself a tool.
    let all = root(decorator) == "mcp" && matches!(name, "call_tool" | "tool");
    Some(if all || is_tool(decorator) { Entry::Tool } else { Entry::Handler })
}

/// Whether a decorator makes a function a command that is started at a terminal.
pub(in crate::code) fn is_command(decorator: &str) -> bool {
    const COMMANDS: &[&str] = &[
        "click",
        "rich_click",
        "asyncclick",
        "asynctyper",
        "typer",
        "cyclopts",
        "invoke",
        "fire",
        "plac",
        "arguably",
        "begins",
        "duty",
        "doit",
        "cloup",
    ];
    COMMANDS.contains(&root(decorator))
}

/// Whether a decorator offers a function to a model.
pub(in crate::code) fn is_tool(decorator: &str) -> bool {
    matches!(
        last(decorator),
        "tool" | "tool_plain" | "function_tool" | "kernel_function" | "ai_function" | "register_for_llm"
    )
}

/// Whether a call passes what strangers say to a callback.
pub(in crate::code) fn feeds_callbacks(path: &str) -> bool {
    // A bare name belongs to the language itself.
    path.contains('.') && !PLAIN.contains(&root(path))
}

/// Whether the framework of a base class calls its methods.
pub(in crate::code) fn calls_methods(base: &str) -> bool {
    const DATA: &[&str] = &[
        "object",
        "Exception",
        "BaseException",
        "ValueError",
        "RuntimeError",
        "dict",
        "list",
        "str",
        "int",
        "Enum",
        "StrEnum",
        "IntEnum",
        "ABC",
        "Protocol",
        "Generic",
        "NamedTuple",
        "TypedDict",
        "BaseModel",
        "BaseSettings",
        "SQLModel",
        "Model",
        "Base",
        "DeclarativeBase",
        "TestCase",
        "JSONEncoder",
    ];
    !DATA.contains(&last(base))
        && !matches!(root(base), "enum" | "abc" | "typing" | "unittest" | "pydantic" | "torch" | "swift")
}

/// Packages that serve HTTP requests.
const SERVERS: &[&str] = &[
    "flask",
    "quart",
    "fastapi",
    "starlette",
    "sanic",
    "aiohttp",
    "litestar",
    "bottle",
    "falcon",
    "tornado",
    "django",
    "rest_framework",
    "flask_restful",
    "ninja",
    "robyn",
    "blacksheep",
    "http",
    "websockets",
    "flask_socketio",
    "socketio",
    "microdot",
    "cherrypy",
    "@nestjs/common",
    "@nestjs/websockets",
];

/// Whether a decorator passes HTTP requests to a function, or puts it before them.
pub(in crate::code) fn is_http(path: &str) -> bool {
    const VERBS: &[&str] = &[
        "route",
        "get",
        "post",
        "put",
        "patch",
        "delete",
        "api_route",
        "api_view",
        "websocket",
        "before_request",
        "middleware",
        "before_app_request",
        "on_request",
        "on",
        "event",
        "head",
        "options",
        "view",
        "Get",
        "Post",
        "Put",
        "Patch",
        "Delete",
        "All",
        "Sse",
        "SubscribeMessage",
    ];
    SERVERS.contains(&root(path)) && VERBS.contains(&last(path))
}

/// Whether a call passes HTTP requests to the functions that it takes.
pub(in crate::code) fn routes(path: &str) -> bool {
    const CALLS: &[&str] = &[
        "add_api_route",
        "add_api_websocket_route",
        "add_route",
        "add_url_rule",
        "add_get",
        "add_post",
        "add_put",
        "add_delete",
        "Route",
        "WebSocketRoute",
        "add_websocket_route",
        "add_namespace",
    ];
    // `path("chat/", views.chat)`, `web.post("/chat", chat)`, `websockets.serve(hear, host, port)`
    const OTHERS: &[(&str, &[&str])] =
        &[("django", &["path", "re_path", "url"]), ("websockets", &["serve"]), ("bottle", &["route"])];
    let (package, name) = (root(path), last(path));
    // A client has the same verbs.
    let of_aiohttp = path
        .strip_prefix("aiohttp.web.")
        .is_some_and(|verb| matches!(verb, "get" | "post" | "put" | "patch" | "delete" | "view" | "route"));
    of_aiohttp
        || SERVERS.contains(&package) && CALLS.contains(&name)
        || OTHERS.iter().any(|(of, names)| *of == package && names.contains(&name))
}

/// Whether a method of a class with this base serves HTTP requests.
pub(in crate::code) fn serves(base: &str, method: &str) -> bool {
    const METHODS: &[&str] = &[
        "get",
        "post",
        "put",
        "patch",
        "delete",
        "create",
        "list",
        "update",
        "destroy",
        "on_get",
        "on_post",
        "on_put",
        "on_delete",
        "on_message",
    ];
    // Bots also have methods of these names, but their packages are no servers.
    SERVERS.contains(&root(base)) && METHODS.contains(&method)
        || root(base) == "http" && method.starts_with("do_")
}

/// Packages whose classes receive what strangers say.
const HEARING: &[&str] = &[
    "discord",
    "nextcord",
    "disnake",
    "telegram",
    "telebot",
    "aiogram",
    "tornado",
    "http",
    "socketserver",
    "django",
    "rest_framework",
    "flask",
    "flask_restful",
    "starlette",
    "fastapi",
    "aiohttp",
    "channels",
    "grpc",
    "nonebot",
    "wechaty",
    "botpy",
    "botbuilder",
    "slack_bolt",
    "twisted",
    "irc",
    "chainlit",
    "socketio",
    "cmd",
    "dingtalk_stream",
    "lark_oapi",
    "wechatpy",
    "wcferry",
    "khl",
    "graia",
    "astrbot",
    "pyrogram",
    "telethon",
    "twitchio",
    "nio",
    "slixmpp",
    "zulip",
    "mattermost",
    "mastodon",
    "tweepy",
    "reflex",
    "vkbottle",
    "maubot",
    "errbot",
];

/// Returns how a method of a class with this base is entered.
pub(in crate::code) fn entered_through(base: &str, method: &str) -> Option<Entry> {
    if last(base).ends_with("Tool") {
        return matches!(method, "_run" | "_arun" | "run" | "execute").then_some(Entry::Tool);
    }
    if method.starts_with('_') {
        return None;
    }
    // Django's models, admin pages and commands are internal: only views receive what strangers say.
    let inside = root(base) == "django" && !base.contains(".views");
    Some(if HEARING.contains(&root(base)) && !inside { Entry::Handler } else { Entry::Program })
}
