//! Definitions: imports, functions, classes.

use ruff_python_ast::{Stmt, StmtClassDef, StmtFunctionDef, StmtImport, StmtImportFrom};
use ruff_text_size::{Ranged, TextRange};

use super::project::dotted;
use super::value::{Argument, ModuleId, Shape, Value, given};
use super::walk::Walk;
use crate::facts::{Entry, Taint};

impl Walk<'_, '_> {
    pub(super) fn import(&mut self, node: &StmtImport) {
        for alias in &node.names {
            let path = alias.name.as_str();
            let value = self.imported(path, node.range());
            if let Some(name) = &alias.asname {
                self.bind(name.as_str(), value);
            } else {
                let first = path.split('.').next().unwrap_or(path);
                let top = self.imported(first, node.range());
                self.bind(first, top);
            }
        }
    }

    pub(super) fn import_from(&mut self, node: &StmtImportFrom) {
        let name = node.module.as_ref().map_or("", |module| module.as_str());
        let module = if node.level > 0 {
            self.state.project.relative(self.module, node.level, name)
        } else {
            let items: Vec<&str> = node.names.iter().map(|alias| alias.name.as_str()).collect();
            let found = self.state.project.module(self.module, name);
            found.filter(|module| !self.state.project.is_namesake(self.module, *module, &items))
        };
        for alias in &node.names {
            let item = alias.name.as_str();
            let bound = alias.asname.as_ref().map_or(item, |name| name.as_str());
            let sub = module.and_then(|module| self.state.project.below(module, item)).or_else(|| {
                // A folder is a package even without an `__init__` file.
                let inside = if name.is_empty() { item.to_owned() } else { format!("{name}.{item}") };
                match (node.level, module) {
                    (0, None) if item != "*" => self.state.project.module(self.module, &inside),
                    (level, None) if level > 0 => self.state.project.relative(self.module, level, &inside),
                    (level, _) if level > 0 && name.is_empty() => {
                        self.state.project.relative(self.module, level, item)
                    }
                    _ => None,
                }
            });
            // The package's own name takes precedence over its submodule: `bot = Bot()` in a package that contains
            // `bot.py`.
            let own = |module: &ModuleId| {
                let held = self.state.global(*module, item);
                *module != self.module && held.is_some_and(|held| !matches!(held.shape, Shape::Module(_)))
            };
            let sub = sub.filter(|_| !module.as_ref().is_some_and(own));
            let value = match (module, sub) {
                (Some(module), _) if item == "*" => {
                    self.enter_module(module, node.range());
                    self.state.add_star(self.module, module);
                    continue;
                }
                (_, Some(sub)) => {
                    self.enter_module(sub, node.range());
                    Value::new(Shape::Module(sub), Taint::NONE)
                }
                (Some(module), None) => {
                    self.enter_module(module, node.range());
                    self.given_away(module, item)
                }
                (None, None) if node.level == 0 && item == "*" => {
                    let other = |held: Value| held.outside().is_some_and(|path| path != format!("{name}.*"));
                    let second = self.state.global(self.module, "*").is_some_and(other);
                    // With several star imports, the owner of a name is unknown.
                    self.bind(if second { "**" } else { "*" }, Value::path(&format!("{name}.*")));
                    continue;
                }
                (None, None) if node.level == 0 => Value::path(&format!("{name}.{item}")),
                _ => Value::default(),
            };
            self.bind(bound, value);
        }
    }

