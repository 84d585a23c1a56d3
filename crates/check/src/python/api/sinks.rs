//! What runs text.

use super::super::value::{Argument, Shape, Value, given, named};
use super::{last, root};
use crate::facts::{Sink, Taint};

/// What a call runs, and what the text is made of.
pub(in crate::python) fn of(path: &str, arguments: &[Argument]) -> Option<(Sink, Taint)> {
    let first = |name| given(arguments, 0, name).map(Value::deep_taint);
    let name = last(path);
    Some(match root(path) {
        "exec" | "eval" if matches!(path, "exec" | "eval") => (Sink::Code, first("source")?),
        "os" if matches!(path, "os.system" | "os.popen") => (Sink::Shell, first("command")?),
        "subprocess" => (Sink::Shell, shell(arguments)?),
        "asyncio" if name == "create_subprocess_shell" => (Sink::Shell, first("cmd")?),
        "pickle" | "cloudpickle" | "dill" | "marshal" if matches!(name, "loads" | "load") => {
            (Sink::Pickle, first("data")?)
        }
        "jinja2" if matches!(name, "Template" | "from_string") => (Sink::Template, first("source")?),
        "flask" if name == "render_template_string" => (Sink::Template, first("source")?),
        "sqlite3" | "psycopg2" | "psycopg" | "pymysql" | "MySQLdb" | "mysql" | "duckdb" | "aiosqlite"
        | "asyncpg"
            if matches!(name, "execute" | "executescript" | "executemany" | "fetch" | "fetchrow" | "sql") =>
        {
            (Sink::Sql, statement(arguments)?)
        }
        "sqlalchemy" if name == "text" => (Sink::Sql, statement(arguments)?),
        "langchain_experimental" if path.contains("PythonREPL") && matches!(name, "run" | "invoke") => {
            (Sink::Code, first("command")?)
        }
        _ => return None,
    })
}

/// A list is not split by a shell: only its program counts.
fn shell(arguments: &[Argument]) -> Option<Taint> {
    let command = given(arguments, 0, "args")?;
    let through_shell = named(arguments, &["shell"]).is_some_and(|value| value.shape == Shape::Bool(true));
    match &command.shape {
        Shape::List(items) if !through_shell => items.first().map(Value::deep_taint),
        _ => Some(command.deep_taint()),
    }
}

/// A statement that is put together from text; bound parameters do not count.
fn statement(arguments: &[Argument]) -> Option<Taint> {
    given(arguments, 0, "sql").map(Value::deep_taint)
}
