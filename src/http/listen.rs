//! Connections: each is accepted, given to HTTP/1.1, and brought to its end when the server stops.
//!
//! Requests meet [`Lane`] first and the router after it.

use std::{future::Future, io, pin::pin, time::Duration};

use axum::{Router, body::Body, http::Request};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::watch,
};
use tower::ServiceExt as _;

use super::lane::Lane;

/// How long a client may take to send the head of a request.
const HEAD_WITHIN: Duration = Duration::from_secs(30);
/// How long the server pauses when it has no room for another connection.
const PAUSE: Duration = Duration::from_secs(1);

/// Serves until `stop` is done, then lets what has begun come to its end.
pub(super) async fn serve(
    listener: TcpListener,
    lane: Lane,
    router: Router,
    stop: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let (stopping, stopped) = watch::channel(());
    // Every connection holds a receiver; when the last is gone, all have ended.
    let (open, held) = watch::channel(());
    let mut stop = pin!(stop);
    loop {
        let stream = tokio::select! {
            stream = accept(&listener) => stream?,
            () = &mut stop => break,
        };
        let (lane, router) = (lane.clone(), router.clone());
        let (stopped, held) = (stopped.clone(), held.clone());
        tokio::spawn(async move {
            connection(stream, lane, router, stopped).await;
            drop(held);
        });
    }
    drop(listener);
    drop((stopping, held));
    open.closed().await;
    Ok(())
}

/// The next connection. What goes wrong with one is not the server's end.
async fn accept(listener: &TcpListener) -> io::Result<TcpStream> {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => return Ok(stream),
            Err(error)
                if matches!(
                    error.kind(),
                    io::ErrorKind::ConnectionRefused
                        | io::ErrorKind::ConnectionAborted
                        | io::ErrorKind::ConnectionReset
                ) => {}
            Err(error) => {
                // Too many open files, most likely: some will be closed.
                tracing::error!(%error, "a connection cannot be accepted");
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}

async fn connection(
    stream: TcpStream,
    lane: Lane,
    router: Router,
    mut stopped: watch::Receiver<()>,
) {
    // An answer is written at once, so there is nothing to wait for.
    stream.set_nodelay(true).ok();
    let service = service_fn(move |request: Request<Incoming>| {
        let quick = lane.answer(&request);
        // Boxed, so that the short way does not carry the long one.
        let long = quick
            .is_none()
            .then(|| Box::pin(router.clone().oneshot(request.map(Body::new))));
        async move {
            match (quick, long) {
                (Some(response), _) => Ok(response),
                (None, Some(long)) => long.await,
                (None, None) => unreachable!("one of both is there"),
            }
        }
    });
    let mut served = pin!(
        http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEAD_WITHIN)
            .serve_connection(TokioIo::new(stream), service)
    );
    let ended = tokio::select! {
        ended = served.as_mut() => ended,
        // Told, or the server is gone: both mean the end.
        _ = stopped.changed() => {
            served.as_mut().graceful_shutdown();
            served.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection broke");
    }
}
