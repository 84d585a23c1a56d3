//! The modules, functions and classes of a project, before anything is evaluated.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::OnceLock;

use ruff_python_ast::{Alias, ExceptHandler, Expr, ModModule, Stmt, StmtFunctionDef};
use ruff_text_size::{Ranged, TextRange};

use super::define::{Hangs, hangs};
use super::hash::Build;
use super::value::{ClassId, ModuleId};
use super::{Parsed, Tongue};
use crate::facts::FunctionId;

/// The project under analysis.
#[derive(Default)]
pub(super) struct Project<'a> {
    pub modules: Vec<Module<'a>>,
    pub functions: Vec<Func<'a>>,
    pub classes: Vec<Class>,
    by_path: HashMap<String, ModuleId, Build>,
    by_definition: HashMap<(ModuleId, TextRange), usize, Build>,
    /// Swift types, to which extensions in other files add.
    by_type: HashMap<String, Vec<Type>, Build>,
    /// Names of folders that contain modules: a package needs no file of its own.
    folders: HashSet<String, Build>,
    /// The types that constructors of scripts request, computed on first use.
    pub put_in: OnceLock<BTreeSet<String>>,
    /// The classes that define each method with a telling name, computed on first use.
    pub methods: OnceLock<BTreeMap<String, Vec<ClassId>>>,
}

/// A Swift type.
struct Type {
    module: ModuleId,
    class: ClassId,
    /// Whether its definition was seen, and not only an extension.
    defined: bool,
}

/// A file.
pub(super) struct Module<'a> {
    pub file: usize,
    /// Its path without the extension, with dots: `app.store`.
    pub name: String,
    /// Its folder, with `/`; empty at the root.
    pub folder: String,
    /// Whether it represents its folder, so that its siblings are below it.
    pub package: bool,
    pub body: &'a ModModule,
    /// The function that represents its body.
    pub function: FunctionId,
    pub tongue: Tongue,
}

/// Deepest block in which a name is looked for.
const MOST_BLOCKS: usize = 16;

/// The suffix, without extension, of a file that represents its folder.
const PACKAGE: &str = "/__init__";

/// A function.
pub(super) struct Func<'a> {
    pub name: String,
    pub module: ModuleId,
    pub class: Option<ClassId>,
    pub outer: Option<FunctionId>,
    /// Whether functions are defined in it.
    pub has_inner: bool,
    /// `None` for the body of a module.
    pub definition: Option<&'a StmtFunctionDef>,
    /// What it receives as its first argument, if it is a method.
    pub hangs: Hangs,
    pub parameters: Vec<String>,
}

/// A class.
#[derive(Default)]
pub(super) struct Class {
    pub name: String,
    pub methods: BTreeMap<String, FunctionId>,
    /// All methods of each name, where overloads are possible.
    pub overloads: BTreeMap<String, Vec<FunctionId>>,
}

impl Func<'_> {
    /// Returns the parameter that a named argument goes to; positional-only parameters have no name for callers.
    pub(super) fn named(&self, name: &str) -> Option<usize> {
        let unnamed = self.definition.map_or(0, |definition| definition.parameters.posonlyargs.len());
        let mut named = self.parameters.iter().enumerate().skip(unnamed);
        named.find(|(_, parameter)| *parameter == name).map(|(index, _)| index)
    }
}

impl<'a> Project<'a> {
    /// Adds a module.
    pub(super) fn add(&mut self, parsed: &'a Parsed) {
        let package = parsed.stem.strip_suffix(PACKAGE);
        let stem = package.unwrap_or(&parsed.stem);
        let module = self.modules.len();
        let function = self.functions.len();
        let name = stem.replace('/', ".");
        let folder = stem.rsplit_once('/').map_or("", |parts| parts.0).to_owned();
        self.by_path.insert(stem.to_owned(), module);
        self.folders.extend(folder.split('/').map(str::to_owned));
        self.functions.push(Func {
            name: name.clone(),
            module,
            class: None,
            outer: None,
            has_inner: false,
            definition: None,
            hangs: Hangs::OnObject,
            parameters: Vec::new(),
        });
        let (file, body, tongue) = (parsed.file, &parsed.body, parsed.tongue);
        let package = package.is_some();
        self.modules.push(Module { file, name, folder, package, body, function, tongue });
        self.collect(&body.body, module, None, None, 0);
    }

    /// Whether a module was translated from another language, with its imports already resolved.
    pub(super) fn is_script(&self, module: ModuleId) -> bool {
        self.modules.get(module).is_some_and(|module| module.tongue != Tongue::Python)
    }

