//! Searchable stores of items: vector stores and memory services.

use super::super::value::{Argument, Made, Value, given, named};
use super::models::inner;
use super::{last, root};
use crate::facts::{Store, Template};

/// What a call does to a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::code) enum Use {
    Read,
    Write,
    Erase,
}

struct Product {
    package: &'static str,
    /// A required part of the path, where the package also does other things.
    part: &'static str,
    reads: &'static [&'static str],
    writes: &'static [&'static str],
    erases: &'static [&'static str],
    remembers_people: bool,
}

const PRODUCTS: &[Product] = &[
    Product {
        package: "chromadb",
        part: "",
        reads: &["query", "get", "peek", "search"],
        writes: &["add", "upsert", "update"],
        erases: &["delete"],
        remembers_people: false,
    },
    Product {
        package: "pinecone",
        part: "",
        reads: &["query", "search", "search_records", "query_namespaces", "fetch", "fetch_by_metadata"],
        writes: &["upsert", "upsert_records", "update"],
        erases: &["delete", "delete_namespace", "delete_all", "delete_one", "delete_many"],
        remembers_people: false,
    },
    Product {
        package: "qdrant_client",
        part: "",
        reads: &[
            "query_points",
            "query_batch_points",
            "query_points_groups",
            "scroll",
            "retrieve",
            "search",
            "recommend",
        ],
        writes: &["upsert", "upload_points", "upload_collection", "set_payload", "add"],
        erases: &["delete", "delete_collection"],
        remembers_people: false,
    },
    Product {
        package: "pymilvus",
        part: "",
        reads: &["search", "query", "hybrid_search", "get", "search_iterator", "query_iterator"],
        writes: &["insert", "upsert"],
        erases: &["delete", "drop_collection"],
        remembers_people: false,
    },
    Product {
        package: "weaviate",
        part: "",
        reads: &[
            "near_text",
            "near_vector",
            "near_image",
            "near_object",
            "hybrid",
            "bm25",
            "fetch_objects",
            "fetch_object_by_id",
        ],
        writes: &["insert", "insert_many", "replace"],
        erases: &["delete_many", "delete_by_id"],
        remembers_people: false,
    },
    Product {
        package: "lancedb",
        part: "open_table",
        reads: &["search", "query", "to_arrow", "head"],
        writes: &["add", "merge_insert"],
        erases: &["delete"],
        remembers_people: false,
    },
    Product {
        package: "lancedb",
        part: "create_table",
        reads: &["search", "query", "to_arrow", "head"],
        writes: &["add", "merge_insert"],
        erases: &["delete"],
        remembers_people: false,
    },
    Product {
        package: "faiss",
        part: "",
        reads: &["search", "range_search"],
        writes: &["add", "add_with_ids"],
        erases: &["remove_ids", "reset"],
        remembers_people: false,
    },
    Product {
        package: "hnswlib",
        part: "",
        reads: &["knn_query"],
        writes: &["add_items"],
        erases: &["mark_deleted"],
        remembers_people: false,
    },
    Product {
        package: "mem0",
        part: "Memory",
        reads: &["search", "get", "get_all", "chat", "history"],
        writes: &["add", "update"],
        erases: &["delete", "delete_all", "delete_users", "reset"],
        remembers_people: true,
    },
    Product {
        package: "zep_cloud",
        part: "",
        reads: &["get_context", "get_user_context", "search", "get", "list_messages"],
        writes: &["add_messages", "add"],
        erases: &["delete"],
        remembers_people: true,
    },
    Product {
        package: "letta_client",
        part: "passages",
        reads: &["search", "list"],
        writes: &["create"],
        erases: &["delete"],
        remembers_people: true,
    },
    Product {
        package: "langgraph",
        part: "Store",
        reads: &["search", "get", "asearch", "aget"],
        writes: &["put", "aput"],
        erases: &["delete", "adelete"],
        remembers_people: true,
    },
];

