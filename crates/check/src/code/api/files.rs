//! Files: which call opens, writes or deletes which.

use ruff_python_ast::{Expr, ExprCall, Number, UnaryOp};

use super::super::value::{Argument, Made, Shape, Value, given, named};
use super::{last, root};
use crate::facts::{Taint, Template};

/// How a call accesses a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::code) enum Access {
    Read,
    /// It is written, moved or deleted.
    Change,
}

/// Returns how a call accesses a file, and the path of the file.
pub(in crate::code) fn of(
    path: &str,
    object: Option<&Made>,
    arguments: &[Argument],
) -> Option<(Access, Value)> {
    let name = last(path);
    let at = |index: usize, name: &str| given(arguments, index, name).cloned();
    Some(match root(path) {
        "open" | "io" | "codecs" | "aiofiles" | "anyio" | "gzip"
            if matches!(name, "open" | "open_file") && !path.contains('(') =>
        {
            (access(given(arguments, 1, "mode")), at(0, "file")?)
        }
        // The file of a descriptor was named where it was opened.
        "os" if path == "os.fdopen" => {
            (access(given(arguments, 1, "mode")), behind(given(arguments, 0, "fd")?))
        }
        "pathlib" if path.contains("()") => (of_path(name, arguments)?, folder(object?)?),
        "os" if matches!(path, "os.remove" | "os.unlink" | "os.rmdir" | "os.removedirs") => {
            (Access::Change, at(0, "path")?)
        }
        "os" if matches!(path, "os.rename" | "os.replace") => (Access::Change, at(1, "dst")?),
        "shutil" if name == "rmtree" => (Access::Change, at(0, "path")?),
        "shutil" if COPIES.contains(&name) || name == "move" => (Access::Change, at(1, "dst")?),
        "flask" | "quart" if name == "send_file" => (Access::Read, at(0, "path_or_file")?),
        "fastapi" | "starlette" if name == "FileResponse" => (Access::Read, at(0, "path")?),
        "fs" | "fs-extra" => of_script(name, arguments)?,
        "js" if matches!(
            path,
            "js.Bun.write" | "js.Deno.writeTextFile" | "js.Deno.writeFile" | "js.Deno.remove"
        ) =>
        {
            (Access::Change, at(0, "path")?)
        }
        "js" if matches!(path, "js.Bun.file" | "js.Deno.readTextFile" | "js.Deno.readFile") => {
            (Access::Read, at(0, "path")?)
        }
        "urllib" if name == "urlretrieve" => (Access::Change, at(1, "filename")?),
        "aiogram" | "telegram" | "pyrogram" | "telethon" | "discord" | "nextcord" | "disnake" => {
            (Access::Change, downloaded(name, arguments)?)
        }
        "nodemailer" if name == "sendMail" => (Access::Read, attached(named(arguments, &["attachments"])?)?),
        _ => return None,
    })
}

/// Returns the file into which a chat bot downloads what somebody sent: `bot.download(document, destination=path)`,
/// `file.download_to_drive(path)`, `attachment.save(path)`.
pub(in crate::code) fn downloaded(name: &str, arguments: &[Argument]) -> Option<Value> {
    const PLACES: &[&str] =
        &["destination", "destination_file", "custom_path", "file_name", "filename", "file", "fp", "path"];
    // Before the path, such a method may take what is downloaded.
    let index = match name {
        "download_to_drive" | "save" => 0,
        "download" | "download_file" | "download_media" => {
            arguments.iter().take(2).filter(|one| one.name.is_none()).count().saturating_sub(1)
        }
        _ => return None,
    };
    let place = named(arguments, PLACES).or_else(|| given(arguments, index, "destination"))?;
    Some(place.clone())
}

/// Whether a member of what somebody sent is the name that they gave a file.
pub(in crate::code) fn is_own_name(name: &str) -> bool {
    matches!(name, "file_name" | "fileName" | "filename" | "original_filename" | "originalFilename")
}

/// Functions of `shutil` that copy.
const COPIES: &[&str] = &["copy", "copy2", "copyfile", "copytree"];