    /// Returns the module that an import names, as seen from another: next to it, or in a folder above.
    pub(super) fn module(&self, from: ModuleId, name: &str) -> Option<ModuleId> {
        // Imports of scripts are already resolved: `/path/of/file`.
        if self.is_script(from) {
            return self.by_path.get(name.strip_prefix('/')?).copied();
        }
        let path = name.replace('.', "/");
        let mut folder = self.modules.get(from)?.folder.as_str();
        loop {
            let full = if folder.is_empty() { path.clone() } else { format!("{folder}/{path}") };
            if let Some(module) = self.by_path.get(&full) {
                return Some(*module);
            }
            if folder.is_empty() {
                return self.by_path.get(&format!("src/{path}")).copied();
            }
            folder = folder.rsplit_once('/').map_or("", |parts| parts.0);
        }
    }

    /// `from nonebot import on_message` in `plugin/nonebot/chat.py`, whose own package has nothing of that name: a package
    /// inside another one only looks like the library.
    pub(super) fn is_namesake(&self, from: ModuleId, module: ModuleId, items: &[&str]) -> bool {
        let (Some(from), Some(named)) = (self.modules.get(from), self.modules.get(module)) else {
            return false;
        };
        let inside =
            named.package && format!("{}/", from.folder).starts_with(&format!("{}/", path_of(named)));
        let outer = self.by_path.get(&named.folder).and_then(|outer| self.modules.get(*outer));
        inside
            && outer.is_some_and(|outer| outer.package)
            && !items
                .iter()
                .any(|item| self.below(module, item).is_some() || binds(&named.body.body, item, 0))
    }

    /// Returns a module in a folder that `import folder.module` named.
    pub(super) fn in_folder(&self, from: ModuleId, path: &str, name: &str) -> Option<ModuleId> {
        let first = path.split('.').next().unwrap_or(path);
        let plain = self.folders.contains(first) && !path.contains('(') && !self.is_script(from);
        plain.then(|| self.module(from, &format!("{path}.{name}"))).flatten()
    }

    /// Returns the module of a relative import.
    pub(super) fn relative(&self, from: ModuleId, level: u32, name: &str) -> Option<ModuleId> {
        let module = self.modules.get(from)?;
        let own = module.name.replace('.', "/");
        let mut folder = if module.package { own.as_str() } else { module.folder.as_str() };
        for _ in 1..level {
            folder = folder.rsplit_once('/').map_or("", |parts| parts.0);
        }
        let path = name.replace('.', "/");
        let full = match (folder.is_empty(), path.is_empty()) {
            (true, _) => path,
            (false, true) => folder.to_owned(),
            (false, false) => format!("{folder}/{path}"),
        };
        self.by_path.get(&full).copied()
    }

    /// Returns a submodule: `package.module`.
    pub(super) fn below(&self, module: ModuleId, name: &str) -> Option<ModuleId> {
        let parent = self.modules.get(module).filter(|parent| parent.tongue == Tongue::Python)?;
        self.by_path.get(&format!("{}/{name}", parent.name.replace('.', "/"))).copied()
    }

    /// Returns the function or class that a definition created.
    pub(super) fn defined(&self, module: ModuleId, range: TextRange) -> Option<usize> {
        self.by_definition.get(&(module, range)).copied()
    }

    /// Returns the class that a definition creates or adds to. An extension may come before the type.
    fn class(&mut self, written: &str, module: ModuleId) -> ClassId {
        let rest = written.strip_prefix(super::EXTENSION);
        let name = rest.map_or(written, |rest| rest.split('@').next().unwrap_or(rest));
        let next = self.classes.len();
        if self.modules.get(module).is_some_and(|module| module.tongue == Tongue::Swift) {
            let all = self.by_type.entry(name.to_owned()).or_default();
            let known = match rest {
                Some(_) => all.iter().position(|one| one.module == module).or((!all.is_empty()).then_some(0)),
                None => all.iter().position(|one| !one.defined),
            };
            if let Some(known) = known.and_then(|index| all.get_mut(index)) {
                known.defined |= rest.is_none();
                return known.class;
            }
            all.push(Type { module, class: next, defined: rest.is_none() });
        }
        self.classes.push(Class { name: name.to_owned(), ..Class::default() });
        next
    }

    fn collect(
        &mut self,
        body: &'a [Stmt],
        module: ModuleId,
        class: Option<ClassId>,
        outer: Option<FunctionId>,
        depth: usize,
    ) {
        if depth > super::MAX_DEPTH {
            return;
        }
        for statement in body {
            match statement {
                Stmt::FunctionDef(definition) => {
                    let id = self.add_function(definition, module, class, outer);
                    self.collect(&definition.body, module, None, Some(id), depth + 1);
                }
                Stmt::ClassDef(definition) => {
                    let id = self.class(definition.name.as_str(), module);
                    self.by_definition.insert((module, definition.range()), id);
                    self.collect(&definition.body, module, Some(id), outer, depth + 1);
                }
                other => {
                    for block in blocks(other) {
                        self.collect(block, module, class, outer, depth + 1);
                    }
                }
            }
        }
    }

