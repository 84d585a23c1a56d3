//! Protections shown by a call: logs, limits, expiry, and verified sessions and tokens.

use super::super::identity::finds_caller;
use super::super::value::{Argument, Made, Shape, Value, given, named};
use super::known::Known;
use super::{last, names, root};
use crate::facts::{Deed, Guard};

/// Returns every protection that a call shows.
pub(in crate::code) fn of(
    path: &str,
    known: &Known,
    object: Option<&Made>,
    arguments: &[Argument],
) -> impl Iterator<Item = Deed> {
    let rows = [
        (known.logs, Guard::Logged),
        (known.limits, Guard::RateLimited),
        (bounds(object, arguments), Guard::AnswerBounded),
        (expires(path, arguments), Guard::Expires),
        (known.schedules, Guard::Scheduled),
        (known.identifies && !looks_at_no_signature(arguments), Guard::CallerKnown),
    ];
    let more = super::swift::guards(path);
    let shown = rows.into_iter().filter(|(shown, _)| *shown).map(|(_, guard)| guard);
    shown.chain(more).map(Deed::Guard)
}

/// `jwt.decode(token, options={"verify_signature": False})`: whoever sent the token chose its content.
pub(in crate::code) fn looks_at_no_signature(arguments: &[Argument]) -> bool {
    let off = |value: &Value| value.shape == Shape::Bool(false);
    let within = |options: &Value| match &options.shape {
        Shape::Dict(items) => items.get("verify_signature").is_some_and(off),
        _ => false,
    };
    named(arguments, &["options"]).is_some_and(within)
        || named(arguments, &["verify", "verify_signature"]).is_some_and(off)
}

/// Whether a call limits the rate of requests.
pub(super) fn limits(path: &str) -> bool {
    RATE_LIMITS.contains(&root(path))
}

/// Whether a call schedules its argument to run repeatedly.
pub(super) fn schedules(path: &str) -> bool {
    SCHEDULERS.contains(&root(path)) || path == "js.setInterval"
}

const LOGGERS: &[&str] = &[
    "logging",
    "structlog",
    "loguru",
    "logbook",
    "winston",
    "pino",
    "bunyan",
    "log4js",
    "tslog",
    "consola",
    "signale",
];

/// Packages that record what an agent does once they are set up.
const TRACERS: &[&str] = &[
    "langfuse",
    "langsmith",
    "opentelemetry",
    "agentops",
    "openinference",
    "phoenix",
    "traceloop",
    "weave",
    "mlflow",
    "logfire",
    "@opentelemetry/api",
    "@opentelemetry/sdk-node",
    "@langfuse/tracing",
    "helicone",
];

const LEVELS: &[&str] = &[
    "debug",
    "info",
    "warning",
    "warn",
    "error",
    "exception",
    "critical",
    "log",
    "trace",
    "success",
    "fatal",
    "msg",
];

/// Methods that only tracers have.
const SPANS: &[&str] = &[
    "startSpan",
    "startActiveSpan",
    "recordException",
    "start_span",
    "start_as_current_span",
    "record_exception",
];

/// Whether a call writes to a log or a trace.
pub(in crate::code) fn logs(path: &str) -> bool {
    let line =
        (LOGGERS.contains(&root(path)) || path.starts_with("js.console.")) && LEVELS.contains(&last(path));
    line || TRACERS.contains(&root(path))
}

/// Whether an object is named like a logger and called like one, whoever created it.
pub(in crate::code) fn is_logger(written: &str) -> bool {
    let mut parts = written.rsplit('.');
    let (level, object) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    LEVELS.contains(&level) && matches!(object.trim_start_matches('_'), "log" | "logger" | "LOG" | "LOGGER")
}

/// Whether an object is called like a tracer, whoever created it.
pub(in crate::code) fn is_tracer(written: &str) -> bool {
    let mut parts = written.rsplit('.');
    let (method, object) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let tells =
        matches!(method, "setAttribute" | "setAttributes" | "set_attribute" | "addEvent" | "add_event");
    SPANS.contains(&method) || tells && super::names(object, &["span"])
}

/// Whether a file configures a log that is kept in files.
pub(in crate::code) fn keeps_log(text: &str) -> bool {
    const FILES: &[&str] = &[
        "FileHandler(",
        "RotatingFileHandler(",
        "logging.handlers.",
        "transports.File(",
        "DailyRotateFile(",
        "pino.destination(",
        "pino/file",
    ];
    FILES.iter().any(|sign| text.contains(sign))
        || text.contains("basicConfig(") && text.contains("filename=")
        || text.contains("loguru")
            && (text.contains("logger.add(\"") || text.contains("logger.add(f\"") || text.contains(".log"))
}

