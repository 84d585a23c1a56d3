//! Classes of the project that represent database tables, and memories of people stored in their rows.

use ruff_python_ast::{Expr, ExprCall};
use ruff_text_size::Ranged;

use super::api::databases::{MEMORIES, keeps_questions};
use super::api::stores::{Use, store};
use super::api::{keys, last, names, root, words};
use super::deeds::Outside;
use super::value::{Argument, ClassId, Made, Shape, Value};
use super::walk::Walk;
use crate::facts::{Deed, Store, Taint};

/// Packages that map classes to tables.
const MAPPERS: &[&str] = &[
    "sqlalchemy",
    "sqlmodel",
    "flask_sqlalchemy",
    "peewee",
    "playhouse",
    "django",
    "tortoise",
    "mongoengine",
    "beanie",
    "odmantic",
    "ormar",
    "piccolo",
    "pony",
    "sequelize",
    "nonebot_plugin_orm",
];
/// Base classes of a table in such a package.
const BASES: &[&str] = &[
    "Model",
    "SQLModel",
    "Base",
    "declarative_base",
    "DeclarativeBase",
    "Document",
    "Table",
    "automap_base",
];

/// The pseudo-package under which a class of the project is queried as a table: `rows.Message.select`.
pub(super) const ROWS: &str = "rows";

// Words of tables that hold nobody's words, whatever else is in their names.
const OTHER: &[&str] = &[
    "config*",
    "setting*",
    "model*",
    "template*",
    "member*",
    "participant*",
    "room*",
    "user*",
    "bot",
    "channel*",
    "group*",
    "count*",
    "stat*",
];

const READS: &[&str] = &[
    "select",
    "get",
    "get_or_none",
    "get_by_id",
    "filter",
    "filter_by",
    "find",
    "find_one",
    "find_all",
    "find_many",
    "all",
    "first",
    "last",
    "values",
    "values_list",
    "exclude",
    "order_by",
    "aggregate",
    "where",
    "findAll",
    "findOne",
    "findByPk",
    "findAndCountAll",
    "findOrCreate",
];
const WRITES: &[&str] = &[
    "create",
    "insert",
    "insert_many",
    "insert_one",
    "bulk_create",
    "bulkCreate",
    "get_or_create",
    "update_or_create",
    "upsert",
    "acreate",
    "build",
];
const ERASES: &[&str] =
    &["delete", "destroy", "delete_many", "delete_one", "delete_by_id", "truncate", "truncate_table"];

/// Columns in which words are stored.
const WORDS: &[&str] = &[
    "content",
    "text",
    "message",
    "messages",
    "body",
    "question",
    "answer",
    "prompt",
    "response",
    "reply",
    "query",
    "history",
    "transcript",
    "summary",
    "fact",
    "value",
    "memory",
    "data",
    "input",
    "output",
    "user_message",
    "bot_response",
    "ai_response",
    "user_input",
    "note",
    "entry",
];
/// Pairs of columns that together store a dialogue.
pub(super) const SIDES: &[(&str, &str)] = &[
    ("role", "content"),
    ("role", "text"),
    ("role", "message"),
    ("question", "answer"),
    ("prompt", "response"),
    ("user_message", "bot_response"),
    ("user_message", "ai_response"),
    ("user_message", "assistant_message"),
    ("user_input", "response"),
    ("query", "response"),
    ("query", "answer"),
    ("input", "output"),
];

/// Calls that take objects of a table, whatever they are called on: the session may be anything.
const ADDS: &[&str] =
    &["add", "add_all", "merge", "bulk_save_objects", "persist", "save", "insert", "insert_all"];
/// Methods of an object of a table.
const SAVES: &[&str] = &["save", "asave", "insert", "upsert", "commit"];
const DROPS: &[&str] = &["delete", "delete_instance", "adelete", "destroy", "remove"];

/// An operation on a table of memories, and its content.
struct Touched {
    does: Use,
    table: String,
    content: Taint,
    /// Whether all rows are requested, if no condition follows.
    all: bool,
}