/// Returns the file that a call copies or moves elsewhere, and how it accesses that file: moving takes it away, and a copy
/// in another place may be read there.
pub(in crate::code) fn moved(path: &str, arguments: &[Argument]) -> Option<(Access, Value)> {
    let name = last(path);
    let access = match root(path) {
        "os" if matches!(path, "os.rename" | "os.replace") => Access::Change,
        "shutil" if name == "move" => Access::Change,
        "shutil" if COPIES.contains(&name) => Access::Read,
        "fs" | "fs-extra" => match name.trim_end_matches("Sync") {
            "rename" | "move" => Access::Change,
            "copyFile" | "copy" | "cp" => Access::Read,
            _ => return None,
        },
        _ => return None,
    };
    Some((access, given(arguments, 0, "src")?.clone()))
}

/// Returns the path for which a descriptor was opened: `os.fdopen(os.open(path, flags), "w")`.
fn behind(descriptor: &Value) -> Value {
    let made = descriptor.made().filter(|made| made.maker() == "os.open");
    made.and_then(|made| given(&made.given, 0, "path")).unwrap_or(descriptor).clone()
}

/// `{attachments: [{path}]}`: a file that leaves with an email.
fn attached(all: &Value) -> Option<Value> {
    let Shape::List(items) = &all.shape else { return None };
    items.iter().find_map(|item| match &item.shape {
        Shape::Dict(parts) => parts.get("path").cloned(),
        _ => None,
    })
}

fn of_script(name: &str, arguments: &[Argument]) -> Option<(Access, Value)> {
    let name = name.trim_end_matches("Sync");
    let at = |index: usize| given(arguments, index, "path").cloned();
    Some(match name {
        "readFile" | "createReadStream" | "readJson" => (Access::Read, at(0)?),
        "writeFile" | "appendFile" | "createWriteStream" | "writeJson" | "outputFile" | "outputJson" => {
            (Access::Change, at(0)?)
        }
        "unlink" | "rm" | "rmdir" | "remove" => (Access::Change, at(0)?),
        "rename" | "copyFile" | "move" | "copy" | "cp" => (Access::Change, at(1)?),
        _ => return None,
    })
}

/// `Path(…).open("w")`, `Path(…).unlink()`
fn of_path(name: &str, arguments: &[Argument]) -> Option<Access> {
    Some(match name {
        "open" => access(given(arguments, 0, "mode")),
        "read_text" | "read_bytes" => Access::Read,
        "write_text" | "write_bytes" | "unlink" | "rmdir" => Access::Change,
        _ => return None,
    })
}

fn access(mode: Option<&Value>) -> Access {
    let writes = mode.and_then(Value::known_text).is_some_and(|mode| mode.contains(['w', 'a', 'x', '+']));
    if writes { Access::Change } else { Access::Read }
}

/// Returns whether a part of a path is confined: a name without its folder cannot leave one, and the path of an
/// address parsed by `URL` contains no `..`; the older `url.parse` keeps it.
pub(in crate::code) fn held_part(object: &Value, name: &str, taint: Taint, script: bool) -> Taint {
    let of = |package: &str| object.outside().is_some_and(|path| path.starts_with(package));
    let held = match name {
        // The name that the system gave a temporary file also stays in its folder.
        "name" => of("pathlib.") || of("tempfile."),
        "stem" | "suffix" => of("pathlib."),
        "pathname" => script && !of("url."),
        _ => false,
    };
    if held && taint != Taint::NONE { Taint::CHECKED } else { Taint::NONE }
}

/// Returns the method that splits a path at its folders: `name.split("/")`.
fn splitter(list: &Expr) -> Option<&str> {
    let call = list.as_call_expr()?;
    let method = call.func.as_attribute_expr()?.attr.as_str();
    let folders = matches!(call.arguments.args.first(), Some(Expr::StringLiteral(text)) if matches!(text.value.to_str(), "/" | "\\"));
    (folders && matches!(method, "split" | "rsplit" | "rpartition")).then_some(method)
}