    /// Resolves a name through the only star import from outside: `from peewee import *`.
    pub(super) fn of_star(&self, name: &str) -> Option<Value> {
        const BUILTINS: &str = " input open print len str int float list dict set tuple sorted enumerate zip map filter range sum min max any all isinstance issubclass getattr setattr hasattr delattr type super exec eval compile iter next reversed bool bytes repr round abs id hash vars dir globals locals format ord chr property staticmethod classmethod object exit quit breakpoint callable memoryview bytearray frozenset complex pow divmod slice help hex bin oct getenv environ ";
        let star = self.state.global(self.module, "*")?;
        let package = star.outside()?.strip_suffix(".*")?;
        let own = name.starts_with('_') || BUILTINS.contains(&format!(" {name} "));
        let alone = self.state.global(self.module, "**").is_none();
        (alone && !own).then(|| Value::path(&format!("{package}.{name}")))
    }

    /// Returns a part of a file's default export: `module.exports = { ask }`, `module.exports = new Assistant()`.
    pub(super) fn of_export(&mut self, module: ModuleId, name: &str) -> Option<Value> {
        let all = self.state.default_export(module)?;
        match all.shape {
            Shape::Object(_) | Shape::Objects(_) | Shape::Class(_) => Some(self.attribute(&all, name)),
            _ => Some(all.item(Some(name))),
        }
    }

    /// Returns what a module exports under a name.
    fn given_away(&mut self, module: ModuleId, item: &str) -> Value {
        let found = self.state.global(module, item);
        let script = self.state.project.is_script(module);
        found.unwrap_or_else(|| match item {
            super::DEFAULT_EXPORT => Value::new(Shape::Module(module), Taint::NONE),
            _ if script => self.of_export(module, item).unwrap_or_default(),
            _ => Value::default(),
        })
    }

    /// Returns the default export of a script's module where the module itself is meant:
    /// `const Agent = require("./agent")`.
    pub(super) fn given_whole(&self, named: &Value) -> Option<Value> {
        let Shape::Module(module) = named.shape else { return None };
        let own = self.state.default_export(module).filter(|_| self.script)?;
        (!matches!(own.shape, Shape::Module(_))).then_some(own)
    }

    /// `axios_1.default`: a default export as compilers write it. Of a package it is the package itself, or its class.
    pub(super) fn default_of(&self, object: &Value, name: &str) -> Option<Value> {
        const CLASSES: &[(&str, &str)] =
            &[("openai", "openai.OpenAI"), ("anthropic", "anthropic.Anthropic"), ("groq", "groq.Groq")];
        match &object.shape {
            _ if name != "default" => None,
            Shape::Path(path) if !path.contains("js.") => {
                let class = CLASSES
                    .iter()
                    .find(|(package, _)| **package == **path)
                    .map(|(_, class)| Value::path(class));
                Some(class.unwrap_or_else(|| object.clone()))
            }
            Shape::Dict(items) if !items.is_empty() && !items.contains_key(name) => Some(object.clone()),
            Shape::Module(module) => {
                let named = self.state.global(*module, name);
                Some(named.or_else(|| self.given_whole(object)).unwrap_or_else(|| object.clone()))
            }
            _ => None,
        }
    }

    /// Resolves what is loaded by a known name: `importlib.import_module("plugins.mail")`, `getattr(module, "Mail")`.
    pub(super) fn loaded(&mut self, path: &str, arguments: &[Argument], range: TextRange) -> Option<Value> {
        match path {
            "importlib.import_module" | "__import__" => {
                let name = given(arguments, 0, "name").and_then(Value::known_text)?.to_owned();
                let dots = name.len() - name.trim_start_matches('.').len();
                let module = match u32::try_from(dots).unwrap_or_default() {
                    0 => self.state.project.module(self.module, &name),
                    level => self.state.project.relative(self.module, level, name.trim_start_matches('.')),
                }?;
                self.enter_module(module, range);
                Some(Value::new(Shape::Module(module), Taint::NONE))
            }
            "setattr" => {
                let [object, name, value] = arguments else { return None };
                let name = name.value.known_text()?.to_owned();
                let value = value.value.filled_within(&self.summary.handed);
                for class in object.value.shape.classes() {
                    self.state.set_attribute(*class, &name, value.clone());
                }
                None
            }
            "getattr" => {
                let object = given(arguments, 0, "object")?.clone();
                let name = given(arguments, 1, "name")?;
                if let Some(methods) = self.any_method(&object, name) {
                    return Some(methods);
                }
                let name = name.known_text()?.to_owned();
                matches!(object.shape, Shape::Module(_) | Shape::Object(_) | Shape::Class(_))
                    .then(|| self.attribute(&object, &name))
            }
            _ => None,
        }
    }