/// Reads that name neither a row nor a condition.
const TAKES_ALL: &[&str] =
    &["select", "query", "all", "find_all", "find_many", "findAll", "order_by", "values", "values_list"];

/// Reads that take the id of one row.
const BY_NUMBER: &[&str] = &["get", "get_or_none", "get_by_id", "findByPk", "findById", "find_by_id"];

impl Walk<'_, '_> {
    /// Returns a member of a class that represents a table, as something outside the project.
    pub(super) fn of_rows(&self, class: ClassId, name: &str) -> Option<Value> {
        let known = self.state.project.classes.get(class)?;
        let own = known.methods.contains_key(name) || name.starts_with("__");
        if own || !self.is_table(class, 0) {
            return None;
        }
        let short = last(&known.name);
        Some(Value::path(&format!("{ROWS}.{short}.{name}")))
    }

    fn is_table(&self, class: ClassId, depth: usize) -> bool {
        let one = |base: &Value| match &base.shape {
            Shape::Path(_) | Shape::Made(_) => {
                let path = base.outside().unwrap_or_default();
                MAPPERS.contains(&root(path)) && BASES.contains(&last(path))
            }
            Shape::Class(base) => depth < 6 && self.is_table(*base, depth + 1),
            _ => false,
        };
        self.state.bases(class).iter().any(one)
    }

    /// Records what a call does to a table of memories, if the class is known or an object is passed.
    pub(super) fn keep_in_rows(&mut self, call: Outside<'_>, found: &mut Vec<Deed>) -> Option<Taint> {
        let Outside { path, object, arguments, .. } = call;
        found.extend(self.numbered(path, arguments).map(Deed::Keyed));
        let of_class =
            self.asked_of_class(path, arguments).or_else(|| self.of_repository(path, object, arguments));
        let touched = of_class.or_else(|| self.given_rows(last(path), arguments))?;
        self.touch(touched, object, found)
    }

    /// The same for a method of which only the name is known: `session.add(Message(…))`, `message.save()`.
    pub(super) fn keep_in_rows_by_name(
        &mut self,
        node: &ExprCall,
        name: &str,
        object: &Value,
        arguments: &[Argument],
    ) {
        if let Some(number) = self.numbered(name, arguments) {
            super::deeds::add(&mut self.call_at(node.range()).does, Deed::Keyed(number));
        }
        let own = self.of_object(name, object);
        let Some(touched) = own.or_else(|| self.given_rows(name, arguments)) else { return };
        let mut found = Vec::new();
        self.touch(touched, None, &mut found);
        let call = self.call_at(node.range());
        if call.target.is_empty() {
            name.clone_into(&mut call.target);
        }
        for deed in found {
            super::deeds::add(&mut call.does, deed);
        }
    }

    /// Returns the origins of the id by which one row of people's words is requested:
    /// `session.get(Conversation, number)`, `Message.get_by_id(number)`.
    fn numbered(&self, path: &str, arguments: &[Argument]) -> Option<Taint> {
        if !BY_NUMBER.contains(&last(path)) {
            return None;
        }
        let (table, given) = if root(path) == ROWS {
            (path.split(['.', '(']).nth(1)?.to_owned(), arguments)
        } else {
            (self.named_table(&arguments.first()?.value)?, arguments.get(1..)?)
        };
        let number = super::call::all_of(given);
        (holds_talk(&table) && number != Taint::NONE).then_some(number)
    }

    fn touch(&mut self, touched: Touched, object: Option<&Made>, found: &mut Vec<Deed>) -> Option<Taint> {
        let Touched { does, table, content, all } = touched;
        let remote = !self.state.on_disk;
        let store: Store = store("table", Some(table), object, false);
        let id = self.state.store(store);
        match does {
            Use::Read => {
                found.extend(all.then_some(Deed::ForAll(id)));
                found.push(Deed::Retrieve(id));
            }
            Use::Erase => found.push(Deed::Erase(id)),
            Use::Write => {
                found.push(Deed::Store(id, content));
                found.push(Deed::Persist { content, conversation: true, remote });
            }
        }
        (does == Use::Read).then_some(Taint::RETRIEVED)
    }

