//! Database rows that are read or changed through an object mapper: `SQLAlchemy`, `SQLModel`, `MongoDB`. Other rules
//! look at what such rows store; here it only matters whether anybody may access them.

use super::api::{last, names, root};
use super::tables::ROWS;
use super::value::{Argument, Made, Shape, Value};
use super::walk::Walk;
use crate::facts::Deed;

/// Tables whose rows concern people.
const PEOPLE: &[&str] = &[
    "conversation*",
    "message*",
    "chat*",
    "dialog*",
    "session*",
    "history",
    "memory",
    "memories",
    "user*",
    "account*",
    "member*",
    "customer*",
    "client*",
    "patient*",
    "student*",
    "employee*",
    "resident*",
    "person*",
    "people",
    "profile*",
    "contact*",
    "order*",
    "invoice*",
    "payment*",
    "diary",
    "diaries",
    "journal*",
    "note",
    "notes",
    "appointment*",
    "ticket*",
    "email*",
    "feedback*",
];

/// Packages that map rows to objects.
const MAPPERS: &[&str] = &["sqlalchemy", "sqlmodel", "flask_sqlalchemy", "pymongo", "motor"];

const CHANGES: &[&str] = &[
    "add",
    "add_all",
    "merge",
    "delete",
    "bulk_save_objects",
    "insert_one",
    "insert_many",
    "update_one",
    "update_many",
    "replace_one",
    "delete_one",
    "delete_many",
    "find_one_and_update",
    "find_one_and_delete",
];
const READS: &[&str] =
    &["query", "get", "select", "scalars", "scalar", "execute", "exec", "find", "find_one", "aggregate"];

impl Walk<'_, '_> {
    /// Records what a call does to rows, if strangers should not be able to do it.
    pub(super) fn rows(&self, path: &str, object: Option<&Made>, arguments: &[Argument]) -> Option<Deed> {
        if root(path) == ROWS {
            return of_class(path);
        }
        if !MAPPERS.contains(&root(path)) || !path.contains("()") {
            return None;
        }
        let name = last(path);
        if CHANGES.contains(&name) {
            return Some(Deed::Rows { changes: true });
        }
        // `db.query(Message)`, `db.scalars(select(Message))`, `db["messages"].find()`
        let given = arguments.iter().any(|argument| self.is_of_people(&argument.value, 0));
        let held = || matches!(root(path), "pymongo" | "motor") && of_collection(path, object);
        (READS.contains(&name) && (given || held())).then_some(Deed::Rows { changes: false })
    }

    /// Whether a value is a table of people, or a query for its rows. A mere count says nothing of anybody.
    fn is_of_people(&self, value: &Value, depth: usize) -> bool {
        match &value.shape {
            Shape::Class(class) => {
                self.state.project.classes.get(*class).is_some_and(|class| names(&class.name, PEOPLE))
            }
            Shape::Made(made) if depth < 4 && !made.path.contains("func.") => made
                .chain()
                .filter(|made| last(made.maker()) == "select")
                .flat_map(|made| made.given.iter())
                .any(|argument| self.is_of_people(&argument.value, depth + 1)),
            _ => false,
        }
    }
}

/// `rows.Customer.objects.create(…)`: access through a class of the project that represents a table.
fn of_class(path: &str) -> Option<Deed> {
    const MAKES: &[&str] = &[
        "create",
        "acreate",
        "get_or_create",
        "update_or_create",
        "bulk_create",
        "insert",
        "insert_many",
        "update",
        "delete",
    ];
    const PICKS: &[&str] = &["get", "filter", "all", "values", "values_list", "select", "find", "find_one"];
    let table = path.split(['.', '(']).nth(1)?;
    let name = last(path);
    if MAKES.contains(&name) {
        return Some(Deed::Rows { changes: true });
    }
    (PICKS.contains(&name) && names(table, PEOPLE)).then_some(Deed::Rows { changes: false })
}

/// `db.messages.find()`, `db["messages"].find()`, `db.get_collection("messages").find()`
fn of_collection(path: &str, object: Option<&Made>) -> bool {
    let hung = path.trim_end_matches("()").rsplit('.').nth(1).is_some_and(|table| names(table, PEOPLE));
    let mut made = object.into_iter().flat_map(Made::chain).flat_map(|made| made.given.iter());
    hung || made.any(|argument| argument.value.known_text().is_some_and(|table| names(table, PEOPLE)))
}
