//! Values of a closed type: numbers, dates, identifiers, one of several words. Whatever somebody sends, such a value
//! cannot inject anything into a shell or a database, if something enforces the type: a web framework, a tool server,
//! a schema. An annotation by itself enforces nothing.

use std::collections::BTreeMap;
use std::rc::Rc;

use ruff_python_ast::{Expr, Operator, StmtFunctionDef};

use super::api::{last, root};
use super::barrier::is_whole;
use super::value::{Argument, ClassId, Made, Shape, Value, given, named};
use super::walk::Walk;
use crate::facts::{FunctionId, Taint};

/// Frameworks that reject arguments of another type than the declared one.
const HOLDING: &[&str] = &[
    "fastapi",
    "litestar",
    "ninja",
    "mcp",
    "fastmcp",
    "agents",
    "pydantic_ai",
    "langchain",
    "langchain_core",
    "crewai",
    "agno",
    "robyn",
];
/// Types that restrict a value to one form.
const TYPES: &[&str] = &[
    "int",
    "float",
    "bool",
    "complex",
    "uuid.UUID",
    "datetime.date",
    "datetime.datetime",
    "datetime.time",
    "datetime.timedelta",
    "decimal.Decimal",
    "ipaddress.IPv4Address",
    "ipaddress.IPv6Address",
    "typing.Literal",
    "typing_extensions.Literal",
    "pydantic.PositiveInt",
    "pydantic.NonNegativeInt",
    "pydantic.PositiveFloat",
    "pydantic.NonNegativeFloat",
    "pydantic.conint",
    "pydantic.confloat",
    "pydantic.UUID4",
];
/// Generic types that contain values of their type arguments.
const AROUND: &[&str] = &[
    "Optional",
    "Union",
    "list",
    "List",
    "set",
    "Set",
    "tuple",
    "Tuple",
    "Sequence",
    "frozenset",
    "Iterable",
];
/// Schema methods that restrict a value to one form: `z.number()`, `z.string().uuid()`.
const SCHEMAS: &[&str] = &[
    "enum",
    "nativeEnum",
    "number",
    "int",
    "int32",
    "float32",
    "boolean",
    "bigint",
    "date",
    "literal",
    "uuid",
    "uuidv4",
    "uuidv7",
    "guid",
    "cuid",
    "cuid2",
    "ulid",
    "nanoid",
    "datetime",
    "time",
    "ip",
    "ipv4",
    "ipv6",
    "stringbool",
];
/// Schema methods that let through other values than they say.
const OPEN: &[&str] =
    &["transform", "preprocess", "or", "union", "object", "record", "any", "unknown", "catchall"];
/// Argument names for the schema of a function's arguments.
const SCHEMA_OF: &[&str] = &["inputSchema", "parameters", "schema", "argsSchema", "paramsSchema", "args"];

/// Whether a framework rejects arguments of another type than a function declares.
pub(super) fn holds_types(decorator: &str) -> bool {
    HOLDING.contains(&root(decorator))
}

impl Walk<'_, '_> {
    /// Whether a type admits nothing that could be executed.
    pub(super) fn is_closed(&mut self, annotation: &Expr) -> bool {
        match annotation {
            Expr::BinOp(node) if node.op == Operator::BitOr => {
                self.is_closed(&node.left) && self.is_closed(&node.right)
            }
            Expr::NoneLiteral(_) => true,
            Expr::Subscript(node) => {
                let held = self.eval(&node.value);
                let path = held.outside().unwrap_or_default();
                if super::identity::is_annotated(path) {
                    let Expr::Tuple(parts) = &*node.slice else { return false };
                    let [first, rest @ ..] = parts.elts.as_slice() else { return false };
                    return self.is_closed(first) || rest.iter().any(|part| self.is_patterned(part));
                }
                if AROUND.contains(&last(path)) && (root(path) == path || path.starts_with("typing.")) {
                    return match &*node.slice {
                        Expr::Tuple(parts) => parts
                            .elts
                            .iter()
                            .all(|part| part.is_ellipsis_literal_expr() || self.is_closed(part)),
                        one => self.is_closed(one),
                    };
                }
                TYPES.contains(&path)
            }
            other => {
                let value = self.eval(other);
                self.is_closed_type(&value)
            }
        }
    }