    /// `rows.Message.create(…)`, `rows.Message.objects.filter(…)`, `sqlalchemy.select(Message)`
    fn asked_of_class(&self, path: &str, arguments: &[Argument]) -> Option<Touched> {
        let name = last(path);
        if root(path) == ROWS {
            let table = path.split(['.', '(']).nth(1).unwrap_or_default();
            let rest = path.get(ROWS.len() + 1 + table.len()..).unwrap_or_default();
            // What follows the first call only narrows the query, or deletes.
            let first = !rest.contains('(');
            // The lookup of get-or-create says only whose row it is.
            let sought = matches!(name, "get_or_create" | "update_or_create");
            let filled = super::value::named(arguments, &["defaults"]).map_or(Taint::NONE, Value::deep_taint);
            let does = if ERASES.contains(&name) {
                Use::Erase
            } else if first && sought && filled == Taint::NONE {
                Use::Read
            } else if first && WRITES.contains(&name) {
                Use::Write
            } else if first && READS.contains(&name) {
                Use::Read
            } else {
                return None;
            };
            let content = if sought { filled } else { super::call::all_of(arguments) };
            let all = does == Use::Read
                && TAKES_ALL.contains(&name)
                && super::value::named(arguments, &["where"]).is_none();
            return self.memory_of(table, does, content).map(|one| Touched { all, ..one });
        }
        let does = match name {
            "select" | "query" | "get" => Use::Read,
            "delete" => Use::Erase,
            "insert" => Use::Write,
            _ => return None,
        };
        let table = arguments.first().and_then(|one| self.named_table(&one.value))?;
        let all = TAKES_ALL.contains(&name);
        let rest = super::call::all_of(arguments.get(1..).unwrap_or_default());
        self.memory_of(&table, does, rest).map(|one| Touched { all, ..one })
    }

    /// `source.getRepository(Message).find(…)`
    fn of_repository(&self, path: &str, object: Option<&Made>, arguments: &[Argument]) -> Option<Touched> {
        let name = last(path);
        let does = match () {
            () if root(path) != "typeorm" => return None,
            () if name.starts_with("find") => Use::Read,
            () if matches!(name, "save" | "insert" | "upsert") => Use::Write,
            () if matches!(name, "delete" | "remove" | "clear") => Use::Erase,
            () => return None,
        };
        let opened = object?.chain().find(|made| last(made.maker()) == "getRepository")?;
        let Shape::Class(class) = opened.given.first()?.value.shape else { return None };
        let table = last(&self.state.project.classes.get(class)?.name).to_owned();
        self.memory_of(&table, does, super::call::all_of(arguments))
    }

    /// Returns the table that a class or one of its columns names.
    fn named_table(&self, value: &Value) -> Option<String> {
        match &value.shape {
            Shape::Class(class) if self.is_table(*class, 0) => {
                self.state.project.classes.get(*class).map(|class| last(&class.name).to_owned())
            }
            Shape::Path(path) if root(path) == ROWS => path.split('.').nth(1).map(str::to_owned),
            _ => None,
        }
    }

    /// `session.add(Message(…))`, `session.delete(message)`, `session.query(Message)`
    fn given_rows(&self, name: &str, arguments: &[Argument]) -> Option<Touched> {
        if matches!(name, "query" | "get") {
            let table = arguments.first().and_then(|one| self.named_table(&one.value))?;
            let all = name == "query";
            return self.memory_of(&table, Use::Read, Taint::NONE).map(|one| Touched { all, ..one });
        }
        let does = if ADDS.contains(&name) {
            Use::Write
        } else if name == "delete" {
            Use::Erase
        } else {
            return None;
        };
        let table = arguments.iter().find_map(|one| self.table_of_object(&one.value, 0))?;
        self.memory_of(&table, does, super::call::all_of(arguments))
    }