    fn imported(&mut self, path: &str, range: TextRange) -> Value {
        match self.state.project.module(self.module, path) {
            Some(module) => {
                self.enter_module(module, range);
                Value::new(Shape::Module(module), Taint::NONE)
            }
            None => Value::path(path),
        }
    }

    /// Records that importing a module runs its body.
    fn enter_module(&mut self, module: ModuleId, range: TextRange) {
        if module == self.module {
            return;
        }
        self.state.imported.insert(module);
        let Some(body) = self.state.project.modules.get(module).map(|module| module.function) else { return };
        let call = self.call_at(range);
        if !call.callees.contains(&body) {
            call.callees.push(body);
        }
    }

    pub(super) fn function_definition(&mut self, node: &StmtFunctionDef) {
        let Some(id) = self.state.project.defined(self.module, node.range()) else { return };
        let count = self.state.project.functions.get(id).map_or(0, |func| func.parameters.len());
        let mut defaults: Vec<Option<Value>> = node
            .parameters
            .iter_non_variadic_params()
            .map(|parameter| parameter.default().map(|default| self.eval(default)))
            .collect();
        defaults.resize(count, None);
        self.state.set_defaults(id, &defaults);
        let handed: Vec<Value> = defaults.into_iter().map(Option::unwrap_or_default).collect();
        self.state.hand_in(id, &handed);
        let value = self.decorated(id, node);
        // Cloud handlers are recognised by their parameters, and Django views by their first one.
        let parameters =
            self.state.project.functions.get(id).map(|func| (func.class, func.outer, &func.parameters));
        let view = first_is_request(parameters.map(|(.., names)| names.as_slice())) && self.imports_django();
        let called = match parameters {
            Some((None, None, names)) if !self.script => {
                match names.iter().map(String::as_str).collect::<Vec<_>>()[..] {
                    ["event" | "_event", "context" | "_context" | "ctx" | "_"] => true,
                    ["request", ..] => view,
                    _ => false,
                }
            }
            _ => false,
        };
        if called {
            self.state.entering(id, |function| {
                function.entry.get_or_insert(Entry::Handler);
                function.http |= view;
            });
        }
        // A method is a name of its class, not of the file.
        match parameters {
            Some((Some(_), ..)) => self.env.set(node.name.as_str().into(), value),
            _ => self.bind(node.name.as_str(), value),
        }
    }

    /// Whether a file builds its responses with Django.
    fn imports_django(&self) -> bool {
        let file = self.state.project.modules.get(self.module).map_or(0, |module| module.file);
        let text = self.state.texts.get(file).map_or("", |file| file.text.as_str());
        let own = self.state.project.module(self.module, "django").is_some();
        !own && (text.contains("from django.http import") || text.contains("from django.shortcuts import"))
    }

