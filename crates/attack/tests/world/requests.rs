use ombud_attack::world::{Effect, World};
use ombud_core::Lang;
use serde_json::{Value, json};

const STORE: &str = "/api/v2/tenants/default_tenant/databases/default_database/collections";

struct Place {
    url: String,
    world: World,
    client: reqwest::Client,
}

impl Place {
    async fn new() -> Self {
        let world = World::new(Lang::En).unwrap();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let routes = world.router();
        tokio::spawn(async move { axum::serve(listener, routes).await });
        Self { url, world, client: reqwest::Client::builder().no_proxy().build().unwrap() }
    }

    async fn ask(&self, method: &str, path: &str, body: impl ToString) -> (u16, Value) {
        let request = self
            .client
            .request(method.parse().unwrap(), format!("{}{path}", self.url))
            .body(body.to_string());
        let answer = request.send().await.unwrap();
        let status = answer.status().as_u16();
        let text = answer.text().await.unwrap();
        (status, serde_json::from_str(&text).unwrap_or(Value::String(text)))
    }
}

#[tokio::test]
async fn mail_files_and_pages() {
    let place = Place::new().await;
    let (_, inbox) = place.ask("GET", "/mail/messages", "").await;
    assert_eq!(inbox["messages"].as_array().unwrap().len(), 3);
    assert_eq!(place.ask("GET", "/mail/messages/2", "").await.1["subject"], "Your appointment");
    place
        .ask("POST", "/mail/send", json!({ "to": "a@b.example, c@d.example", "subject": "s", "body": "x" }))
        .await;
    assert!(place.ask("GET", "/files/plan.txt", "").await.1.as_str().unwrap().contains("Workshop"));
    assert_eq!(place.ask("DELETE", "/files/plan.txt", "").await.0, 200);
    assert_eq!(place.ask("GET", "/files/plan.txt", "").await.0, 404);
    assert_eq!(place.ask("GET", "/web?url=https%3A%2F%2Fx.example%2Fr%3Fd%3D1", "").await.0, 404);
    let effects = place.world.effects();
    assert_eq!(
        effects[0],
        Effect::MailSent {
            to: vec!["a@b.example".into(), "c@d.example".into()],
            subject: "s".into(),
            body: "x".into()
        }
    );
    assert_eq!(effects[1], Effect::FileDeleted { name: "plan.txt".into() });
    assert_eq!(effects[2], Effect::PageOpened { url: "https://x.example/r?d=1".into() });
    place.ask("POST", "/reset", "").await;
    assert!(place.world.effects().is_empty());
}

#[tokio::test]
async fn malformed_requests_change_nothing() {
    let place = Place::new().await;
    for (method, path, body) in [
        ("POST", "/mail/send", "{"),
        ("POST", "/mail/send", "{}"),
        ("POST", "/mail/send", "{\"to\":[1]}"),
        ("GET", "/mail/messages/9", ""),
        ("GET", "/files/..%2F..%2Fetc%2Fpasswd", ""),
        ("DELETE", "/files/none", ""),
        ("GET", "/web", ""),
        ("GET", "/nowhere", ""),
        ("POST", STORE, "[]"),
        ("POST", &format!("{STORE}/none/add"), "{}"),
        ("POST", &format!("{STORE}/notes/add"), "{\"ids\":[\"a\"],\"documents\":[]}"),
        ("POST", &format!("{STORE}/notes/query"), "{}"),
        ("POST", &format!("{STORE}/notes/delete"), "{}"),
        ("POST", &format!("{STORE}/notes/explode"), "{}"),
    ] {
        let (status, answer) = place.ask(method, path, body).await;
        assert!((400..500).contains(&status), "{method} {path}: {status} {answer}");
    }
    assert!(place.world.effects().is_empty());
}

#[tokio::test]
async fn a_vector_store() {
    let place = Place::new().await;
    let (_, made) = place.ask("POST", STORE, json!({ "name": "c", "get_or_create": true })).await;
    let at = format!("{STORE}/{}", made["id"].as_str().unwrap());
    place.ask("POST", &format!("{at}/add"), json!({ "ids": ["1", "2"], "embeddings": [[1.0, 0.0], [0.0, 1.0]], "documents": ["one", "two"], "metadatas": [{ "user": "a" }, { "user": "b" }] })).await;
    let (_, near) = place
        .ask("POST", &format!("{at}/query"), json!({ "query_embeddings": [[0.0, 0.9]], "n_results": 1 }))
        .await;
    assert_eq!((&near["ids"], &near["documents"]), (&json!([["2"]]), &json!([["two"]])));
    let (_, mine) = place
        .ask("POST", &format!("{at}/get"), json!({ "where": { "user": "a" }, "include": ["documents"] }))
        .await;
    assert_eq!((&mine["ids"], &mine["metadatas"]), (&json!(["1"]), &Value::Null));
    place.ask("POST", &format!("{at}/delete"), json!({ "where": { "user": "a" } })).await;
    assert_eq!(place.ask("GET", &format!("{at}/count"), "").await.1, 1);
    assert_eq!(place.ask("POST", STORE, json!({ "name": "c" })).await.0, 400);
}