const RATE_LIMITS: &[&str] = &[
    "slowapi",
    "flask_limiter",
    "fastapi_limiter",
    "django_ratelimit",
    "ratelimit",
    "limits",
    "pyrate_limiter",
    "aiolimiter",
    "express-rate-limit",
    "rate-limiter-flexible",
    "@upstash/ratelimit",
    "@fastify/rate-limit",
    "hono-rate-limiter",
    "koa-ratelimit",
    "express-slow-down",
    "@nestjs/throttler",
    "@arcjet/next",
    "@arcjet/node",
    "bottleneck",
    "p-limit",
];

const BOUNDS: &[&str] = &[
    "max_tokens",
    "max_output_tokens",
    "max_completion_tokens",
    "max_tokens_to_sample",
    "max_new_tokens",
    "num_predict",
    "maxTokens",
    "maxOutputTokens",
    "maxCompletionTokens",
    "max_length",
];

fn bounds(object: Option<&Made>, arguments: &[Argument]) -> bool {
    let nested = |argument: &Argument| match &argument.value.shape {
        Shape::Dict(items) => BOUNDS.iter().any(|name| items.contains_key(*name)),
        Shape::Made(made) => named(&made.given, BOUNDS).is_some(),
        _ => false,
    };
    let before = |made: &Made| made.chain().any(|made| made.given.iter().any(nested));
    named(arguments, BOUNDS).is_some()
        || object.is_some_and(|object| object.setting(BOUNDS).is_some() || before(object))
        || arguments.iter().any(nested)
}

/// Stores that can expire their entries.
const FORGETTING: &[&str] = &[
    "redis",
    "ioredis",
    "@upstash/redis",
    "@vercel/kv",
    "pymongo",
    "motor",
    "mongodb",
    "mongoose",
    "diskcache",
    "cachetools",
    "aiocache",
    "django",
    "boto3",
    "node-cache",
    "lru-cache",
    "keyv",
    "langgraph",
    "langchain_community",
    "momento", // typos:ignore
];

const ENDS: &[&str] = &[
    "ex",
    "px",
    "EX",
    "PX",
    "exat", // typos:ignore
    "ttl",
    "TTL",
    "expire",
    "expires",
    "expires_in",
    "expireAfterSeconds",
    "expire_after_seconds",
    "expireIn",
    "maxAge",
    "expiration",
    "expirationTtl",
];

fn expires(path: &str, arguments: &[Argument]) -> bool {
    let name = last(path);
    if FORGETTING.contains(&root(path)) {
        let by_name = names(name, &["expire*", "setex", "psetex", "pexpire*", "ttlcache"]);
        return by_name
            || named(arguments, ENDS).is_some()
            || given(arguments, 2, "mode").is_some_and(is_end);
    }
    if root(path) == "logging" {
        return name == "TimedRotatingFileHandler";
    }
    matches!(name, "execute" | "executemany" | "query" | "run" | "exec" | "prepare" | "$executeRaw" | "text")
        && arguments
            .first()
            .and_then(|one| one.value.template())
            .is_some_and(|text| deletes_by_age(&text.shown()))
}

/// Whether a call sets when its entry expires, whatever stores it: `env.CHATS.put(key, text, { expirationTtl: 3600 })`.
pub(in crate::code) fn ends(arguments: &[Argument]) -> bool {
    let within = |argument: &Argument| match &argument.value.shape {
        Shape::Dict(items) => ENDS.iter().any(|name| items.contains_key(*name)),
        _ => false,
    };
    named(arguments, ENDS).is_some()
        || arguments.iter().any(within)
        || given(arguments, 2, "mode").is_some_and(is_end)
}

/// `client.set(key, value, "EX", 3600)`
fn is_end(value: &Value) -> bool {
    value.known_text().is_some_and(|text| matches!(text, "EX" | "PX" | "EXAT")) // typos:ignore
}

/// `DELETE FROM messages WHERE created_at < …`
pub(in crate::code) fn deletes_by_age(statement: &str) -> bool {
    let small = statement.trim_start().to_ascii_lowercase();
    let Some((_, condition)) = small.split_once("where").filter(|_| small.starts_with("delete")) else {
        return false;
    };
    let by_time = names(
        condition,
        &["created*", "updated*", "expire*", "expiry", "timestamp", "ts", "date", "time", "age", "at"],
    );
    by_time && condition.contains(['<', '>'])
}

const SCHEDULERS: &[&str] = &[
    "schedule",
    "apscheduler",
    "node-cron",
    "cron",
    "node-schedule",
    "croner",
    "aiocron",
    "rocketry",
    "huey",
    "agenda",
    "toad-scheduler",
];

