//! The HTTP server.

use std::convert::Infallible;
use std::future::{Future, ready};
use std::io::ErrorKind;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::Duration;

use ::http::{HeaderMap, Uri};
use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::response::Response;
use futures_util::FutureExt as _;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::gateway::Gateway;
use crate::tool::{action, http};
use crate::{memory, pipeline};

/// The routes of the model edge (`/v1/…`, `/p/<provider>/…`), of the memory edge (`/m/<store>/…`) and of the tool edge
/// (`/mcp/<server>`, `/t/<action>/…`), and a clear error for everything else.
pub fn router(gateway: Arc<Gateway>) -> Router {
    Router::new().fallback(move |request: Request| edge(Arc::clone(&gateway), request))
}

/// Handles a request at the edge that its path belongs to.
async fn edge(gateway: Arc<Gateway>, request: Request) -> Response {
    match request.uri().path() {
        path if path.starts_with(memory::ROOT) => memory::handle(gateway, request).await,
        path if path.starts_with(http::ROOT) => http::handle(gateway, request).await,
        path if path.starts_with(action::ROOT) => action::handle(gateway, request).await,
        _ => pipeline::handle(gateway, request).await,
    }
}

/// Where a request goes.
pub enum Door {
    /// To the routes beside the edges.
    Routes,
    /// To an edge.
    Edge,
    /// Nowhere; this is the response.
    Closed(Response),
}

/// Decides where a request goes.
pub type Porter = Arc<dyn Fn(&Uri, &HeaderMap) -> Door + Send + Sync>;

/// Handles the requests of a listener. Requests to an edge bypass the layers of a router, which cost as much time as
/// reading the request.
struct Front {
    routes: Router,
    edges: Option<(Arc<Gateway>, Porter)>,
}

impl Front {
    /// The response to one request. Boxed, so that an idle connection does not reserve room for a request.
    fn answer(&self, request: Request) -> Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>> {
        let door =
            self.edges.as_ref().map(|(gateway, porter)| (gateway, porter(request.uri(), request.headers())));
        match door {
            Some((_, Door::Closed(response))) => Box::pin(ready(Ok(response))),
            Some((gateway, Door::Edge)) => Box::pin(edge(Arc::clone(gateway), request).map(Ok)),
            Some((_, Door::Routes)) | None => {
                Box::pin(TowerToHyperService::new(self.routes.clone()).call(request))
            }
        }
    }
}

/// Limit of what is read ahead on a connection. A connection that waits for its next request keeps a buffer as large as its
/// last body, up to this size; without a limit that is 400 KiB each, for as long as the client stays connected.
const READ_AHEAD: usize = 64 * 1024;

/// Pause before accepting again after a failure of the machine rather than a client, such as too many open files.
const BREATHER: Duration = Duration::from_secs(1);

/// How long a client may take to send the head of a request, and how long a connection may idle before its next one: longer
/// than clients keep theirs, so that none is closed while a request is on its way.
const HEAD: Duration = Duration::from_mins(2);

/// Connections served at once; more wait until one ends.
const MOST: usize = 4096;

/// Serves until `stop` resolves, then lets open exchanges finish.
pub async fn serve(
    listener: TcpListener,
    routes: Router,
    stop: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    take_on(listener, Front { routes, edges: None }, stop, HEAD).await
}

/// The same, with the edges of a gateway beside the routes.
pub async fn serve_edges(
    listener: TcpListener,
    routes: Router,
    edges: (Arc<Gateway>, Porter),
    stop: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    take_on(listener, Front { routes, edges: Some(edges) }, stop, HEAD).await
}

/// The same, with a given timeout for request heads.
async fn take_on(
    listener: TcpListener,
    front: Front,
    stop: impl Future<Output = ()> + Send + 'static,
    head: Duration,
) -> std::io::Result<()> {
    let front = Arc::new(front);
    let mut http = http1::Builder::new();
    http.max_buf_size(READ_AHEAD).timer(TokioTimer::new()).header_read_timeout(head);
    let (open, room) = (GracefulShutdown::new(), Arc::new(Semaphore::new(MOST)));
    let mut stop = pin!(stop);
    loop {
        let next = async { (Arc::clone(&room).acquire_owned().await.ok(), accept(&listener).await) };
        let (permit, stream) = tokio::select! {
            next = next => next,
            () = &mut stop => break,
        };
        // Without TCP_NODELAY a streamed response waits 40 ms for the client's delayed acknowledgement at every small
        // frame. If it cannot be set, the connection is slower, not wrong.
        let _ = stream.set_nodelay(true);
        take(stream, &http, Arc::clone(&front), &open, permit);
    }
    open.shutdown().await;
    Ok(())
}

/// Serves a connection. Deliberately not generic, so that the HTTP code is compiled in this crate (`opt-level = 3`) and
/// not in the crate that calls [`serve`], which is optimised for size (`"z"`).
fn take(
    stream: TcpStream,
    http: &http1::Builder,
    front: Arc<Front>,
    open: &GracefulShutdown,
    permit: Option<OwnedSemaphorePermit>,
) {
    let service = service_fn(move |request: ::http::Request<Incoming>| front.answer(request.map(Body::new)));
    let connection = open.watch(http.serve_connection(TokioIo::new(stream), service));
    // Nobody is left to notify when a connection breaks; its exchange is recorded elsewhere.
    tokio::spawn(async {
        drop(connection.await);
        drop(permit);
    });
}

/// Accepts the next connection.
async fn accept(listener: &TcpListener) -> TcpStream {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => return stream,
            Err(error) if is_theirs(error.kind()) => {}
            Err(_) => tokio::time::sleep(BREATHER).await,
        }
    }
}

/// Whether the error comes from a client that disconnected before it was accepted.
fn is_theirs(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::ConnectionRefused | ErrorKind::ConnectionAborted | ErrorKind::ConnectionReset)
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;

    #[tokio::test]
    async fn a_client_that_never_ends_its_head_is_let_go() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = Router::new().fallback(|| async { "here" });
        let head = Duration::from_millis(100);
        tokio::spawn(take_on(listener, Front { routes: router, edges: None }, std::future::pending(), head));
        let mut half = TcpStream::connect(address).await.unwrap();
        half.write_all(b"GET / HTTP/1.1\r\nhost: x\r\n").await.unwrap();
        // Without the deadline this would wait forever.
        let mut said = Vec::new();
        let _ = half.read_to_end(&mut said).await;
        let mut whole = TcpStream::connect(address).await.unwrap();
        whole.write_all(b"GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await.unwrap();
        let mut said = String::new();
        whole.read_to_string(&mut said).await.unwrap();
        assert!(said.starts_with("HTTP/1.1 200") && said.ends_with("here"), "{said}");
    }
}