    fn is_closed_type(&self, value: &Value) -> bool {
        match &value.shape {
            Shape::Path(path) => TYPES.contains(&&**path),
            Shape::Made(made) => TYPES.contains(&made.path.trim_end_matches("()")),
            Shape::Class(class) => self.is_enumeration(*class, 0),
            _ => false,
        }
    }

    /// `class Order(str, Enum)`
    fn is_enumeration(&self, class: ClassId, depth: usize) -> bool {
        self.state.bases(class).iter().any(|base| match &base.shape {
            Shape::Path(path) => root(path) == "enum",
            Shape::Class(base) => depth < 6 && self.is_enumeration(*base, depth + 1),
            _ => false,
        })
    }

    /// `Field(pattern="^[a-z]+$")`, `Path(regex=…)`
    fn is_patterned(&mut self, part: &Expr) -> bool {
        let value = self.eval(part);
        has_pattern(&value)
    }

    /// Returns the parameters of a function that a framework restricts to a closed type.
    pub(super) fn closed_parameters(&mut self, definition: &StmtFunctionDef) -> Vec<String> {
        let held = self.state.functions.get(self.function).is_some_and(|function| function.typed);
        if !held {
            return by_route(definition);
        }
        let patterned: Vec<bool> = self
            .state
            .defaults(self.function)
            .iter()
            .map(|default| default.as_ref().is_some_and(has_pattern))
            .collect();
        let all = definition.parameters.iter().enumerate();
        let closed = all.filter_map(|(index, parameter)| {
            let annotation = parameter.annotation()?;
            let closed = patterned.get(index) == Some(&true) || self.is_closed(annotation);
            closed.then(|| parameter.name().to_string())
        });
        closed.collect()
    }

    /// Returns the fields of a message by name, as `model_dump()` does: the sender chooses their content, but not
    /// their names.
    pub(super) fn fields_of(&mut self, object: &Value) -> Option<Value> {
        let Shape::Object(class) = object.shape else { return None };
        let own = self.state.bases(class).iter().all(|base| !matches!(base.shape, Shape::Class(_)));
        let fields = self.state.fields(class).to_vec();
        if self.script || !own || fields.is_empty() || !self.is_message(class, 0) {
            return None;
        }
        let items: BTreeMap<String, Value> = fields
            .into_iter()
            .map(|field| {
                let taint = self.attribute(object, &field).deep_taint() | object.taint;
                (field, Value::of(taint.without(Taint::CONSENT)))
            })
            .collect();
        Some(Value::new(Shape::Dict(Rc::new(items)), Taint::NONE))
    }
}

/// Whether a field of a schema's output is restricted: `schema.parse(body).limit`.
pub(super) fn held_by_schema(object: &Value, name: &str) -> bool {
    let Some(made) = object.made().filter(|made| root(&made.path) == "zod") else { return false };
    let reads =
        |part: &&Made| matches!(last(part.maker()), "parse" | "safeParse" | "parseAsync" | "safeParseAsync");
    // Only the fields of the object itself are looked up, not nested ones.
    let within = made.path.rsplit("()").next().unwrap_or_default();
    let Some(parsed) = made.chain().find(reads).filter(|_| matches!(within, "" | ".data")) else {
        return false;
    };
    let schema = parsed.parent.as_deref().and_then(fields);
    schema.and_then(|fields| fields.get(name)).is_some_and(is_closed_schema)
}