    fn of_object(&self, name: &str, object: &Value) -> Option<Touched> {
        let does = match name {
            _ if SAVES.contains(&name) => Use::Write,
            _ if DROPS.contains(&name) => Use::Erase,
            _ => return None,
        };
        let table = self.table_of_object(object, 0)?;
        self.memory_of(&table, does, object.taint.without(Taint::CONSENT))
    }

    fn table_of_object(&self, value: &Value, depth: usize) -> Option<String> {
        match &value.shape {
            Shape::Object(class) if self.is_table(*class, 0) => {
                self.state.project.classes.get(*class).map(|class| last(&class.name).to_owned())
            }
            Shape::List(items) if depth < 2 => {
                items.iter().find_map(|item| self.table_of_object(item, depth + 1))
            }
            _ => None,
        }
    }

    /// Whether a table stores what was said: by its name and a column for words, or by a pair of dialogue columns.
    fn memory_of(&self, table: &str, does: Use, content: Taint) -> Option<Touched> {
        let columns = self.columns(table);
        let has = |wanted: &str| columns.contains(&wanted);
        let told = holds_talk(table) || describes_people(table, &has);
        let texts = columns.is_empty() || WORDS.iter().any(|word| has(word));
        let said = told && texts || SIDES.iter().any(|(one, other)| has(one) && has(other));
        let asked = does == Use::Write && keeps_questions(table, &has);
        (said || asked || does == Use::Erase).then(|| Touched {
            does,
            table: table.to_owned(),
            content,
            all: false,
        })
    }

    /// Returns the columns of a table whose class is known.
    fn columns(&self, table: &str) -> Vec<&str> {
        let mut classes = self.state.project.classes.iter().enumerate();
        let class = classes.find(|(id, class)| last(&class.name) == table && self.is_table(*id, 0));
        // A relationship to rows of other tables is no column.
        let plain = |value: &Value| {
            let path = value.outside().unwrap_or_default();
            !names(last(path), &["relationship", "foreign", "many", "one", "backref"])
        };
        let own = |id| self.state.attributes(id).filter(|(_, value)| plain(value)).map(|(name, _)| name);
        class.map(|(id, _)| own(id).collect()).unwrap_or_default()
    }

    /// `filter(Message.user_id == key)`: records the key by which one person's rows are requested.
    pub(super) fn note_compared_key(&mut self, node: &ExprCall) {
        let Expr::Attribute(method) = &*node.func else { return };
        if !matches!(method.attr.as_str(), "filter" | "where") {
            return;
        }
        let found = node.arguments.args.iter().find_map(|argument| self.compared_column(argument));
        if let Some(key) = found {
            super::deeds::add(&mut self.call_at(node.range()).does, Deed::Keyed(key));
        }
    }

    fn compared_column(&mut self, test: &Expr) -> Option<Taint> {
        let Expr::Compare(node) = test else { return None };
        let (Expr::Attribute(column), [op], [value]) = (&*node.left, &*node.ops, &*node.comparators) else {
            return None;
        };
        let person = keys::is_person(column.attr.as_str());
        if op.as_str() != "==" || !person && !keys::is_row(column.attr.as_str()) {
            return None;
        }
        let table = self.eval(&column.value);
        self.named_table(&table).filter(|table| person || holds_talk(table))?;
        Some(self.eval(value).deep_taint())
    }
}

/// Whether a table stores what was said, judged by its name: its last word is the head, `GroupMessage` and not
/// `MessageGroup`.
fn holds_talk(table: &str) -> bool {
    names(table, MEMORIES) && words(table).last().is_some_and(|last| !names(last, OTHER))
}

/// Whether a table stores what was found out about people: `Profile(user, summary)`.
fn describes_people(table: &str, has: &dyn Fn(&str) -> bool) -> bool {
    const FOUND: &[&str] = &["summary", "facts", "traits", "impression", "notes", "memory", "preferences"];
    names(table, &["profile*", "persona*", "portrait*"]) && FOUND.iter().any(|column| has(column))
}
