//! File memories in which one function opens the file while others name it or look at its content: a helper that
//! writes whatever it is given to whatever file it is told, and what a program read at its start.

use ruff_python_ast::ExprAttribute;
use ruff_text_size::{Ranged, TextRange};

use super::api::files::{self, Access};
use super::api::web::is_conversation;
use super::api::{last, models, names, sessions};
use super::deeds::add;
use super::kept::{NOTED, is_other, plain, tells_file};
use super::value::{Argument, Made, Shape, Value};
use super::walk::Walk;
use crate::facts::{Deed, Taint, Template};

/// Maximum files of one function that are reported to its callers.
const MOST_FILES: usize = 8;

/// A file that a caller names: how it is accessed, and what is written.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Lent {
    access: Access,
    file: Template,
    content: Taint,
    /// The memory of a class that passes it on, whatever the file is called.
    keeper: Option<String>,
}

/// Returns the taint of what a call takes from shared data: `memories.get(user)`.
pub(super) fn part_of(method: &str, arguments: &[Argument], whole: Taint) -> Taint {
    let picks = matches!(last(method), "get" | "setdefault" | "pop");
    let own = arguments.first().is_some_and(|key| picks && is_apart(&key.value));
    let whole = match arguments.first().and_then(|key| key.value.known_text()) {
        Some(name) if picks => super::revealed::part(whole, name),
        _ => whole,
    };
    if own { whole.without(Taint::COMMON) } else { whole }
}

/// Whether a key does not lead to a shared conversation: it is somebody's, or names a setting.
pub(super) fn is_apart(key: &Value) -> bool {
    let setting = |name: &str| !is_conversation(name) && !names(name, &["turn*", "context*", "item*"]);
    key.taint != Taint::NONE || key.known_text().is_some_and(setting)
}

/// Whether a name says that it holds what was chosen, not what was said: `config.default_model`. Somebody may have chosen it for
/// everybody, but it is replaced, and nobody's words pile up in it.
pub(super) fn is_a_choice(name: &str) -> bool {
    !is_conversation(name)
        && names(name, &["default*", "select*", "chosen", "enable*", "setting*", "config*", "preset*"])
}

impl Walk<'_, '_> {
    /// Records what a run of an agent writes and reads where its framework was configured to store conversations.
    pub(super) fn kept_by_framework(
        &mut self,
        path: &str,
        object: Option<&Made>,
        arguments: &[Argument],
    ) -> Vec<Deed> {
        let Some(kept) = sessions::of(path, object, arguments) else { return Vec::new() };
        let store = self.state.store(kept.store);
        let content = kept.content.unwrap_or_else(|| models::told(arguments));
        let mut found = vec![Deed::Retrieve(store), Deed::Store(store, content)];
        found.extend(kept.here.then_some(Deed::Persist { content, conversation: true, remote: false }));
        found
    }

    /// Records that a function opens a file which its callers name.
    pub(super) fn lend(&mut self, access: Access, file: &Value, content: Taint) {
        if let Some(file) = files::whole(file) {
            self.lend_on(Lent { access, file, content, keeper: None });
        }
    }

    fn lend_on(&mut self, lent: Lent) {
        let all = &mut self.summary.lent;
        if lent.file.has_parameters() && all.len() < MOST_FILES && !all.contains(&lent) {
            all.push(lent);
        }
    }

    /// Records what a call does to file memories that it names, if its callee opens them. Returns the result.
    pub(super) fn borrow(
        &mut self,
        lent: &[Lent],
        values: &[Value],
        taints: &[Taint],
        range: TextRange,
        mut result: Value,
    ) -> Value {
        if lent.is_empty() {
            return result;
        }
        let texts: Vec<Option<Template>> = values.iter().map(files::whole).collect();
        for one in lent {
            let file = one.file.filled(&texts);
            let content = one.content.filled(taints);
            let name = file.shown();
            let here = self.memory(&name).map(|store| store.name);
            let told = tells_file(&name);
            // What a file named by somebody else contains is unknown.
            let named = name
                .rsplit('/')
                .next()
                .is_some_and(|own| own.contains(char::is_alphanumeric) && !is_other(own));
            let keeper = here.or_else(|| one.keeper.clone());
            match keeper.clone().filter(|_| told || !file.has_parameters()) {
                Some(_) if !named => {}
                Some(store) if one.access == Access::Change => self.written(&store, content, range),
                Some(store) if told && self.holds_words() => {
                    let store = self.state.store(plain(store));
                    add(&mut self.call_at(range).does, Deed::Retrieve(store));
                    result.taint |= Taint::RETRIEVED;
                }
                Some(_) => {}
                None => self.lend_on(Lent { access: one.access, file, content, keeper }),
            }
        }
        result
    }

    /// Records that people's words are written to a memory.
    fn written(&mut self, store: &str, content: Taint, range: TextRange) {
        let noted = Value { taint: self.known_sources(content), ..Value::text(store) };
        self.state.set_global(self.module, NOTED, noted);
        let store = self.state.store(plain(store.to_owned()));
        let persists = |deed: &Deed| matches!(deed, Deed::Persist { conversation: true, .. });
        let mut before = self.calls.range(..(range.start().to_usize(), 0)).map(|(_, call)| call);
        let goes_on = before.any(|call| call.does.iter().any(persists));
        let does = &mut self.call_at(range).does;
        add(does, Deed::Store(store, content));
        // A function that writes a record in several parts is reported at the first.
        if !goes_on {
            add(does, Deed::Persist { content, conversation: true, remote: false });
        }
    }

    /// Whether this module writes people's words to a file memory.
    fn holds_words(&self) -> bool {
        let noted = self.state.global(self.module, NOTED);
        noted.is_some_and(|noted| noted.taint.has(Taint::PERSON | Taint::MODEL | Taint::TOOL))
    }

    /// The same for a member of an object: `self.memories`.
    pub(super) fn look_at_member(&mut self, object: &Value, held: &Value, node: &ExprAttribute) {
        if matches!(object.shape, Shape::Object(_)) {
            self.look_at_loaded(held, node.attr.as_str(), node.range());
        }
    }

    /// Records that a function looks at a memory that was read from a file before: `memories.get(user)`.
    pub(super) fn look_at_loaded(&mut self, held: &Value, name: &str, range: TextRange) {
        let own = self.state.project.functions.get(self.function);
        let inside = own.is_some_and(|func| func.definition.is_some());
        if !inside || !held.taint.has(Taint::RETRIEVED) || !self.holds_words() {
            return;
        }
        let noted = self.state.global(self.module, NOTED);
        let Some(store) = noted.as_ref().and_then(Value::known_text) else { return };
        let store = self.state.store(plain(store.to_owned()));
        let call = self.call_at(range);
        if call.target.is_empty() {
            name.clone_into(&mut call.target);
        }
        add(&mut call.does, Deed::Retrieve(store));
    }
}
