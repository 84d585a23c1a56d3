//! Listening.

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
/// (`/mcp/<server>`, `/t/<action>/…`), and a clear error for all else.
pub fn router(gateway: Arc<Gateway>) -> Router {
    Router::new().fallback(move |request: Request| edge(Arc::clone(&gateway), request))
}

/// Answers at the edge that a path belongs to.
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
    /// Nowhere: this is its answer.
    Closed(Response),
}

/// Says where a request goes.
pub type Porter = Arc<dyn Fn(&Uri, &HeaderMap) -> Door + Send + Sync>;

/// What answers the requests of a listener. What goes to an edge does not pass through the layers of a router: they take as long
/// as to read the request.
struct Front {
    routes: Router,
    edges: Option<(Arc<Gateway>, Porter)>,
}

impl Front {
    /// The answer to one request. In a box of its own: a connection that waits must not keep room for a request.
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

/// What is read ahead of a connection at most. A connection that waits for its next request keeps a buffer as large as its last
/// body, up to this length; without a bound that is 400 KiB each, for as long as the client stays.
const READ_AHEAD: usize = 64 * 1024;

/// After a failure that is the machine's and not a client's, such as too many open files, so long nobody is taken on.
const BREATHER: Duration = Duration::from_secs(1);

/// How long a client may take to send the head of a request, and how long a connection may wait for its next one: longer than clients
/// keep theirs, so that none is closed under a request.
const HEAD: Duration = Duration::from_mins(2);

/// Connections that are served at once; more wait until one ends.
const MOST: usize = 4096;

/// Serves until `stop` resolves; then lets open exchanges end.
pub async fn serve(
    listener: TcpListener,
    routes: Router,
    stop: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    take_on(listener, Front { routes, edges: None }, stop, HEAD).await
}

/// The same with the edges of a gateway beside the routes.
pub async fn serve_edges(
    listener: TcpListener,
    routes: Router,
    edges: (Arc<Gateway>, Porter),
    stop: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    take_on(listener, Front { routes, edges: Some(edges) }, stop, HEAD).await
}

/// The same with another patience for heads.
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
        // Without TCP_NODELAY a streamed answer waits 40 ms for the client's delayed acknowledgement at every small frame.
        // A connection on which it cannot be set is slower, not wrong.
        let _ = stream.set_nodelay(true);
        take(stream, &http, Arc::clone(&front), &open, permit);
    }
    open.shutdown().await;
    Ok(())
}

/// Serves a connection. A function without parameters of type, so that HTTP is compiled here, where it is made fast, and not in the
/// crate that calls [`serve`], which is made small.
fn take(
    stream: TcpStream,
    http: &http1::Builder,
    front: Arc<Front>,
    open: &GracefulShutdown,
    permit: Option<OwnedSemaphorePermit>,
) {
    let service = service_fn(move |request: ::http::Request<Incoming>| front.answer(request.map(Body::new)));
    let connection = open.watch(http.serve_connection(TokioIo::new(stream), service));
    // A connection that breaks off has nobody to tell; its exchange is recorded where it was.
    tokio::spawn(async {
        drop(connection.await);
        drop(permit);
    });
}

/// The next connection.
async fn accept(listener: &TcpListener) -> TcpStream {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => return stream,
            Err(error) if is_theirs(error.kind()) => {}
            Err(_) => tokio::time::sleep(BREATHER).await,
        }
    }
}

/// Whether it is a client that went away before it was taken on.
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
        // Without the deadline this waits for ever.
        let mut said = Vec::new();
        let _ = half.read_to_end(&mut said).await;
        let mut whole = TcpStream::connect(address).await.unwrap();
        whole.write_all(b"GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await.unwrap();
        let mut said = String::new();
        whole.read_to_string(&mut said).await.unwrap();
        assert!(said.starts_with("HTTP/1.1 200") && said.ends_with("here"), "{said}");
    }
}