    pub(super) fn class_definition(&mut self, node: &StmtClassDef) {
        let Some(id) = self.state.project.defined(self.module, node.range()) else { return };
        let bases: Vec<Value> = node
            .arguments
            .iter()
            .flat_map(|arguments| arguments.args.iter())
            .map(|base| {
                let base = self.eval(base);
                self.given_whole(&base).unwrap_or(base)
            })
            .collect();
        let called = bases.iter().find_map(|base| match &base.shape {
            Shape::Path(path) => {
                (super::api::frameworks::calls_methods(path) && path.contains('.')).then(|| path.to_string())
            }
            _ => None,
        });
        let guarded =
            bases.iter().any(|base| base.outside().is_some_and(super::api::guards::is_guarding_base));
        // An extension says nothing about the type's bases.
        if !bases.is_empty() {
            self.state.set_bases(id, bases);
        }
        // The body has a scope of its own; its functions become methods.
        let outside = self.env.clone();
        self.depth += 1;
        for statement in &node.body {
            match statement {
                Stmt::FunctionDef(method) => self.method_definition(method, called.as_deref(), guarded),
                Stmt::Assign(assign) => {
                    let value = self.eval(&assign.value);
                    for name in assign.targets.iter().filter_map(dotted) {
                        self.state.set_attribute(id, &name, value.clone());
                        self.env.set(name.into(), value.clone());
                    }
                }
                Stmt::AnnAssign(assign) => {
                    let declared = self.annotated(&assign.annotation);
                    let value = assign.value.as_deref().map(|value| self.eval(value));
                    if let Some(value) = &value {
                        self.state.set_default(id, value);
                    }
                    let setting = dotted(&assign.target)
                        .and_then(|name| self.setting(id, &name, &assign.annotation, value.as_ref()));
                    let value = value.filter(|value| value.shape != Shape::Unknown).unwrap_or(declared);
                    let mut value = setting.unwrap_or(value);
                    if !self.script && self.is_message(id, 0) && self.is_closed(&assign.annotation) {
                        value.taint |= Taint::CHECKED;
                    }
                    if let Some(name) = dotted(&assign.target) {
                        self.state.set_attribute(id, &name, value);
                        self.state.add_field(id, &name);
                    }
                }
                other => self.statement(other),
            }
        }
        self.depth -= 1;
        self.env = outside;
        self.offer_class(id, node);
        self.offer_toolkit(id, node);
        self.hand_to_marks(id, node);
        self.bind(node.name.as_str(), Value::new(Shape::Class(id), Taint::NONE));
    }

    /// `@provider("openai")` on a class: a function of the project receives the class, and may keep it.
    fn hand_to_marks(&mut self, class: usize, node: &StmtClassDef) {
        let script = self.script;
        for mark in node.decorator_list.iter().filter(|_| !script) {
            let marked = self.eval(&mark.expression);
            if let Shape::Functions(ids) = marked.shape {
                let own = Value::new(Shape::Class(class), Taint::NONE);
                let given = [Argument { name: None, value: own, spread: false }];
                self.enter(&ids, None, &given, mark.range());
            }
        }
    }

    fn method_definition(&mut self, node: &StmtFunctionDef, base: Option<&str>, guarded: bool) {
        self.function_definition(node);
        let Some(id) = self.state.project.defined(self.module, node.range()) else { return };
        let entry = base.and_then(|base| super::api::frameworks::entered_through(base, node.name.as_str()));
        let http = base.is_some_and(|base| super::api::frameworks::serves(base, node.name.as_str()));
        self.state.entering(id, |function| {
            if entry.is_some() && function.entry.is_none() {
                function.entry = entry;
                function.http |= http;
            }
            function.caller_known |= guarded && http;
        });
    }
}

/// Whether the first parameter of a function is a request.
fn first_is_request(parameters: Option<&[String]>) -> bool {
    parameters.and_then(<[String]>::first).is_some_and(|first| first == "request")
}

/// What a method receives as its first argument.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hangs {
    /// The object.
    OnObject,
    /// The class.
    OnClass,
    /// Neither.
    Free,
}

/// Returns which kind of method a definition in a class is.
pub(super) fn hangs(definition: &StmtFunctionDef) -> Hangs {
    let marked = |word: &str| {
        definition.decorator_list.iter().any(|mark| dotted(&mark.expression).as_deref() == Some(word))
    };
    match () {
        () if marked("staticmethod") => Hangs::Free,
        () if marked("classmethod") => Hangs::OnClass,
        () => Hangs::OnObject,
    }
}