/// `name.split("/")[-1]`, `name.rpartition("/")[2]`: what follows the last folder. A lone `..` there names a folder, which
/// nobody opens as a file. Any other part may be `..`, or all the folders before the last.
pub(in crate::code) fn is_last_part(list: &Expr, key: &Expr) -> bool {
    match splitter(list) {
        Some("rpartition") => is_number(key, 2) || is_minus_one(key),
        Some(_) => is_minus_one(key),
        None => false,
    }
}

/// `name.split("/").pop()`
pub(in crate::code) fn pops_last_part(call: &ExprCall) -> bool {
    let Expr::Attribute(method) = &*call.func else { return false };
    let at_the_end = call.arguments.args.iter().all(is_minus_one);
    method.attr.as_str() == "pop" && at_the_end && splitter(&method.value).is_some()
}

fn is_minus_one(key: &Expr) -> bool {
    matches!(key, Expr::UnaryOp(node) if node.op == UnaryOp::USub && is_number(&node.operand, 1))
}

fn is_number(key: &Expr, number: u8) -> bool {
    matches!(key, Expr::NumberLiteral(node) if matches!(&node.value, Number::Int(value) if value.as_u8() == Some(number)))
}

/// Returns the path that a `pathlib` object represents.
fn folder(object: &Made) -> Option<Value> {
    object.chain().find_map(|made| given(&made.given, 0, "path").cloned())
}

/// Returns the path of a file as far as it is known, with `{}` for the rest.
pub(in crate::code) fn shown(path: &Value) -> Option<String> {
    match &path.shape {
        Shape::Text(text) => Some(text.shown()),
        Shape::Made(made) if root(&made.path) == "pathlib" => folder(made).as_ref().and_then(shown),
        _ => None,
    }
}

/// Returns the whole path of a file, including its unknown parts.
pub(in crate::code) fn whole(path: &Value) -> Option<Template> {
    match &path.shape {
        Shape::Text(text) => Some((**text).clone()),
        Shape::Made(made) if root(&made.path) == "pathlib" => folder(made).as_ref().and_then(whole),
        _ => None,
    }
}

/// Returns a path composed of parts: `os.path.join`, `path.join`.
pub(in crate::code) fn joined(path: &str, arguments: &[Argument]) -> Option<Template> {
    if !matches!(path, "os.path.join" | "posixpath.join" | "path.join" | "path.resolve" | "path.posix.join") {
        return None;
    }
    let mut text = Template::default();
    for (index, argument) in arguments.iter().filter(|one| one.name.is_none()).enumerate() {
        if index > 0 {
            text.push(&Template::text("/"));
        }
        text.push(&piece(&argument.value));
    }
    Some(text)
}

/// Returns a part of a path.
pub(in crate::code) fn piece(value: &Value) -> Template {
    let hole = || Template::of(crate::facts::Piece::Hole);
    match &value.shape {
        Shape::Text(text) => (**text).clone(),
        Shape::Made(made) if root(&made.path) == "pathlib" => folder(made).as_ref().map_or_else(hole, piece),
        _ => hole(),
    }
}

/// Returns the name of the file that a writer was opened for.
pub(super) fn opened(file: &Made) -> Option<String> {
    opened_path(file).map(|path| shown(&path).unwrap_or_default())
}

/// Returns the path of that file.
pub(super) fn opened_path(file: &Made) -> Option<Value> {
    let makes = |made: &&Made| matches!(last(made.maker()), "open" | "open_file" | "fdopen");
    let made = file.chain().find(makes)?;
    let parent = made.parent.as_deref();
    let (access, path) = of(made.maker(), parent, &made.given)?;
    (access == Access::Change).then_some(path)
}

/// Whether a file's name is composed of parts: a record named after somebody. A path that is passed in whole says
/// nothing of the file's content.
pub(in crate::code) fn is_named_after(object: Option<&Made>, arguments: &[Argument]) -> bool {
    let made = object.into_iter().flat_map(Made::chain).flat_map(|made| made.given.iter());
    let put_together = |argument: &Argument| {
        let text = argument.value.template();
        text.is_some_and(|text| text.known().is_none() && text.pieces.len() > 1)
    };
    arguments.iter().chain(made).any(put_together)
}