/// Returns the parameters that every route of a function restricts to numbers or UUIDs:
/// `@app.route("/notes/<int:n>")`.
fn by_route(definition: &StmtFunctionDef) -> Vec<String> {
    let calls = definition.decorator_list.iter().filter_map(|one| one.expression.as_call_expr());
    let routes = calls.filter_map(|call| call.arguments.args.first()?.as_string_literal_expr());
    let (mut held, mut open): (Vec<String>, Vec<String>) = Default::default();
    for route in routes {
        for part in route.value.to_str().split('<').skip(1) {
            let inside = part.split('>').next().unwrap_or_default();
            let (kind, name) = inside.split_once(':').unwrap_or(("", inside));
            let closed = matches!(kind.split('(').next(), Some("int" | "float" | "uuid"));
            if closed { &mut held } else { &mut open }.push(name.to_owned());
        }
    }
    held.retain(|name| !open.contains(name));
    held
}

/// Whether a declaration contains a pattern for the whole text.
fn has_pattern(value: &Value) -> bool {
    let Some(made) = value.made().filter(|made| matches!(root(&made.path), "pydantic" | "fastapi")) else {
        return false;
    };
    let pattern = named(&made.given, &["pattern", "regex"]).and_then(Value::known_text);
    pattern.is_some_and(|pattern| is_whole(pattern, false))
}

/// Returns the fields of `z.object({…})`.
fn fields(schema: &Made) -> Option<&BTreeMap<String, Value>> {
    let object = schema.chain().find(|made| {
        matches!(last(made.maker()), "object" | "strictObject" | "looseObject") && root(&made.path) == "zod"
    })?;
    match &object.given.first()?.value.shape {
        Shape::Dict(fields) => Some(fields),
        _ => None,
    }
}

/// Whether the schema of a single value restricts it to one form.
fn is_closed_schema(schema: &Value) -> bool {
    let Some(made) = schema.made().filter(|made| root(&made.path) == "zod") else { return false };
    let parts: Vec<&str> = made.path.split('.').map(|part| part.trim_end_matches("()")).collect();
    if parts.iter().any(|part| OPEN.contains(part)) {
        return false;
    }
    let first = |made: &Made| made.given.first().map(|one| one.value.clone());
    if let Some(list) = made.chain().find(|made| matches!(last(made.maker()), "array" | "set")) {
        return first(list).as_ref().is_some_and(is_closed_schema);
    }
    let matched = || {
        let pattern = made.chain().find(|made| last(made.maker()) == "regex").and_then(first)?;
        let written = pattern.made().and_then(|made| given(&made.given, 0, "pattern").cloned());
        let text = written.unwrap_or(pattern);
        text.known_text().map(|text| is_whole(text, false))
    };
    parts.iter().any(|part| SCHEMAS.contains(part)) || matched() == Some(true)
}

/// Returns the argument of a function whose input is validated by the schema next to it:
/// `registerTool("logs", { inputSchema }, run)`.
pub(super) fn held_arguments(arguments: &[Argument], said: Taint) -> Option<Value> {
    let by_name = named(arguments, SCHEMA_OF);
    let is_schema = |value: &Value| value.made().is_some_and(|made| root(&made.path) == "zod");
    let plain = || {
        arguments.iter().map(|one| &one.value).find(|value| {
            matches!(&value.shape, Shape::Dict(items) if !items.is_empty() && items.values().all(is_schema))
        })
    };
    let schema = by_name.or_else(plain)?;
    let fields = match &schema.shape {
        Shape::Dict(items) => items,
        Shape::Made(made) => fields(made)?,
        _ => return None,
    };
    if !fields.values().any(is_closed_schema) {
        return None;
    }
    let held =
        |schema: &Value| Value::of(if is_closed_schema(schema) { said | Taint::CHECKED } else { said });
    let items = fields.iter().map(|(name, schema)| (name.clone(), held(schema))).collect();
    Some(Value::new(Shape::Dict(Rc::new(items)), Taint::NONE))
}

impl Walk<'_, '_> {
    /// Passes validated input to the function next to the schema.
    pub(super) fn hand_held(&mut self, function: FunctionId, held: Option<&Value>) {
        if let Some(held) = held {
            self.state.hand_in(function, std::slice::from_ref(held));
        }
    }
}