/// Calls and members that identify the caller after a check.
const IDENTITIES: &[(&str, &[&str])] = &[
    ("jwt", &["decode"]),
    ("jose", &["decode", "jwtVerify", "verify"]),
    ("authlib", &["decode", "parse_id_token", "authorize_access_token"]),
    ("itsdangerous", &["loads", "unsign"]),
    ("google", &["verify_oauth2_token", "verify_firebase_token"]),
    ("firebase_admin", &["verify_id_token", "verify_session_cookie"]),
    ("flask_login", &["current_user", "login_required", "user_id"]),
    ("flask_jwt_extended", &["get_jwt_identity", "jwt_required", "current_user", "verify_jwt_in_request"]),
    ("flask_httpauth", &["login_required", "current_user"]),
    ("fastapi_users", &["current_user"]),
    ("jsonwebtoken", &["verify"]),
    ("express-jwt", &["expressjwt", "express-jwt", "jwt"]),
    ("passport", &["authenticate"]),
    ("express-openid-connect", &["requiresAuth", "auth"]),
    ("express-oauth2-jwt-bearer", &["auth"]),
    ("firebase-admin", &["verifyIdToken", "verifySessionCookie"]),
    ("next-auth", &["getServerSession", "getToken", "auth", "getSession"]),
    ("@clerk/nextjs", &["auth", "currentUser", "getAuth", "clerkMiddleware"]),
    ("@clerk/express", &["requireAuth", "getAuth", "clerkMiddleware"]),
    ("@auth0/nextjs-auth0", &["getSession", "withApiAuthRequired"]),
    ("@supabase/supabase-js", &["getUser", "getClaims"]),
    ("@supabase/ssr", &["getUser", "getClaims"]),
    ("supabase", &["get_user", "get_claims"]),
    ("better-auth", &["getSession"]),
    ("@nestjs/jwt", &["verify", "verifyAsync"]),
    ("@nestjs/passport", &["AuthGuard"]),
    ("iron-session", &["getIronSession"]),
    ("lucia", &["validateSession"]),
    ("hono", &["jwt", "bearerAuth", "basicAuth"]),
    ("@fastify/jwt", &["jwtVerify"]),
    ("django", &["login_required", "permission_required", "authenticate"]),
    ("rest_framework", &["IsAuthenticated", "permission_classes"]),
    ("werkzeug", &["check_password_hash"]),
    ("hmac", &["compare_digest"]),
    ("secrets", &["compare_digest"]),
    ("crypto", &["timingSafeEqual"]),
    ("bcrypt", &["checkpw", "compare", "compareSync"]),
    ("stripe", &["construct_event", "constructEvent"]),
    ("tornado", &["authenticated", "get_secure_cookie", "get_signed_cookie"]),
    ("wechatpy", &["check_signature", "decrypt_message"]),
    ("linebot", &["handle", "parse"]),
    ("nacl", &["verify"]),
    ("aiohttp_security", &["check_authorized", "authorized_userid"]),
    ("starlette", &["requires"]),
    ("@hono/clerk-auth", &["getAuth"]),
];

/// Whether a class with this base can be reached only when signed in, whatever other bases it has.
pub(in crate::code) fn is_guarding_base(path: &str) -> bool {
    matches!(
        last(path),
        "LoginRequiredMixin" | "PermissionRequiredMixin" | "UserPassesTestMixin" | "AccessMixin"
    ) && matches!(root(path), "django" | "braces" | "flask_login")
}

/// Whether a path authenticates the caller.
pub(in crate::code) fn identifies(path: &str) -> bool {
    let (package, name) = (root(path), last(path));
    let session =
        ["flask.session.", "quart.session.", "flask_login.current_user", "flask_jwt_extended.current_user"];
    session.iter().any(|known| path.starts_with(known))
        || IDENTITIES.iter().any(|(known, names)| *known == package && names.contains(&name))
        || is_of_project(path)
            && finds_caller(name)
            && !names(name, &["count*", "usage", "budget*", "limit*", "estimate*", "max"])
}

/// Whether a path belongs to a project file that cannot be read, so that its name has to be trusted.
fn is_of_project(path: &str) -> bool {
    ["local/", "@/", "~/", "#/", "$lib/"].iter().any(|sign| path.starts_with(sign))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_are_told_from_owners() {
        assert!(deletes_by_age("DELETE FROM messages WHERE created_at < datetime('now', '-30 days')"));
        assert!(!deletes_by_age("DELETE FROM messages WHERE user_id = ?"));
        assert!(!deletes_by_age("SELECT * FROM messages WHERE created_at < ?"));
    }

    #[test]
    fn a_logger_that_is_only_made_logs_nothing() {
        assert!(logs("logging.getLogger().info") && logs("js.console.log") && logs("langfuse.Langfuse()"));
        assert!(!logs("logging.getLogger") && !logs("mylog.info"));
    }
}
