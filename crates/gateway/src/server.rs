//! Listening.

use std::future::Future;
use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use axum::serve::ListenerExt;
use tokio::net::TcpListener;

use crate::gateway::Gateway;
use crate::tool::{action, http};
use crate::{memory, pipeline};

/// The routes of the model edge (`/v1/…`, `/p/<provider>/…`), of the memory edge (`/m/<store>/…`) and of the tool edge
/// (`/mcp/<server>`, `/t/<action>/…`), and a clear error for all else.
pub fn router(gateway: Arc<Gateway>) -> Router {
    Router::new().fallback(move |request: Request| {
        let gateway = Arc::clone(&gateway);
        async move {
            match request.uri().path() {
                path if path.starts_with(memory::ROOT) => memory::handle(gateway, request).await,
                path if path.starts_with(http::ROOT) => http::handle(gateway, request).await,
                path if path.starts_with(action::ROOT) => action::handle(gateway, request).await,
                _ => pipeline::handle(gateway, request).await,
            }
        }
    })
}

/// Serves until `stop` resolves; then lets open exchanges end.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    stop: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    // Without TCP_NODELAY a streamed answer waits 40 ms for the client's delayed acknowledgement at every small frame.
    let listener = listener.tap_io(|stream| {
        // A connection on which it cannot be set is slower, not wrong.
        let _ = stream.set_nodelay(true);
    });
    axum::serve(listener, router).with_graceful_shutdown(stop).await
}
