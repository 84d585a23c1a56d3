//! Lowers types, their properties and methods, and marks those that are called from outside.

use ruff_python_ast::{Expr, Stmt};
use ruff_text_size::TextRange;
use tree_sitter::Node;

use super::call::patterns;
use super::closure::{Frame, Given};
use super::index::{bases, is_extension, type_name};
use super::lower::{Around, Lower};
use super::node::{at, child, children, field, fields, words};
use crate::code::{CALLED, ENTERED, EXTENSION, GETTER, build};

/// Members that a framework calls on a view, a widget or an intent.
const BODIES: &[&str] = &[
    "body",
    "makeUIView",
    "updateUIView",
    "makeUIViewController",
    "updateUIViewController",
    "makeNSView",
    "updateNSView",
    "makeCoordinator",
    "makeBody",
];

/// Types and protocols that only describe how a value behaves: conformance does not mean that anything outside calls a type's
/// methods.
const VALUES: &[&str] = &[
    "Codable",
    "Decodable",
    "Encodable",
    "Equatable",
    "Hashable",
    "Identifiable",
    "ObservableObject",
    "Error",
    "LocalizedError",
    "CaseIterable",
    "Sendable",
    "Comparable",
    "CustomStringConvertible",
    "Observable",
    "RawRepresentable",
    "NSObject",
    "String",
    "Int",
    "AnyObject",
    "View",
    "ViewModifier",
    "PreviewProvider",
    "",
];

/// Types that the system instantiates itself: from a storyboard, or at launch.
const STARTED: &[&str] = &[
    "App",
    "UIViewController",
    "UITableViewController",
    "UICollectionViewController",
    "NSViewController",
    "UIApplicationDelegate",
    "UIWindowSceneDelegate",
    "NSApplicationDelegate",
    "AppIntent",
    "Widget",
    "TimelineProvider",
    "UIView",
    "UITableViewCell",
    "MessagesViewController",
    "MSMessagesAppViewController",
    "UIInputViewController",
    "ParsableCommand",
    "AsyncParsableCommand",
];

/// Wrappers of properties that hold input to an intent or a command-line program.
const GIVEN: &[&str] = &["@Argument", "@Option", "@Parameter"];

