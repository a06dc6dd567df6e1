//! A form off the wire into a delivery: piece by piece to disk, within limits, and kept where it breaks off.

use axum::{body::BodyDataStream, extract::Request, http::header};
use serde_json::json;

use super::{
    body::{Next, drain, next},
    error::{self, Problem},
    multipart::{Event, Fault, Multipart, boundary},
    site::Site,
    wait::blocking,
};

use crate::{
    app::{Actor, App, AppError, DeliverError, Incoming},
    store::Job,
};

/// Takes a form to a delivery that waits to be judged.
pub(super) async fn take(site: &Site, actor: Actor, request: Request) -> Result<Job, Problem> {
    let (parts, body) = request.into_parts();
    let mut body = body.into_data_stream();
    let text = |name: header::HeaderName| {
        parts
            .headers
            .get(name)
            .and_then(|value| value.to_str().ok())
    };
    let Some(boundary) = text(header::CONTENT_TYPE).and_then(boundary) else {
        drain(body).await;
        return Err(Problem::new(
            error::UNSUPPORTED_TYPE,
            "a delivery is sent as multipart/form-data with a part `file`, or by tus at /uploads",
        ));
    };
    let announced: Option<u64> = text(header::CONTENT_LENGTH).and_then(|text| text.parse().ok());
    let app = site.app().clone();
    let begun = blocking(site.app(), move |app| app.receive(&actor, announced)).await;
    let incoming = match begun {
        Ok(incoming) => incoming,
        Err(error) => {
            drain(body).await;
            return Err(error.into());
        }
    };
    let id = incoming.id();
    // A client that hangs up ends the request, but what it sent is still brought to its end.
    let task = tokio::spawn(async move {
        let done = receive(app, incoming, &boundary, &mut body).await;
        if done.is_err() {
            drain(body).await;
        }
        done
    });
    task.await
        .map_err(|error| AppError::internal("receiving a delivery", error))?
        .map_err(|problem| {
            let at = site.url(&format!("/deliveries/{id}"));
            problem.with("delivery", json!(at))
        })
}

/// What is being read of a form.
enum Open {
    Nothing,
    /// A file without a name and, so far, without a byte: an input of a form that was left empty.
    Unnamed,
    File,
    Value(String, Vec<u8>),
}

struct Taking {
    incoming: Incoming,
    parser: Multipart,
    open: Open,
    most_value: usize,
    most_parts: usize,
    most_header: usize,
    /// The first value that could not be meant.
    wrong: Option<DeliverError>,
}

impl Taking {
    /// What came, to where it belongs.
    fn feed(&mut self, bytes: &[u8]) -> Result<(), Stop> {
        if self.incoming.is_called_off() {
            return Err(Stop::CalledOff);
        }
        let fault = self.parser.feed(bytes);
        while let Some(event) = self.parser.next() {
            self.event(event).map_err(Stop::Error)?;
        }
        fault.map_err(|fault| {
            let what = fault.to_string();
            match fault {
                Fault::ManyParts => Stop::Error(DeliverError::TooLarge {
                    what,
                    limit: "form_parts",
                    value: self.most_parts as u64,
                }),
                Fault::LongHeader => Stop::Error(DeliverError::TooLarge {
                    what,
                    limit: "form_header_bytes",
                    value: self.most_header as u64,
                }),
                _ => Stop::Form(what),
            }
        })
    }

    fn event(&mut self, event: Event) -> Result<(), DeliverError> {
        match event {
            Event::Part(part) => {
                // Some clients give every part a file name; the name of the part decides.
                let value = part.name != "file" && (part.file.is_none() || is_value(&part.name));
                self.open = if value {
                    Open::Value(part.name, vec![])
                } else {
                    match part.file.as_deref() {
                        None | Some("") => Open::Unnamed,
                        Some(name) => {
                            self.incoming.file(name)?;
                            Open::File
                        }
                    }
                };
            }
            Event::Bytes(bytes) => match &mut self.open {
                Open::Nothing => {}
                Open::Unnamed => {
                    self.incoming.file("file")?;
                    self.open = Open::File;
                    self.incoming.write(&bytes)?;
                }
                Open::File => self.incoming.write(&bytes)?,
                Open::Value(name, value) => {
                    if value.len() + bytes.len() > self.most_value {
                        return Err(DeliverError::TooLarge {
                            what: format!("the part `{name:.60}` is too long"),
                            limit: "form_value_bytes",
                            value: self.most_value as u64,
                        });
                    }
                    value.extend_from_slice(&bytes);
                }
            },
            Event::End => match std::mem::replace(&mut self.open, Open::Nothing) {
                Open::File => self.incoming.end_file()?,
                Open::Value(name, value) => {
                    let text = String::from_utf8_lossy(&value);
                    if let Err(error) = self.incoming.value(&name, &text) {
                        self.wrong.get_or_insert(error);
                    }
                }
                Open::Nothing | Open::Unnamed => {}
            },
            Event::Done => {}
        }
        Ok(())
    }
}

fn is_value(name: &str) -> bool {
    [
        "layer",
        "crs",
        "encoding",
        "source",
        "columns",
        "metadata",
        "repairs",
        "set_aside",
        "codes",
    ]
    .contains(&name)
}

enum Stop {
    Form(String),
    Error(DeliverError),
    CalledOff,
}

async fn receive(
    app: App,
    incoming: Incoming,
    boundary: &str,
    body: &mut BodyDataStream,
) -> Result<Job, Problem> {
    let limits = &app.config().limits;
    let mut taking = Taking {
        parser: Multipart::new(boundary, limits.form_header_bytes, limits.form_parts),
        incoming,
        open: Open::Nothing,
        most_value: limits.form_value_bytes,
        most_parts: limits.form_parts,
        most_header: limits.form_header_bytes,
        wrong: None,
    };
    loop {
        let bytes = match next(&app, body).await {
            Next::Bytes(bytes) => bytes,
            Next::End if taking.parser.is_done() => break,
            Next::End => {
                return Err(broke(
                    taking,
                    Stop::Form("the form ends before its last boundary".to_owned()),
                )
                .await);
            }
            Next::Broke(why) => return Err(broke(taking, Stop::Form(why.to_owned())).await),
        };
        let fed;
        (taking, fed) = tokio::task::spawn_blocking(move || {
            let fed = taking.feed(&bytes);
            (taking, fed)
        })
        .await
        .map_err(|error| AppError::internal("writing a delivery", error))?;
        if let Err(stop) = fed {
            return Err(broke(taking, stop).await);
        }
    }
    let done = tokio::task::spawn_blocking(move || taking.incoming.done(taking.wrong.as_ref()))
        .await
        .map_err(|error| AppError::internal("ending a delivery", error))?;
    Ok(done?)
}

/// Ends a delivery that did not arrive, and says why to whoever still listens.
async fn broke(taking: Taking, stop: Stop) -> Problem {
    let (reason, problem) = match stop {
        Stop::Form(why) => {
            let problem = if why.starts_with("the request stopped") {
                Problem::new(error::SILENT, why.clone())
            } else {
                Problem::new(error::BAD_BODY, why.clone())
            };
            (why, problem)
        }
        Stop::Error(error) => (error.to_string(), error.into()),
        Stop::CalledOff => (
            "called off".to_owned(),
            Problem::new(error::CONFLICT, "the delivery was called off"),
        ),
    };
    let ended = tokio::task::spawn_blocking(move || taking.incoming.broke(&reason)).await;
    if let Ok(Err(error)) = ended {
        tracing::error!(%error, "the end of a broken delivery cannot be kept");
    }
    problem
}
