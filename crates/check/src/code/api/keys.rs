//! The keys by which a store or a database is asked for one person's data.

use super::super::value::{Argument, Made, Shape, Value, given};
use super::{last, names, root};
use crate::facts::Taint;

/// Names of columns and arguments that say whose data is meant.
const KEYS: &[&str] = &[
    "user_id",
    "userId",
    "userid",
    "user",
    "uid",
    "owner",
    "owner_id",
    "ownerId",
    "openid",
    "open_id",
    "account_id",
    "accountId",
    "customer_id",
    "customerId",
    "member_id",
    "memberId",
    "patient_id",
    "patientId",
    "student_id",
    "studentId",
    "child_id",
    "childId",
];

/// Whether a parameter says whose conversation a function reads or writes: `session_key`, or `key` of a function
/// named after conversations.
pub(in crate::code) fn is_whose(parameter: &str, function: &str) -> bool {
    const TALKS: &[&str] =
        &["session*", "conversation*", "chat*", "thread*", "history", "histories", "dialog*"];
    let said = super::words(parameter);
    let talk = match said.as_slice() {
        [of, key] => names(of, TALKS) && matches!(key.as_str(), "id" | "key"),
        [key] => matches!(key.as_str(), "key" | "id") && names(function, TALKS),
        _ => false,
    };
    talk || is_person(parameter)
}

/// Database packages other than those for memories.
const DATABASES: &[&str] =
    &["pymongo", "motor", "sqlalchemy", "supabase", "firebase_admin", "tinydb", "peewee", "sqlmodel"];

/// Whether a call reads or writes a database, recognised by its package.
pub(in crate::code) fn is_database(path: &str) -> bool {
    let asks = |name: &str| {
        matches!(
            name,
            "find"
                | "find_one"
                | "update_one"
                | "update_many"
                | "insert_one"
                | "delete_one"
                | "delete_many"
                | "aggregate"
                | "count_documents"
                | "filter_by"
                | "filter"
                | "eq"
                | "document"
                | "search"
                | "match"
                | "where"
                | "replace_one"
        )
    };
    path.contains("()") && DATABASES.contains(&root(path)) && asks(last(path))
}

/// Returns the origins of the key that says whose data a call reads or writes; `None` if it has none.
pub(in crate::code) fn of(path: &str, object: Option<&Made>, arguments: &[Argument]) -> Option<Taint> {
    if arguments.iter().any(|argument| proves(argument, 0)) {
        return None;
    }
    let mut found: Vec<Taint> = arguments.iter().filter_map(by_name).collect();
    found.extend(compared(path, arguments));
    found.extend(bound(arguments));
    found.extend(bound_later(path, object, arguments));
    found.extend(row(path, arguments));
    found.extend(document(path, object, arguments));
    found.extend(talk(path, object, arguments));
    found.into_iter().reduce(|sum, taint| sum | taint)
}

/// `redis.get(f"facts:{user}")`: the row is named after the person.
fn row(path: &str, arguments: &[Argument]) -> Option<Taint> {
    let key = given(arguments, 0, "name")
        .filter(|_| matches!(root(path), "redis" | "ioredis" | "@upstash/redis" | "@vercel/kv"))?;
    let written = key.template().filter(|template| template.known().is_none())?.shown();
    let person =
        names(&written, &["user*", "fact*", "profile*", "memory", "memories", "chat*", "history", "person*"]);
    person.then(|| key.deep_taint())
}

/// `prisma.conversation.findUnique({ where: { id } })`, `messages.find_one({"_id": id})`: one row of people's words.
fn talk(path: &str, object: Option<&Made>, arguments: &[Argument]) -> Option<Taint> {
    super::databases::picks_talk(path, object, arguments).then_some(())?;
    let one = |argument: &Argument| {
        let own = argument.name.as_deref().is_some_and(is_row);
        if own { Some(argument.value.deep_taint()) } else { numbered(&argument.value, 0) }
    };
    let by_number = matches!(last(path), "findById" | "findByPk" | "findByIdAndDelete" | "findByIdAndUpdate");
    let first = || arguments.first().filter(|_| by_number).map(|number| number.value.deep_taint());
    arguments.iter().find_map(one).or_else(first)
}

