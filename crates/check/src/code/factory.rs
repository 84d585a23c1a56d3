//! Objects: what constructors, fields and factories create, and on which object a method is called.

use ruff_text_size::TextRange;

use super::value::{Argument, Shape, Value, given};
use super::walk::Walk;
use crate::facts::{FunctionId, Taint};

impl Walk<'_, '_> {
    /// Evaluates a call that creates its content with a factory, or takes a default.
    pub(super) fn by_factory(
        &mut self,
        path: &str,
        arguments: &[Argument],
        range: TextRange,
    ) -> Option<Value> {
        match path {
            "collections.defaultdict" | "defaultdict" => {
                let factory = given(arguments, 0, "default_factory")?;
                let item = self.made_by(&factory.clone(), range)?;
                let taint = item.deep_taint().without(Taint::CONSENT);
                Some(Value::new(Shape::List(vec![item].into()), taint))
            }
            "dataclasses.field" | "pydantic.Field" | "attrs.field" | "attr.ib" => {
                if let Some(factory) = super::value::named(arguments, &["default_factory", "factory"]) {
                    return self.made_by(&factory.clone(), range);
                }
                super::value::named(arguments, &["default"]).cloned()
            }
            // NoneBot fills a plugin's settings class from the bot's.
            "nonebot.get_plugin_config" | "nonebot.plugin.get_plugin_config" => {
                let settings = given(arguments, 0, "config")?.clone();
                if let Shape::Class(class) = settings.shape {
                    self.state.set_filled(class);
                }
                self.made_by(&settings, range)
            }
            _ => None,
        }
    }

    /// Evaluates a factory of the project or of a library.
    fn made_by(&mut self, factory: &Value, range: TextRange) -> Option<Value> {
        match &factory.shape {
            Shape::Functions(ids) => Some(self.enter(&ids.clone(), None, &[], range)),
            Shape::Bound(id) => {
                let holder = self.holder(*id, Value::default());
                Some(self.enter(&[*id], Some(&holder), &[], range))
            }
            Shape::Class(class) => {
                self.construct(*class, &[], range);
                Some(Value::new(Shape::Object(*class), Taint::NONE))
            }
            Shape::Path(_) => Some(Value::new(factory.called(&[]), Taint::NONE)),
            _ => None,
        }
    }

    /// Returns what a context manager yields: the value from its function, or from its class.
    pub(super) fn entered_as(&mut self, context: Value, range: TextRange) -> Value {
        let consent = self.env.consent;
        let made = match context.shape {
            Shape::List(_) => context.item(None),
            Shape::Object(class) => {
                let enters =
                    ["__enter__", "__aenter__"].iter().find_map(|name| self.state.method(class, name));
                enters.map(|method| self.enter(&[method], Some(&context), &[], range)).unwrap_or_default()
            }
            _ => Value::default(),
        };
        self.env.consent = consent;
        let known = !matches!(made.shape, Shape::Unknown | Shape::Text(_));
        if known { Value { taint: made.taint | context.taint, ..made } } else { context }
    }

    /// Creates an object: by its constructor, or by its fields and what runs after them.
    pub(super) fn construct(&mut self, class: usize, arguments: &[Argument], range: TextRange) {
        let object = Value::new(Shape::Object(class), Taint::NONE);
        self.state.made_in.entry(class).or_default().insert(self.function);
        if let Some(fields) = self.state.method(class, super::FIELDS) {
            self.enter(&[fields], Some(&object), &[], range);
        }
        if let Some(init) = self.state.method(class, "__init__") {
            self.enter(&[init], Some(&object), arguments, range);
            return;
        }
        self.fields(class, arguments);
        if let Some(after) = self.state.method(class, "__post_init__") {
            self.enter(&[after], Some(&object), &[], range);
        }
    }

    /// Assigns the fields of a class without its own constructor, such as a dataclass.
    fn fields(&mut self, class: usize, arguments: &[Argument]) {
        let fields = self.state.fields(class).to_vec();
        let plain = arguments.iter().filter(|argument| argument.name.is_none() && !argument.spread);
        let named = arguments.iter().filter_map(|argument| Some((argument.name.as_ref()?, argument)));
        for (name, argument) in fields.iter().zip(plain).chain(named) {
            let value = argument.value.filled(&self.summary.handed);
            self.state.set_attribute(class, name, value);
        }
        // `Note(**request.json)`: it may contain any of the fields.
        let rest = arguments.iter().filter(|argument| argument.spread);
        let rest = rest.fold(Taint::NONE, |sum, argument| sum | argument.value.deep_taint());
        let said = self.known_sources(rest.without(Taint::CONSENT));
        for name in fields.iter().filter(|_| said != Taint::NONE) {
            let held = self.state.any_member(&[class], name).unwrap_or_default();
            self.state.set_attribute(class, name, Value { taint: held.taint | said, ..held });
        }
    }

    /// Returns the object whose method is called: a method stored in a field of another object still belongs to its own.
    pub(super) fn holder(&self, method: FunctionId, object: Value) -> Value {
        let class = self.state.project.functions.get(method).and_then(|func| func.class);
        let own = |held: usize| {
            self.state.project.functions.get(method).is_some_and(|func| {
                self.state.method(held, func.name.rsplit('.').next().unwrap_or(&func.name)) == Some(method)
            })
        };
        match (class, &object.shape) {
            (Some(_), Shape::Object(held)) if own(*held) => object,
            (Some(class), _) => Value::new(Shape::Object(class), Taint::NONE),
            (None, _) => object,
        }
    }
}
