//! Stores, and whose items they hold.

/// A store of items that can be searched.
#[derive(Debug, Clone)]
pub struct Store {
    /// What it is: the product and the collection's name.
    pub name: String,
    /// The product.
    pub product: String,
    /// It is reached through Ombud's memory edge.
    pub through_edge: bool,
    /// The host, if it is written out.
    pub host: Option<String>,
    /// The product exists to remember people.
    pub remembers_people: bool,
    /// The front end knows that its items are the developer's own.
    pub own: bool,
}

/// Whose items a store holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Owner {
    /// The developer's own corpus.
    Developer,
    /// Nothing shows it.
    Unknown,
    /// The people who use the agent.
    User,
}

impl Store {
    /// Files and tables, which keep anything and are read by what has a name for it.
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

    /// A knowledge base that the developer fills on the pages of the platform; an app has to write into it to change that.
    pub fn is_dataset(&self) -> bool {
        matches!(self.product.as_str(), "dify" | "coze" | "flowise" | "langflow")
    }
}