fn numbered(value: &Value, depth: usize) -> Option<Taint> {
    let Shape::Dict(items) = &value.shape else { return None };
    let one = |(name, item): (&String, &Value)| {
        if is_row(name) { Some(item.deep_taint()) } else { numbered(item, depth + 1) }
    };
    items.iter().filter(|_| depth < 3).find_map(one)
}

/// Whether a call compares or stores a password: somebody signs in or up there, which proves who they are.
fn proves(argument: &Argument, depth: usize) -> bool {
    const PROOFS: &[&str] = &["password*", "passwd", "pw", "pwd", "pass", "passphrase", "pin", "otp"];
    let named = argument.name.as_deref().is_some_and(|name| names(name, PROOFS));
    let said = argument.value.known_text().is_some_and(|text| text.len() < 2000 && names(text, PROOFS));
    named || said || depth < 4 && proven_within(&argument.value, depth)
}

fn proven_within(value: &Value, depth: usize) -> bool {
    let Shape::Dict(items) = &value.shape else { return false };
    let one = |(name, item): (&String, &Value)| {
        proves(&Argument { name: Some(name.clone()), value: item.clone(), spread: false }, depth + 1)
    };
    items.iter().any(one)
}

/// Whether a parameter is a person's id or address, and not the whole record of them.
pub(in crate::code) fn is_person(name: &str) -> bool {
    KEYS.contains(&name) && !matches!(name, "user" | "owner")
}

/// Whether a column holds the id of a row, or of what it belongs to: `id`, `conversation_id`. Session ids are long
/// and random.
pub(in crate::code) fn is_row(name: &str) -> bool {
    let talk =
        || names(name, &["id"]) && names(name, super::databases::MEMORIES) && !names(name, &["session*"]);
    matches!(name, "id" | "_id") || talk()
}

fn is_key(name: &str) -> bool {
    KEYS.contains(&name.rsplit('.').next().unwrap_or(name))
}

fn by_name(argument: &Argument) -> Option<Taint> {
    if argument.name.as_deref().is_some_and(is_key) {
        return Some(argument.value.deep_taint());
    }
    within(&argument.value, 0)
}

fn within(value: &Value, depth: usize) -> Option<Taint> {
    let Shape::Dict(items) = &value.shape else { return None };
    let one = |(name, item): (&String, &Value)| {
        if is_key(name) { Some(item.deep_taint()) } else { within(item, depth + 1) }
    };
    items.iter().filter(|_| depth < 5).find_map(one)
}

/// `.eq("user_id", id)`, `eq(memories.userId, id)`
fn compared(path: &str, arguments: &[Argument]) -> Option<Taint> {
    if !matches!(last(path), "eq" | "where" | "filter" | "match") {
        return None;
    }
    let first = given(arguments, 0, "column")?;
    let column = first.known_text().or_else(|| first.outside().map(last))?;
    let index = if given(arguments, 1, "value")?.known_text() == Some("==") { 2 } else { 1 };
    is_key(column).then(|| given(arguments, index, "value").map(Value::deep_taint)).flatten()
}

/// `execute("… WHERE user_id = ?", (id,))`
fn bound(arguments: &[Argument]) -> Option<Taint> {
    let statement = given(arguments, 0, "sql")?.known_text()?;
    let Shape::List(values) = &given(arguments, 1, "parameters")?.shape else { return None };
    values.get(placeholder(statement)?).map(Value::deep_taint)
}

