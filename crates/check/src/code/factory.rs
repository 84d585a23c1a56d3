//! What factories make: items of a `defaultdict`, fields with a `default_factory`.

use ruff_text_size::TextRange;

use super::value::{Argument, Shape, Value, given};
use super::walk::Walk;
use crate::facts::Taint;

impl Walk<'_, '_> {
    /// What a call gives that makes its content by a factory, or takes a default.
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
            _ => None,
        }
    }

    /// What a factory of the project or of a library gives.
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
}