impl Lower<'_> {
    /// Returns the type that an annotation names.
    pub(super) fn type_of(&mut self, node: Node<'_>) -> Option<Expr> {
        let range = at(node);
        match node.kind() {
            "user_type" => Some(self.outer(type_name(node, self.source), range)),
            "optional_type" => self.type_of(field(node, "wrapped")?),
            "array_type" => {
                let inner = self.type_of(field(node, "name")?)?;
                Some(build::list(vec![inner], range))
            }
            "type_annotation" | "opaque_type" | "existential_type" => {
                children(node).into_iter().find_map(|inner| self.type_of(inner))
            }
            _ => None,
        }
    }

    pub(super) fn annotation(&mut self, node: Node<'_>) -> Option<Expr> {
        field(node, "type").or_else(|| field(node, "name")).and_then(|inner| self.type_of(inner))
    }

    /// Defines a type, or extends one. Nested types become siblings.
    pub(super) fn class(&mut self, node: Node<'_>) {
        let range = at(node);
        let Some(named) = field(node, "name") else { return };
        let name = type_name(named, self.source);
        let extension = is_extension(node, self.source);
        let written = if extension {
            format!("{EXTENSION}{name}@{}", u32::from(range.start()))
        } else {
            name.to_owned()
        };
        let said = bases(node, self.source).into_iter().filter(|base| !base.is_empty());
        let said: Vec<Expr> = said.map(|base| self.outer(base, range)).collect();
        let functions = std::mem::take(&mut self.functions);
        self.types.push(Around { name: name.to_owned(), is_static: false });
        let members = field(node, "body").map(children).unwrap_or_default();
        let (inner, own): (Vec<_>, Vec<_>) =
            members.into_iter().partition(|one| one.kind() == "class_declaration");
        let body = self.block(|lower| {
            for member in own {
                lower.deeper(|lower| lower.member(member));
            }
        });
        for one in inner {
            self.deeper(|lower| lower.class(one));
        }
        self.types.pop();
        self.functions = functions;
        let bases = if extension { Vec::new() } else { said };
        self.out.push(build::class(build::identifier(&written, at(named)), bases, body, range));
    }

    fn member(&mut self, node: Node<'_>) {
        let is_static = words(node, self.source).iter().any(|word| matches!(*word, "static" | "class"));
        if let Some(around) = self.types.last_mut() {
            around.is_static = is_static;
        }
        match node.kind() {
            "function_declaration" => self.function_declaration(node),
            "init_declaration" => self.init(node),
            "property_declaration" => self.property(node),
            "enum_entry" => self.enum_entry(node),
            _ => {}
        }
        if let Some(around) = self.types.last_mut() {
            around.is_static = false;
        }
    }

    pub(super) fn function_declaration(&mut self, node: Node<'_>) {
        let Some(named) = field(node, "name").filter(|name| name.kind() == "simple_identifier") else {
            return;
        };
        let name = self.text(named).trim_matches('`');
        let in_type = self.functions == 0 && self.around().is_some();
        let is_static = self.around().is_some_and(|around| around.is_static);
        let marks = if in_type { self.marks(node, name, is_static) } else { Vec::new() };
        let frame = Frame { name, place: at(named), range: at(node), method: in_type && !is_static, marks };
        let given = self.parameters(node);
        let body = field(node, "body").and_then(|body| child(body, "statements"));
        let body = body.map(children).unwrap_or_default();
        let definition = self.function(&frame, given, |lower| lower.body(&body));
        self.out.push(definition);
    }

    fn init(&mut self, node: Node<'_>) {
        let place = field(node, "name").map_or_else(|| at(node), at);
        let marks = if self.is_started() { vec![build::name(ENTERED, place)] } else { Vec::new() };
        let frame = Frame { name: "__init__", place, range: at(node), method: true, marks };
        let given = self.parameters(node);
        let body = field(node, "body").and_then(|body| child(body, "statements"));
        let body = body.map(children).unwrap_or_default();
        let definition = self.function(&frame, given, |lower| lower.statements(&body));
        self.out.push(definition);
    }

    /// Whether the system instantiates the enclosing type itself.
    fn is_started(&self) -> bool {
        let bases = self.around().map(|around| self.index.bases(&around.name)).unwrap_or_default();
        bases.iter().any(|base| STARTED.contains(base))
    }

    /// Returns marks for who calls a method, as far as its type and attributes show.
    fn marks(&self, node: Node<'_>, name: &str, is_static: bool) -> Vec<Expr> {
        let range = at(node);
        let mut all = Vec::new();
        if is_static {
            all.push(build::name("staticmethod", range));
        }
        let words = words(node, self.source);
        let said = |wanted: &[&str]| words.iter().any(|word| wanted.iter().any(|one| word.starts_with(one)));
        let bases = self.around().map(|around| self.index.bases(&around.name)).unwrap_or_default();
        let foreign = bases.iter().any(|base| !VALUES.contains(base) && self.index.own(base).is_none());
        let hidden = said(&["private", "fileprivate"]);
        let heard = said(&["@objc", "@IBAction", "override"]);
        let called = heard || BODIES.contains(&name) || foreign && !hidden;
        let started = self.is_started() || said(&["@IBAction"]);
        if called && started {
            all.push(build::name(ENTERED, range));
        } else if called {
            all.push(build::name(CALLED, range));
        }
        all
    }

    fn property(&mut self, node: Node<'_>) {
        let range = at(node);
        let is_static = self.around().is_some_and(|around| around.is_static);
        let words = words(node, self.source);
        let changes = children(node)
            .into_iter()
            .any(|part| part.kind() == "value_binding_pattern" && self.text(part) == "var");
        let annotation = child(node, "type_annotation").and_then(|said| self.annotation(said));
        let annotation = annotation.or_else(|| environment(&words).map(|name| self.outer(name, range)));
        let values = fields(node, "value");
        for (index, pattern) in patterns(node).into_iter().enumerate() {
            let Some(named) = field(pattern, "bound_identifier") else { continue };
            let name = self.text(named).trim_matches('`');
            if let Some(body) = field(node, "computed_value") {
                self.getter(name, at(named), body, is_static);
                continue;
            }
            let value = values.get(index).map(|value| self.expression(*value));
            // A mutable flag has no known value, and an empty list says less than its type.
            let value = value.filter(|value| match value {
                Expr::BooleanLiteral(_) => !changes,
                Expr::List(list) => !list.elts.is_empty() || annotation.is_none(),
                _ => true,
            });
            let given = || words.iter().any(|word| GIVEN.iter().any(|one| word.starts_with(one)));
            let value = if value.is_none() && given() {
                Some(build::call(build::name("swift.typed.Argument", range), Vec::new(), range))
            } else {
                value
            };
            let target = build::name(name, at(named));
            self.out.push(match annotation.clone() {
                Some(annotation) => build::declare(target, annotation, value, range),
                None => build::assign(target, value.unwrap_or_else(|| build::unknown(range)), range),
            });
        }
        self.observers(node);
    }

    /// Lowers a computed property to a method that runs when the property is read.
    fn getter(&mut self, name: &str, place: TextRange, body: Node<'_>, is_static: bool) {
        let mut marks = vec![build::name(GETTER, place)];
        if is_static {
            marks.push(build::name("staticmethod", place));
        }
        if BODIES.contains(&name) {
            marks.push(build::name(if self.is_started() { ENTERED } else { CALLED }, place));
        }
        let frame = Frame { name, place, range: at(body), method: !is_static, marks };
        let statements = getter_body(body);
        let definition = self.function(&frame, Vec::new(), |lower| lower.body(&statements));
        self.out.push(definition);
        if let Some(setter) = child(body, "computed_setter") {
            self.setter(setter);
        }
    }

    /// Lowers a setter, which runs on assignment. Instances of an outside type are created elsewhere.
    fn setter(&mut self, node: Node<'_>) {
        let range = at(node);
        let name = Self::fresh("set", range);
        let foreign = self.around().is_some_and(|around| self.index.own(&around.name).is_none());
        let place = TextRange::empty(range.start());
        let marks = vec![build::name(if foreign { ENTERED } else { CALLED }, range)];
        let given = child(node, "simple_identifier").map_or("newValue", |given| self.text(given));
        let given = vec![Given::plain(given, range)];
        let frame = Frame { name: &name, place, range, method: true, marks };
        let statements = child(node, "statements").map(children).unwrap_or_default();
        let definition = self.function(&frame, given, |lower| lower.statements(&statements));
        self.out.push(definition);
    }

    /// Lowers a computed variable inside a function to its value.
    pub(super) fn computed_at_once(&mut self, body: Node<'_>) -> Expr {
        let range = at(body);
        let name = Self::fresh("computed", range);
        let frame = Frame { name: &name, place: range, range, method: false, marks: Vec::new() };
        let statements = getter_body(body);
        let definition = self.function(&frame, Vec::new(), |lower| lower.body(&statements));
        self.out.push(definition);
        self.bind(&name);
        build::call(build::name(&name, range), Vec::new(), range)
    }

    /// Lowers `didSet { … }`, which runs on every assignment.
    fn observers(&mut self, node: Node<'_>) {
        let Some(block) = child(node, "willset_didset_block") else { return };
        for clause in children(block) {
            let range = at(clause);
            let name = Self::fresh("didSet", range);
            let place = TextRange::empty(range.start());
            let marks = vec![build::name(CALLED, range)];
            let frame = Frame { name: &name, place, range, method: true, marks };
            let statements = child(clause, "statements").map(children).unwrap_or_default();
            let definition = self.function(&frame, Vec::new(), |lower| lower.statements(&statements));
            self.out.push(definition);
        }
    }

    /// Lowers `case system = "system"`.
    fn enum_entry(&mut self, node: Node<'_>) {
        let range = at(node);
        let names: Vec<Node<'_>> =
            fields(node, "name").into_iter().filter(|name| name.kind() == "simple_identifier").collect();
        let raws = fields(node, "raw_value");
        for (index, named) in names.iter().enumerate() {
            let name = self.text(*named).trim_matches('`');
            let raw = raws.get(index).filter(|_| raws.len() == names.len());
            let value = raw.map_or_else(|| build::text(name, range), |raw| self.expression(*raw));
            let statement: Stmt = build::assign(build::name(name, at(*named)), value, range);
            self.out.push(statement);
        }
    }
}

/// Returns the statements of a computed property's getter.
fn getter_body(body: Node<'_>) -> Vec<Node<'_>> {
    let getter = child(body, "computed_getter").unwrap_or(body);
    child(getter, "statements").map(children).unwrap_or_default()
}

/// Returns the type of a value taken from a view's environment.
fn environment<'w>(words: &[&'w str]) -> Option<&'w str> {
    words.iter().find_map(|word| {
        let rest = word.strip_prefix("@Environment(")?;
        if rest.contains("modelContext") {
            return Some("ModelContext");
        }
        if rest.contains("managedObjectContext") {
            return Some("NSManagedObjectContext");
        }
        rest.strip_suffix(".self)")
    })
}