/// `db.prepare("… WHERE user_id = ?").all(id)`, `.bind(id)`
fn bound_later(path: &str, object: Option<&Made>, arguments: &[Argument]) -> Option<Taint> {
    if !matches!(last(path), "run" | "all" | "get" | "iterate" | "first" | "bind") {
        return None;
    }
    // `.bind(user).all()`
    let bound = object.filter(|made| arguments.is_empty() && last(made.maker()) == "bind");
    let arguments = bound.map_or(arguments, |made| made.given.as_slice());
    let prepared = object?.chain().find(|made| last(made.maker()) == "prepare")?;
    let place = placeholder(given(&prepared.given, 0, "sql")?.known_text()?)?;
    let plain: Vec<&Argument> = arguments.iter().filter(|one| one.name.is_none() && !one.spread).collect();
    plain.get(place).map(|one| one.value.deep_taint())
}

/// `INSERT INTO notes (user_id, text) VALUES (?, ?)`: returns the index of the bound value that says whose the row is.
fn inserted(statement: &str) -> Option<usize> {
    let (columns, values) = statement.split_once('(')?.1.split_once(')')?;
    let is_insert = statement.trim_start().get(..6).is_some_and(|verb| verb.eq_ignore_ascii_case("insert"));
    let bound = |value: &str| matches!(value.trim(), "?" | "%s") || value.trim().starts_with('$');
    let values = values.split_once('(')?.1.split_once(')')?.0;
    let place = columns.split(',').position(|column| is_key(column.trim().trim_matches(['"', '`'])))?;
    (is_insert && values.split(',').all(bound)).then_some(place)
}

/// Returns the index of the bound value that a statement compares with a column for whose a row is.
fn placeholder(statement: &str) -> Option<usize> {
    let talk = || {
        super::databases::asks_talk(statement)
            .then(|| compared_with(statement, &|name| is_row(name.rsplit('.').next().unwrap_or(name))))
            .flatten()
    };
    inserted(statement).or_else(|| compared_with(statement, &is_key)).or_else(talk)
}

fn compared_with(statement: &str, wanted: &dyn Fn(&str) -> bool) -> Option<usize> {
    let mut count = 0;
    let mut words: Vec<&str> = Vec::new();
    for word in statement
        .split(|ch: char| ch.is_whitespace() || matches!(ch, '(' | ')' | ','))
        .filter(|word| !word.is_empty())
    {
        let (before, sign) = word.split_once('=').map_or(("", word), |(before, sign)| (before, sign));
        let sign = sign.trim_end_matches(';');
        let numbered = sign.strip_prefix('$').and_then(|number| number.parse::<usize>().ok());
        if sign == "?" || sign == "%s" || numbered.is_some() {
            let column =
                if before.is_empty() { words.iter().rev().find(|word| **word != "=") } else { Some(&before) };
            if column.is_some_and(|column| wanted(column.trim_matches(['"', '`']))) {
                return Some(numbered.map_or(count, |number| number.saturating_sub(1)));
            }
            count += 1;
        }
        words.push(word);
    }
    None
}

/// `collection("users").doc(id)`
fn document(path: &str, object: Option<&Made>, arguments: &[Argument]) -> Option<Taint> {
    let opens = matches!(last(path), "doc" | "document");
    let users = |made: &Made| {
        let name = given(&made.given, 0, "name").and_then(Value::known_text).unwrap_or_default();
        last(made.maker()) == "collection"
            && matches!(name, "users" | "accounts" | "profiles" | "patients" | "members")
    };
    object.filter(|object| opens && object.chain().any(users))?;
    given(arguments, 0, "id").map(Value::deep_taint)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bound_value_of_the_owner_is_found() {
        assert_eq!(placeholder("SELECT * FROM m WHERE user_id = ?"), Some(0));
        assert_eq!(placeholder("UPDATE m SET text = %s WHERE m.user_id=%s"), Some(1));
        assert_eq!(placeholder("SELECT * FROM m WHERE a = $2 AND \"userId\" = $1"), Some(0));
        assert_eq!(placeholder("INSERT INTO notes (text, user_id) VALUES ($1, $2)"), Some(1));
        assert_eq!(placeholder("INSERT INTO notes (text, user_id) VALUES ($1, 'me')"), None);
        assert_eq!(placeholder("SELECT * FROM m WHERE id = ? AND kind = 'user_id = x'"), None);
    }
}
