//! Stores, and whose items they hold.

/// A searchable store of items.
#[derive(Debug, Clone)]
pub struct Store {
    /// Its display name: the product and the name of the collection.
    pub name: String,
    /// The product.
    pub product: String,
    /// Whether it is reached through Ombud's memory edge.
    pub through_edge: bool,
    /// The host, if it is written out.
    pub host: Option<String>,
    /// Whether the product exists to remember people.
    pub remembers_people: bool,
    /// Whether the front end knows that its items are the developer's own.
    pub own: bool,
}

/// Whose items a store holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Owner {
    /// The developer's own corpus.
    Developer,
    /// Nothing shows who owns them.
    Unknown,
    /// The people who use the agent.
    User,
}

impl Store {
    /// Whether it is a file or a table, which may hold anything.
    pub fn is_plain(&self) -> bool {
        const PLAIN: &[&str] = &[
            "files",
            "sqlite",
            "postgres",
            "mysql",
            "prisma",
            "supabase",
            "mongodb",
            "redis",
            "firestore",
            "drizzle",
            "localStorage",
            "table",
            "sequelize",
            "typeorm",
            "sqlalchemy",
            "keys",
            "koishi",
            "tinydb",
            "lowdb",
            "dexie",
        ];
        PLAIN.contains(&self.product.as_str())
    }

    /// Whether it is a knowledge base that the developer fills in the platform's UI, so that only an app that writes
    /// into it can change that.
    pub fn is_dataset(&self) -> bool {
        matches!(self.product.as_str(), "dify" | "coze" | "flowise" | "langflow")
    }
}
