//! A body as it comes off the wire: piece by piece, not for ever, and to its end out of courtesy.

use std::time::Duration;

use axum::body::{BodyDataStream, Bytes};
use futures_util::StreamExt as _;

use crate::app::App;

/// How much of a refused body is still read, so that a client that sends first and reads later hears why.
const COURTESY_BYTES: usize = 8 << 20;
const COURTESY: Duration = Duration::from_secs(2);

/// What a body gives next.
pub(super) enum Next {
    /// Bytes.
    Bytes(Bytes),
    /// Its end.
    End,
    /// It broke off; why, in words.
    Broke(&'static str),
}

/// Waits for the next bytes of a body, but not for ever, and not once the server is told to stop.
pub(super) async fn next(app: &App, body: &mut BodyDataStream) -> Next {
    let silence = Duration::from_secs(app.config().limits.silence_s.max(1));
    tokio::select! {
        piece = tokio::time::timeout(silence, body.next()) => match piece {
            Err(_) => Next::Broke("the request stopped sending"),
            Ok(None) => Next::End,
            Ok(Some(Ok(bytes))) => Next::Bytes(bytes),
            Ok(Some(Err(_))) => Next::Broke("the connection broke off"),
        },
        () = app.deliveries_closing() => Next::Broke("the server was stopped"),
    }
}

/// Reads on for a moment and throws away.
pub(super) async fn drain(mut body: BodyDataStream) {
    let read = async {
        let mut left = COURTESY_BYTES;
        while let Some(Ok(bytes)) = body.next().await {
            left = left.saturating_sub(bytes.len());
            if left == 0 {
                break;
            }
        }
    };
    tokio::time::timeout(COURTESY, read).await.ok();
}
