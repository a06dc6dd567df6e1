//! Files over HTTP: as forms and by tus, broken off, called off, asked about again, and never lost.

mod ends;
mod questions;
mod uploads;

use std::time::{Duration, Instant};

use axum::{
    Router,
    body::Body,
    http::{HeaderMap, Request},
};
use http_body_util::BodyExt as _;
use parat::{
    app::{App, Ask, Gate, GateError, Judged},
    config::Config,
    http::{Settings, router},
    report,
    standard::Standards,
    worker::Limits,
};
use serde_json::{Value, json};
use tower::ServiceExt as _;

use crate::form::form;

/// Wards on a lattice, with what their standard asks for but for what is left out.
fn wards(key: &str, crs: &str) -> String {
    let features: Vec<Value> = (0..9)
        .map(|at| {
            let (x, y) = (77.5 + f64::from(at % 3) * 0.01, 12.9 + f64::from(at / 3) * 0.01);
            json!({"type": "Feature", "properties": {key: at + 1, "name": format!("வார்டு {at}")},
                "geometry": {"type": "Polygon", "coordinates": [[[x, y], [x + 0.01, y], [x + 0.01, y + 0.01], [x, y + 0.01], [x, y]]]}})
        })
        .collect();
    json!({"type": "FeatureCollection", "note": crs, "features": features}).to_string()
}

struct Server {
    router: Router,
    runtime: tokio::runtime::Runtime,
    folder: tempfile::TempDir,
}

struct Answer {
    status: u16,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&self.body)))
    }

    fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }
}

impl Server {
    fn new(change: impl FnOnce(&mut Config)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self::on(folder, change)
    }

    fn on(folder: tempfile::TempDir, change: impl FnOnce(&mut Config)) -> Self {
        parat::worker::set_program(env!("CARGO_BIN_EXE_parat").into());
        let mut config = Config::with_data(folder.path().join("data"));
        change(&mut config);
        let app = App::open(config).unwrap();
        Self {
            router: router(app, Settings::at("http://127.0.0.1:80")),
            runtime: tokio::runtime::Runtime::new().unwrap(),
            folder,
        }
    }

    fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<Body>,
    ) -> Answer {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(body.into()).unwrap();
        self.runtime.block_on(async {
            let (parts, body) = self
                .router
                .clone()
                .oneshot(request)
                .await
                .unwrap()
                .into_parts();
            let body = body.collect().await.unwrap().to_bytes().to_vec();
            super::words::told(method, path, parts.status.as_u16(), &body);
            Answer {
                status: parts.status.as_u16(),
                headers: parts.headers,
                body,
            }
        })
    }

    fn get(&self, path: &str) -> Answer {
        self.send("GET", path, &[], "")
    }

    fn form(&self, parts: &[(&str, Option<&str>, &[u8])]) -> Answer {
        self.send(
            "POST",
            "/deliveries",
            &[("content-type", "multipart/form-data; boundary=QQ")],
            form(parts),
        )
    }

    /// The delivery at its end.
    fn ended(&self, id: &str) -> Value {
        let begun = Instant::now();
        loop {
            let delivery = self.get(&format!("/deliveries/{id}")).json();
            if ["judged", "failed", "cancelled"].contains(&delivery["state"].as_str().unwrap()) {
                self.reason_in_hindi(&format!("/deliveries/{id}"));
                return delivery;
            }
            assert!(begun.elapsed() < Duration::from_mins(2), "{delivery}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Why a delivery ended as it did, for who reads Hindi: to the last word.
    fn reason_in_hindi(&self, at: &str) -> String {
        let hindi = self.send("GET", at, &[("accept-language", "hi")], "");
        let reason = hindi.json()["reason"].as_str().unwrap_or("").to_owned();
        let left = crate::hindi::english(&reason, &[]);
        assert!(left.is_empty(), "{at}: {reason} {left:?}");
        reason
    }

    fn tus(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        let mut all = vec![("tus-resumable", "1.0.0")];
        all.extend_from_slice(headers);
        self.send(method, path, &all, body.to_vec())
    }
}

/// What `parat check --format json` says of a file.
fn checked(path: &std::path::Path, ask: &Ask) -> String {
    let mut all = vec![];
    Gate::new(Standards::builtin(), Limits::default(), ask, None)
        .unwrap()
        .judge(
            &[path.to_owned()],
            &mut |_| {},
            &mut |judged: Judged, _: &mut dyn FnMut(_)| {
                all.push(judged.report);
                Ok::<_, GateError>(())
            },
        )
        .unwrap();
    report::all_json(&all)
}