/// Stores and memories with fewer methods: the package, a part of the path, the methods that read, write and erase,
/// and whether it remembers people.
type Plain = (&'static str, &'static str, &'static str, &'static str, &'static str, bool);

const OTHERS: &[Plain] = &[
    ("hipporag", "", "retrieve rag_qa retrieve_dpr", "index", "delete", false),
    (
        "lightrag",
        "",
        "query aquery query_data aquery_data",
        "insert ainsert insert_custom_kg ainsert_custom_kg",
        "delete_by_doc_id adelete_by_doc_id adelete_by_entity",
        false,
    ),
    ("nano_graphrag", "", "query aquery", "insert ainsert", "", false),
    (
        "graphiti_core",
        "",
        "search search_ retrieve_episodes",
        "add_episode add_episode_bulk add_triplet",
        "remove_episode",
        true,
    ),
    (
        "memobase",
        "",
        "context profile event search_event",
        "insert add_profile",
        "delete delete_profile",
        true,
    ),
    (
        "memu",
        "",
        "retrieve retrieve_default_categories retrieve_related_memory_items",
        "memorize memorize_conversation",
        "delete_memories",
        true,
    ),
    ("memos", "", "search get_all get_memory", "add add_message", "delete delete_all delete_memory", true),
    ("supermemory", "", "execute memories list search profile", "add", "delete delete_bulk forget", true),
    (
        "zep_python",
        "",
        "get search_memory search_sessions search",
        "add_memory add",
        "delete delete_memory",
        true,
    ),
    ("semantic_kernel", "Memory", "search get", "save_information save_reference", "remove", true),
    (
        "elasticsearch",
        "()",
        "search knn_search get msearch",
        "index bulk update create",
        "delete delete_by_query",
        false,
    ),
    ("opensearchpy", "()", "search get msearch", "index bulk update create", "delete delete_by_query", false),
    (
        "meilisearch",
        "index",
        "search",
        "add_documents update_documents",
        "delete_document delete_documents delete_all_documents",
        false,
    ),
    ("typesense", "documents", "search", "create upsert import_", "delete", false),
    ("marqo", "index", "search", "add_documents", "delete_documents", false),
    ("redisvl", "", "query search batch_query", "load", "delete drop_keys clear", false),
    ("txtai", "", "search", "index upsert", "delete", false),
    ("annoy", "", "get_nns_by_vector get_nns_by_item", "add_item", "", false),
    ("usearch", "", "search", "add", "remove", false),
    ("tcvectordb", "collection", "query search hybrid_search", "upsert update", "delete", false),
    ("dashvector", "", "query fetch", "insert upsert update", "delete", false),
    (
        "vectra",
        "",
        "query_items list_items query_documents",
        "insert_item upsert_item upsert_document",
        "delete_item delete_document delete_index",
        false,
    ),
    ("@upstash/vector", "", "query fetch range", "upsert update", "delete reset", false),
    ("@orama/orama", "", "search", "insert insert_multiple", "remove", false),
];

/// Returns what a call does to one of them.
fn of_others(path: &str, object: Option<&Made>, arguments: &[Argument]) -> Option<(Use, Store)> {
    let (package, _, reads, writes, erases, people) =
        OTHERS.iter().find(|row| row.0 == root(path) && path.contains("()"))?;
    let path = super::script::snake(path);
    let known = OTHERS.iter().any(|row| row.0 == *package && path.contains(row.1));
    let name = last(&path);
    let all = [(reads, Use::Read), (writes, Use::Write), (erases, Use::Erase)];
    let (_, does) = all.into_iter().find(|(methods, _)| methods.split(' ').any(|method| method == name))?;
    known.then(|| (does, store(package, collection(object, arguments), object, *people)))
}

/// Framework classes that are vector stores.
const CLASSES: &[&str] = &[
    "Chroma",
    "FAISS",
    "Pinecone",
    "PineconeVectorStore",
    "Qdrant",
    "QdrantVectorStore",
    "Milvus",
    "Zilliz",
    "PGVector",
    "Weaviate",
    "WeaviateVectorStore",
    "LanceDB",
    "Redis",
    "RedisVectorStore",
    "ElasticsearchStore",
    "InMemoryVectorStore",
    "VectorStoreIndex",
    "OpenSearchVectorSearch",
    "DashVector",
    "TencentVectorDB",
    "SupabaseVectorStore",
    "MongoDBAtlasVectorSearch",
];
/// Classes that exist only in JavaScript.
const MORE_CLASSES: &[&str] = &[
    "MemoryVectorStore",
    "HNSWLib",
    "FaissStore",
    "PineconeStore",
    "PGVectorStore",
    "PrismaVectorStore",
    "MilvusStore",
    "WeaviateStore",
    "UpstashVectorStore",
    "CloudflareVectorizeStore",
    "RedisVectorStore",
    "MongoDBAtlasVectorSearch",
    "NeonPostgres",
];
const READS: &[&str] = &[
    "similarity_search",
    "similarity_search_with_score",
    "similarity_search_by_vector",
    "asimilarity_search",
    "similarity_search_with_relevance_scores",
    "asimilarity_search_with_score",
    "max_marginal_relevance_search",
    "amax_marginal_relevance_search",
    "search",
    "asearch",
    "get_by_ids",
    "get",
];
/// Methods of a retriever, a query engine or a chain that contains one.
const RETRIEVES: &[&str] = &[
    "invoke",
    "ainvoke",
    "get_relevant_documents",
    "aget_relevant_documents",
    "stream",
    "astream",
    "batch",
    "run",
    "arun",
    "query",
    "aquery",
    "retrieve",
    "aretrieve",
    "chat",
    "achat",
    "call",
    "acall",
    "stream_chat",
    "predict",
];
const WRITES: &[&str] = &[
    "from_texts",
    "from_documents",
    "afrom_texts",
    "afrom_documents",
    "add_texts",
    "add_documents",
    "aadd_texts",
    "aadd_documents",
    "insert",
    "insert_nodes",
];
const ERASES: &[&str] = &["delete", "adelete", "delete_collection", "delete_ref_doc", "delete_nodes"];

/// Returns what a call of `path` does to which store.
pub(in crate::code) fn of(path: &str, object: Option<&Made>, arguments: &[Argument]) -> Option<(Use, Store)> {
    if let Some(found) = super::databases::of(path, object, arguments) {
        return Some(found);
    }
    // Most packages store nothing.
    let package = root(path);
    let framework = super::models::is_framework(package) && package != "langgraph";
    if !framework && !PRODUCTS.iter().any(|product| product.package == package) {
        return of_others(path, object, arguments);
    }
    let path = &super::script::snake(path);
    let name = last(path);
    if framework {
        return of_framework(path, name, object, arguments);
    }
    let product = PRODUCTS
        .iter()
        .find(|product| product.package == package && path.contains(product.part) && path.contains("()"))?;
    let does = [(product.reads, Use::Read), (product.writes, Use::Write), (product.erases, Use::Erase)];
    let (_, does) = does.into_iter().find(|(methods, _)| methods.contains(&name))?;
    // The result of a search is a record: `found.get("documents")`.
    let searched = |read: &&str| path.rsplit("().").skip(1).any(|part| last(part) == *read);
    if name == "get" && product.reads.iter().any(searched) {
        return None;
    }
    // A client's own `get` or `delete` does not access items.
    if product.package == "chromadb" && !path.contains("collection") && !path.contains("Collection") {
        return None;
    }
    let name = collection(object, arguments);
    Some((does, store(product.package, name, object, product.remembers_people)))
}

/// Returns what a call does to a vector store, judged by a method name that nothing else has.
pub(in crate::code) fn by_shape(written: &str) -> Option<(Use, Store)> {
    let mut parts = written.rsplit('.');
    let (name, object) = (super::script::snake(parts.next()?), parts.next().unwrap_or_default());
    let name =
        name.strip_prefix('a').filter(|rest| SHAPES.iter().any(|(shape, _)| shape == rest)).unwrap_or(&name);
    let (_, does) = SHAPES.iter().find(|(shape, _)| *shape == name)?;
    Some((
        *does,
        store(
            "vectors",
            Some(object.trim_start_matches('_').to_owned()).filter(|name| !name.is_empty()),
            None,
            false,
        ),
    ))
}

/// Methods that only vector stores have.
const SHAPES: &[(&str, Use)] = &[
    ("add_documents", Use::Write),
    ("add_texts", Use::Write),
    ("upsert_documents", Use::Write),
    ("similarity_search", Use::Read),
    ("similarity_search_with_score", Use::Read),
    ("similarity_search_by_vector", Use::Read),
    ("similarity_search_with_relevance_scores", Use::Read),
    ("max_marginal_relevance_search", Use::Read),
    ("get_relevant_documents", Use::Read),
    ("delete_documents", Use::Erase),
];

fn of_framework(
    path: &str,
    name: &str,
    object: Option<&Made>,
    arguments: &[Argument],
) -> Option<(Use, Store)> {
    let class = |path: &str| {
        let made = path.split("()").next().unwrap_or(path);
        let script = |part: &&str| MORE_CLASSES.contains(part);
        let mut parts = made.split('.').rev().take(2);
        parts.find(|part| CLASSES.contains(part) || script(part)).map(str::to_owned)
    };
    if let Some(class) = class(path) {
        let derived = path.contains("as_retriever")
            || path.contains("as_query_engine")
            || path.contains("as_chat_engine");
        let does = if derived {
            RETRIEVES.contains(&name).then_some(Use::Read)
        } else {
            let all = [(READS, Use::Read), (WRITES, Use::Write), (ERASES, Use::Erase)];
            all.into_iter().find(|(methods, _)| methods.contains(&name)).map(|(_, does)| does)
        }?;
        return Some((does, store(&class, collection(object, arguments), object, false)));
    }
    // A chain or an agent that contains a retriever.
    let retriever =
        object.filter(|_| RETRIEVES.contains(&name) || path.ends_with("()")).and_then(|object| {
            inner(object, 0, &|made| class(&made.path).is_some() && made.path.contains("as_retriever"))
        })?;
    let class = class(&retriever.path)?;
    Some((Use::Read, store(&class, collection(Some(&retriever), &[]), Some(&retriever), false)))
}

const NAMES: &[&str] = &[
    "collection_name",
    "index_name",
    "table_name",
    "namespace",
    "persist_directory",
    "collectionName",
    "indexName",
    "tableName",
];

/// Returns the name of the collection, from what the store was created with.
fn collection(object: Option<&Made>, arguments: &[Argument]) -> Option<String> {
    let here = named(arguments, NAMES);
    let made = object.and_then(|object| {
        object.chain().find_map(|made| {
            let makes =
                ["collection", "Collection", "index", "Index", "open_table", "openTable", "create_table"];
            let first = makes.iter().any(|part| last(made.maker()).contains(part));
            named(&made.given, NAMES).or_else(|| given(&made.given, 0, "name").filter(|_| first))
        })
    });
    here.or(made).and_then(Value::template).map(Template::shown).filter(|name| !name.contains("{}"))
}

pub(in crate::code) fn store(
    product: &str,
    collection: Option<String>,
    object: Option<&Made>,
    remembers_people: bool,
) -> Store {
    let settings = || {
        let made = object.into_iter().flat_map(Made::chain);
        made.flat_map(|made| made.given.iter()).filter_map(|argument| argument.value.template())
    };
    Store {
        name: collection.map_or_else(|| product.to_owned(), |name| format!("{product}:{name}")),
        product: product.to_owned(),
        through_edge: settings().any(is_edge),
        host: settings().find_map(|text| crate::facts::host_of(&text.shown())),
        remembers_people,
        own: false,
    }
}

/// Whether an address leads through Ombud's memory edge.
pub(in crate::code) fn is_edge(address: &Template) -> bool {
    let gateway = address.variables().any(|name| name == "OMBUD_GATEWAY");
    address.variables().any(|name| name.starts_with("OMBUD_MEMORY"))
        || (gateway && address.shown().contains("/m/"))
}

/// Returns what a request to an address of Chroma's HTTP API does.
pub(in crate::code) fn of_address(address: &Template) -> Option<(Use, Store)> {
    let shown = address.shown();
    let below = shown.split_once("/collections/")?.1;
    let path = below.split('?').next().unwrap_or(below).trim_end_matches('/');
    let (_, verb) = path.rsplit_once('/')?;
    let does = match verb {
        "query" | "get" | "search" => Use::Read,
        "add" | "upsert" | "update" => Use::Write,
        "delete" => Use::Erase,
        _ => return None,
    };
    let known = shown.contains("/api/v") || is_edge(address);
    let store = Store {
        name: "chroma".to_owned(),
        product: "chroma".to_owned(),
        through_edge: is_edge(address),
        host: crate::facts::host_of(&shown),
        remembers_people: false,
        own: false,
    };
    known.then_some((does, store))
}
