//! A vector store in the shape of Chroma's: collections of items with a document, metadata and an embedding.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::store_filter::{contains, matches};

/// An item.
#[derive(Debug, Clone, Default)]
pub(super) struct Item {
    /// Its id.
    pub id: String,
    /// Its text.
    pub document: Option<String>,
    /// Its metadata, an object or null.
    pub metadata: Value,
    /// Its embedding; empty for an item that was seeded.
    pub embedding: Vec<f64>,
}

/// A collection.
#[derive(Debug, Clone)]
pub(super) struct Collection {
    /// UUID.
    pub id: String,
    /// Name.
    pub name: String,
    /// Metadata, an object or null.
    pub metadata: Value,
    /// Items in the order in which they were added.
    pub items: Vec<Item>,
}

/// All collections by id.
#[derive(Debug, Clone, Default)]
pub(super) struct Store {
    collections: BTreeMap<String, Collection>,
}

/// What a request selects.
#[derive(Debug, Default)]
pub(super) struct Selection {
    /// Only these ids.
    pub ids: Option<Vec<String>>,
    /// Only items whose metadata match.
    pub filter: Value,
    /// Only items whose document matches.
    pub words: Value,
}

impl Selection {
    fn takes(&self, item: &Item) -> bool {
        self.ids.as_ref().is_none_or(|ids| ids.contains(&item.id))
            && matches(&self.filter, &item.metadata)
            && contains(&self.words, item.document.as_deref().unwrap_or_default())
    }
}

impl Store {
    /// Creates a collection and returns its id, which is always the same for the same name, so that runs can be compared.
    pub(super) fn create(&mut self, name: &str, metadata: Value) -> String {
        let mut hash: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
        for byte in name.bytes() {
            hash = (hash ^ u128::from(byte)).wrapping_mul(0x0000_0000_0100_0000_0000_0000_0000_013B);
        }
        let hex = format!("{hash:032x}");
        let part = |from: usize, to: usize| hex.get(from..to).unwrap_or_default();
        let id =
            format!("{}-{}-4{}-8{}-{}", part(0, 8), part(8, 12), part(13, 16), part(17, 20), part(20, 32));
        let collection = Collection { id: id.clone(), name: name.to_owned(), metadata, items: Vec::new() };
        self.collections.entry(id.clone()).or_insert(collection);
        id
    }

    /// Seeds an item without an embedding.
    pub(super) fn seed(&mut self, collection: &str, id: String, text: String, metadata: Value) {
        if let Some(collection) = self.collections.get_mut(collection) {
            collection.items.push(Item { id, document: Some(text), metadata, embedding: Vec::new() });
        }
    }

    /// Every collection.
    pub(super) fn all(&self) -> impl Iterator<Item = &Collection> {
        self.collections.values()
    }

    /// A collection by id or name.
    pub(super) fn find(&mut self, key: &str) -> Option<&mut Collection> {
        let by_name =
            self.collections.values().find(|collection| collection.name == key).map(|one| one.id.clone());
        self.collections.get_mut(&by_name.unwrap_or_else(|| key.to_owned()))
    }

    /// Deletes a collection by name or id.
    pub(super) fn drop(&mut self, key: &str) -> bool {
        let id = self.find(key).map(|collection| collection.id.clone());
        id.and_then(|id| self.collections.remove(&id)).is_some()
    }
}

impl Collection {
    /// The collection as the API shows it.
    pub(super) fn shown(&self) -> Value {
        let dimension = self.items.iter().map(|item| item.embedding.len()).find(|length| *length > 0);
        json!({
            "id": self.id, "name": self.name, "metadata": self.metadata, "dimension": dimension,
            "tenant": "default_tenant", "database": "default_database", "version": 0, "log_position": 0,
            "configuration_json": { "hnsw": null, "spann": null, "embedding_function": null }
        })
    }

    /// Adds items; `replace` decides about existing ids (`add` keeps them, `upsert` replaces them).
    pub(super) fn put(&mut self, items: Vec<Item>, replace: bool) {
        for item in items {
            match self.items.iter_mut().find(|old| old.id == item.id) {
                Some(old) if replace => *old = item,
                Some(_) => {}
                None => self.items.push(item),
            }
        }
    }

    /// Updates existing items with the fields that are given.
    pub(super) fn change(&mut self, items: Vec<Item>) {
        for item in items {
            let Some(old) = self.items.iter_mut().find(|old| old.id == item.id) else { continue };
            if item.document.is_some() {
                old.document = item.document;
            }
            if !item.metadata.is_null() {
                old.metadata = item.metadata;
            }
            if !item.embedding.is_empty() {
                old.embedding = item.embedding;
            }
        }
    }

    /// The items that a request selects.
    pub(super) fn select<'s>(&'s self, selection: &'s Selection) -> impl Iterator<Item = &'s Item> {
        self.items.iter().filter(|item| selection.takes(item))
    }

    /// Deletes the selected items and returns their ids.
    pub(super) fn delete(&mut self, selection: &Selection) -> Vec<String> {
        let ids: Vec<String> = self.select(selection).map(|item| item.id.clone()).collect();
        self.items.retain(|item| !ids.contains(&item.id));
        ids
    }

    /// The nearest items with their squared distances. Items whose embedding has a different length come last.
    pub(super) fn nearest<'s>(
        &'s self,
        vector: &[f64],
        count: usize,
        selection: &'s Selection,
    ) -> Vec<(f64, &'s Item)> {
        let distance = |item: &Item| {
            if item.embedding.len() != vector.len() {
                return 1.0e6;
            }
            item.embedding.iter().zip(vector).map(|(a, b)| (a - b) * (a - b)).sum()
        };
        let mut found: Vec<(f64, &Item)> =
            self.select(selection).map(|item| (distance(item), item)).collect();
        found.sort_by(|a, b| a.0.total_cmp(&b.0));
        found.truncate(count);
        found
    }
}