    fn add_function(
        &mut self,
        definition: &'a StmtFunctionDef,
        module: ModuleId,
        class: Option<ClassId>,
        outer: Option<FunctionId>,
    ) -> FunctionId {
        let id = self.functions.len();
        let short = definition.name.as_str();
        let prefix = class
            .and_then(|class| self.classes.get(class))
            .map(|class| class.name.clone())
            .or_else(|| outer.and_then(|outer| self.functions.get(outer)).map(|outer| outer.name.clone()));
        // A script's anonymous function is named by its location; people see only the name.
        let shown = short.split('@').next().unwrap_or(short);
        let name = prefix.map_or_else(|| shown.to_owned(), |prefix| format!("{prefix}.{shown}"));
        let mut parameters: Vec<String> =
            definition.parameters.iter_non_variadic_params().map(|p| p.name().to_string()).collect();
        let rest = [&definition.parameters.vararg, &definition.parameters.kwarg];
        parameters.extend(rest.into_iter().flatten().map(|p| p.name.to_string()));
        self.functions.push(Func {
            name,
            module,
            class,
            outer,
            has_inner: false,
            definition: Some(definition),
            hangs: hangs(definition),
            parameters,
        });
        self.by_definition.insert((module, definition.range()), id);
        if let Some(outer) = outer.and_then(|outer| self.functions.get_mut(outer)) {
            outer.has_inner = true;
        }
        if let Some(class) = class.and_then(|class| self.classes.get_mut(class)) {
            // A property setter shares the property's name, and is called only by an assignment.
            if !definition.decorator_list.iter().any(|mark| sets(&mark.expression)) {
                class.methods.insert(short.to_owned(), id);
            }
            class.overloads.entry(short.to_owned()).or_default().push(id);
        }
        id
    }
}

/// The path of a module, without its extension; that of a package is its folder.
fn path_of(module: &Module<'_>) -> String {
    module.name.replace('.', "/")
}

/// Whether statements may bind a name: all of them do that import everything or make up names.
fn binds(body: &[Stmt], name: &str, depth: usize) -> bool {
    let is_name = |target: &Expr| match target {
        Expr::Name(own) => own.id.as_str() == name,
        // `one, other = …`
        other => !matches!(other, Expr::Attribute(_) | Expr::Subscript(_)),
    };
    body.iter().any(|statement| match statement {
        Stmt::FunctionDef(node) => matches!(node.name.as_str(), "__getattr__") || node.name.as_str() == name,
        Stmt::ClassDef(node) => node.name.as_str() == name,
        Stmt::Assign(node) => node.targets.iter().any(is_name),
        Stmt::AnnAssign(node) => is_name(&node.target),
        Stmt::Import(node) => node.names.iter().any(|alias| bound_as(alias) == name),
        Stmt::ImportFrom(node) => {
            node.names.iter().any(|alias| matches!(bound_as(alias), "*") || bound_as(alias) == name)
        }
        other => depth >= MOST_BLOCKS || blocks(other).into_iter().any(|block| binds(block, name, depth + 1)),
    })
}

/// The name that an import binds.
fn bound_as(alias: &Alias) -> &str {
    let own = alias.name.as_str();
    alias.asname.as_ref().map_or(own.split('.').next().unwrap_or(own), |name| name.as_str())
}

/// Returns the blocks inside a statement that is no definition.
pub(super) fn blocks(statement: &Stmt) -> Vec<&[Stmt]> {
    let mut found: Vec<&[Stmt]> = Vec::new();
    match statement {
        Stmt::If(node) => {
            found.push(&node.body);
            found.extend(node.elif_else_clauses.iter().map(|clause| &*clause.body));
        }
        Stmt::For(node) => found.extend([&*node.body, &*node.orelse]),
        Stmt::While(node) => found.extend([&*node.body, &*node.orelse]),
        Stmt::With(node) => found.push(&node.body),
        Stmt::Try(node) => {
            found.extend([&*node.body, &*node.orelse, &*node.finalbody]);
            found.extend(node.handlers.iter().map(|handler| {
                let ExceptHandler::ExceptHandler(handler) = handler;
                &*handler.body
            }));
        }
        Stmt::Match(node) => found.extend(node.cases.iter().map(|case| &*case.body)),
        _ => {}
    }
    found
}

/// `@name.setter`, `@name.deleter`
fn sets(decorator: &Expr) -> bool {
    matches!(decorator, Expr::Attribute(part) if matches!(part.attr.as_str(), "setter" | "deleter"))
}

/// Returns the dotted name of an expression, if it is one of reasonable length.
pub(super) fn dotted(expression: &Expr) -> Option<String> {
    let mut parts: Vec<&str> = Vec::new();
    let mut at = expression;
    while parts.len() < 32 {
        match at {
            Expr::Name(name) => {
                parts.push(name.id.as_str());
                parts.reverse();
                return Some(parts.join("."));
            }
            Expr::Attribute(attribute) => {
                parts.push(attribute.attr.as_str());
                at = &attribute.value;
            }
            _ => return None,
        }
    }
    None
}
