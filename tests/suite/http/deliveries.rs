//! Files over HTTP: as forms and by tus, broken off, called off, asked about again, and never lost.

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
            Answer {
                status: parts.status.as_u16(),
                headers: parts.headers,
                body: body.collect().await.unwrap().to_bytes().to_vec(),
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
                return delivery;
            }
            assert!(begun.elapsed() < Duration::from_mins(2), "{delivery}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn tus(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        let mut all = vec![("tus-resumable", "1.0.0")];
        all.extend_from_slice(headers);
        self.send(method, path, &all, body.to_vec())
    }
}

fn form(parts: &[(&str, Option<&str>, &[u8])]) -> Vec<u8> {
    let mut body = vec![];
    for (name, file, bytes) in parts {
        let file = file.map_or_else(String::new, |file| format!("; filename=\"{file}\""));
        body.extend(
            format!("--QQ\r\nContent-Disposition: form-data; name=\"{name}\"{file}\r\n\r\n")
                .bytes(),
        );
        body.extend(*bytes);
        body.extend(b"\r\n");
    }
    body.extend(b"--QQ--\r\n");
    body
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

#[test]
fn a_file_by_form_has_the_report_that_the_gate_gives_offline_to_the_byte() {
    let server = Server::new(|_| {});
    let text = wards("ward_no", "");
    let metadata = br#"{"title": "Wards of the test"}"#;
    let answer = server.form(&[
        ("file", Some("../वार्ड.geojson"), text.as_bytes()),
        ("file", Some("वार्ड.metadata.json"), metadata),
        ("layer", None, b"ward_boundary"),
    ]);
    assert_eq!(
        answer.status,
        202,
        "{}",
        String::from_utf8_lossy(&answer.body)
    );
    let id = answer.json()["id"].as_str().unwrap().to_owned();
    assert_eq!(
        answer.header("location"),
        format!("http://127.0.0.1:80/deliveries/{id}")
    );
    let delivery = server.ended(&id);
    assert_eq!(
        (&delivery["state"], &delivery["file"]),
        (&json!("judged"), &json!("वार्ड.geojson"))
    );
    assert_eq!(delivery["layers"][0]["counts"]["read"], 9);

    let beside = tempfile::tempdir().unwrap();
    let path = beside.path().join("वार्ड.geojson");
    std::fs::write(&path, &text).unwrap();
    std::fs::write(beside.path().join("वार्ड.metadata.json"), metadata).unwrap();
    let ask = Ask {
        layer: Some("ward_boundary".parse().unwrap()),
        ..Ask::default()
    };
    let served = server.get(&format!("/reports/{id}"));
    assert_eq!(String::from_utf8_lossy(&served.body), checked(&path, &ask));
    for ending in ["html", "geojson", "csv"] {
        assert_eq!(server.get(&format!("/reports/{id}.{ending}")).status, 200);
    }
    let file = server.get(&format!("/deliveries/{id}/file"));
    assert_eq!(file.body, text.as_bytes());
    assert!(
        file.header("content-disposition")
            .starts_with("attachment;")
    );
    // Its layer is a draft version, which nobody but those with a role sees.
    assert_eq!(delivery["layers"][0]["version"], 1);
    assert_eq!(delivery["layers"][0]["state"], "draft");
    assert_eq!(
        server
            .get("/deliveries?state=judged&layer=ward_boundary")
            .json()["deliveries"][0]["id"],
        id.as_str()
    );
    assert_eq!(
        server.get("/deliveries?state=failed").json()["deliveries"],
        json!([])
    );
}

#[test]
fn a_question_can_change_later_and_is_remembered_for_the_next_of_the_source() {
    let server = Server::new(|_| {});
    let send = || {
        let text = wards("prabhag", "");
        let answer = server.form(&[
            ("file", Some("w.geojson"), text.as_bytes()),
            ("source", None, b"Ward office"),
        ]);
        server.ended(answer.json()["id"].as_str().unwrap())
    };
    let first = send();
    let id = first["id"].as_str().unwrap();
    let before = server.get(&format!("/reports/{id}")).body;
    let patch = |body: &str| {
        server.send(
            "PATCH",
            &format!("/deliveries/{id}"),
            &[("content-type", "application/merge-patch+json")],
            body.to_owned(),
        )
    };
    for bad in [
        r#"{"layer": "no_such_layer_at_all"}"#,
        r#"{"crs": "UTM 43"}"#,
        r#"{"encoding": "klingon"}"#,
        r#"{"repairs": "everything"}"#,
        r#"{"nonsense": 1}"#,
        r#"{"columns": 7}"#,
        "[]",
        "{",
    ] {
        let answer = patch(bad);
        assert_eq!(
            answer.status,
            400,
            "{bad}: {}",
            String::from_utf8_lossy(&answer.body)
        );
        // No error loses the file or its report.
        assert_eq!(server.get(&format!("/reports/{id}")).body, before);
    }
    let answer = patch(
        r#"{"ask": {"layer": "ward_boundary", "columns": {"ward_no": "prabhag"}, "metadata": {"title": "Later"}}}"#,
    );
    assert_eq!(
        answer.status,
        202,
        "{}",
        String::from_utf8_lossy(&answer.body)
    );
    let again = server.ended(id);
    assert_eq!(again["state"], "judged", "{again}");
    assert_eq!(again["ask"]["metadata"]["title"], "Later");
    let report = server.get(&format!("/reports/{id}")).json();
    assert_eq!(report["layer"], "ward_boundary");
    assert!(
        report["columns"]
            .as_array()
            .unwrap()
            .iter()
            .any(|one| one["field"] == "ward_no" && one["column"] == "prabhag")
    );

    let next = send();
    assert_eq!(next["remembered"]["layer"], "ward_boundary", "{next}");
    assert_eq!(next["remembered"]["from"], id);
    let report = server.get(next["report"].as_str().unwrap()).json();
    assert_eq!(report["layer"], "ward_boundary");
    // The report says what was taken, and whose word it was.
    let told = report["confirmed"].as_array().unwrap();
    let parts: Vec<&str> = told
        .iter()
        .map(|one| one["part"].as_str().unwrap())
        .collect();
    assert_eq!(parts, ["layer", "columns"]);
    for one in told {
        assert_eq!((&one["by"], &one["from"]), (&json!("local"), &json!(id)));
        assert!(one["at"].as_str().unwrap().ends_with('Z'));
    }
    assert_eq!(told[1]["what"], json!(["ward_no = prabhag"]));
    assert_eq!(report["standard_chosen"], "confirmed");
    let page = server.get(&format!(
        "{}.html?lang=hi",
        next["report"].as_str().unwrap()
    ));
    assert!(
        String::from_utf8_lossy(&page.body).contains(&format!("{id} के साथ local")),
        "{}",
        String::from_utf8_lossy(&page.body)
    );
}

#[test]
fn a_layer_is_compared_with_the_wards_that_came_with_it_and_the_report_says_so() {
    let server = Server::new(|_| {});
    let toilets = |ward: u32| {
        json!({"type": "FeatureCollection", "features": [{"type": "Feature",
            "properties": {"feature_id": "T1", "name": "Gandhi Bazaar", "ward_no": ward.to_string()},
            "geometry": {"type": "Point", "coordinates": [77.505, 12.905]}}]})
        .to_string()
    };
    let wards = wards("ward_no", "");
    let about = br#"{"title": "t"}"#;
    let rule = |parts: &[(&str, Option<&str>, &[u8])]| {
        let answer = server.form(parts);
        let delivery = server.ended(answer.json()["id"].as_str().unwrap());
        let layers = delivery["layers"].as_array().unwrap();
        let at = layers
            .iter()
            .position(|one| one["layer"] == "toilet")
            .unwrap();
        let report = server.get(delivery["report"].as_str().unwrap()).json();
        let report = if report.is_array() {
            report[at].clone()
        } else {
            report
        };
        let rules = report["rules"].as_array().unwrap().clone();
        let rule = rules
            .into_iter()
            .find(|rule| rule["code"] == "L03")
            .unwrap();
        (rule, report["notes"].clone(), layers[0]["verdict"].clone())
    };
    let alone = toilets(9);
    let (found, ..) = rule(&[("file", Some("toilet.geojson"), alone.as_bytes())]);
    assert_eq!(found["outcome"], "not_run");
    assert!(
        found["because"]
            .as_str()
            .unwrap()
            .contains("came with this delivery")
    );

    // The file of wards comes second and is judged first; what lies in ward 1 does not lie in ward 9.
    for (ward, outcome) in [(9, "failed"), (1, "passed")] {
        let toilets = toilets(ward);
        let (found, notes, verdict) = rule(&[
            ("file", Some("toilet.geojson"), toilets.as_bytes()),
            ("file", Some("ward_boundary.geojson"), wards.as_bytes()),
            ("file", Some("ward_boundary.metadata.json"), about),
        ]);
        let passes = verdict != "does_not_conform" && verdict != "not_judged";
        let outcome = if passes { outcome } else { "not_run" };
        assert_eq!(found["outcome"], outcome, "{found} {verdict}");
        let told = notes
            .to_string()
            .contains("of the same delivery (ward_boundary.geojson)");
        assert_eq!(told, passes, "{notes}");
    }
}

#[test]
fn a_judging_that_is_called_off_ends_soon_and_leaves_its_thread_to_the_next() {
    let server = Server::new(|config| config.limits.judging = 1);
    // Areas that all overlap one another: minutes of work, were it not called off.
    let ring: Vec<[f64; 2]> = (0..=400)
        .map(|at| {
            let turn = f64::from(at % 400) / 400.0 * std::f64::consts::TAU;
            let far = if at % 2 == 0 { 0.01 } else { 0.008 };
            [77.5 + far * turn.cos(), 12.9 + far * turn.sin()]
        })
        .collect();
    let features: Vec<Value> = (0..1500)
        .map(|at| {
            let shift = f64::from(at) * 1e-6;
            let ring: Vec<[f64; 2]> = ring.iter().map(|[x, y]| [x + shift, y - shift]).collect();
            json!({"type": "Feature", "properties": {"ward_no": at}, "geometry": {"type": "Polygon", "coordinates": [ring]}})
        })
        .collect();
    let monster = json!({"type": "FeatureCollection", "features": features}).to_string();
    let send = |text: &str| {
        let answer = server.form(&[
            ("file", Some("w.geojson"), text.as_bytes()),
            ("layer", None, b"ward_boundary"),
        ]);
        answer.json()["id"].as_str().unwrap().to_owned()
    };
    let first = send(&monster);
    let begun = Instant::now();
    while server.get(&format!("/deliveries/{first}")).json()["state"] != "checking" {
        assert!(begun.elapsed() < Duration::from_mins(2));
        std::thread::sleep(Duration::from_millis(5));
    }
    std::thread::sleep(Duration::from_millis(1500));
    let state = server.get(&format!("/deliveries/{first}")).json()["state"].clone();
    assert_eq!(
        state, "checking",
        "it must be long for this test to say anything"
    );
    let second = send(&wards("ward_no", ""));
    let called = Instant::now();
    assert_eq!(
        server
            .send("DELETE", &format!("/deliveries/{first}"), &[], "")
            .status,
        200
    );
    assert_eq!(server.ended(&second)["state"], "judged");
    assert!(
        called.elapsed() < Duration::from_secs(20),
        "{:?}",
        called.elapsed()
    );
    let cancelled = server.get(&format!("/deliveries/{first}")).json();
    assert_eq!(cancelled["state"], "cancelled");
    assert_eq!(cancelled["reason"], "called off by local");
    let hindi = [("accept-language", "hi-IN,en;q=0.5")];
    let told = server.send("GET", &format!("/deliveries/{first}"), &hindi, "");
    assert_eq!(told.json()["reason"], "local ने रद्द किया");
}

#[test]
fn a_table_of_values_is_handed_in_judged_joined_and_versioned_over_http() {
    let server = Server::new(|_| {});
    let at = "/indicators/B-POP/tables";
    let csv = "ward,2011,2020\n1,50,60\n2,70,80\n3,many,81\n";
    let post = |path: &str, headers: &[(&str, &str)], body: &[u8]| {
        server.send("POST", path, headers, body.to_vec())
    };
    let kind = [("content-type", "text/csv")];
    let made = post(
        &format!("{at}?key=ward&name=people.csv"),
        &kind,
        csv.as_bytes(),
    );
    assert_eq!(made.status, 201, "{}", String::from_utf8_lossy(&made.body));
    assert_eq!(
        made.header("location"),
        "http://127.0.0.1:80/indicators/B-POP"
    );
    let told = made.json();
    assert_eq!(
        (&told["version"], &told["file"]),
        (&json!(1), &json!("people.csv"))
    );
    assert_eq!(told["periods"], json!(["2011", "2020"]));
    // What is no number is told.
    assert!(told["finding_count"].as_u64().unwrap() > 0, "{told}");
    // No wards are public here, so there is nothing to join with, and that is said.
    assert_eq!(told["join"], Value::Null);
    let known = server.get("/indicators").json();
    assert_eq!(known["indicators"][0]["code"], "B-POP");
    // The same content is the same version; another is the next, as a form as well.
    assert_eq!(
        post(&format!("{at}?key=ward"), &kind, csv.as_bytes()).status,
        200
    );
    let next = form(&[("file", Some("next.csv"), b"ward,2021\n1,65\n2,85\n")]);
    let multipart = [("content-type", "multipart/form-data; boundary=QQ")];
    let made = post(&format!("{at}?key=ward"), &multipart, &next);
    assert_eq!(made.status, 201, "{}", String::from_utf8_lossy(&made.body));
    assert_eq!(made.json()["version"], 2);
    assert_eq!(made.json()["file"], "next.csv");
    // Nothing of this makes a version, or a fault of ours.
    for (path, headers, body, status) in [
        (
            "/indicators/NO-SUCH/tables",
            &kind[..],
            &b"ward,2020\n1,5\n"[..],
            404,
        ),
        (at, &kind[..], &b""[..], 400),
        (at, &kind[..], &b"\0\0\0"[..], 400),
        (at, &kind[..], &b"PK\x03\x04broken"[..], 400),
        (
            "/indicators/B-POP/tables?nonsense=1",
            &kind[..],
            &b"ward,2020\n1,5\n"[..],
            400,
        ),
        (at, &multipart[..], &next[..40], 400),
        (at, &multipart[..], &b"--QQ--\r\n"[..], 400),
        // Another site's page is nobody.
        (
            at,
            &[("sec-fetch-site", "cross-site")][..],
            &b"ward,2020\n1,5\n"[..],
            401,
        ),
    ] {
        let answer = post(path, headers, body);
        assert_eq!(
            answer.status,
            status,
            "{path}: {}",
            String::from_utf8_lossy(&answer.body)
        );
    }
    assert_eq!(
        server.get("/indicators").json()["indicators"][0]["table"]["version"],
        2
    );
    let journal = server.get("/journal?what=table").json();
    assert_eq!(
        journal["entries"].as_array().map(Vec::len),
        Some(2),
        "{journal}"
    );
}

#[test]
fn what_the_reader_says_is_said_in_hindi_to_the_byte_as_the_command_line_says_it() {
    let server = Server::new(|_| {});
    let folder = tempfile::tempdir().unwrap();
    let broken: &[u8] = b"PK\x03\x04 this is no archive";
    let path = folder.path().join("w.zip");
    std::fs::write(&path, broken).unwrap();
    let answer = server.form(&[("file", Some("w.zip"), broken)]);
    let delivery = server.ended(answer.json()["id"].as_str().unwrap());
    let report = delivery["report"].as_str().unwrap();
    let hindi = server.get(&format!("{report}?lang=hi"));
    let said = hindi.json();
    let finding = &said["rules"][0]["findings"][0];
    assert!(
        finding["message"]
            .as_str()
            .unwrap()
            .starts_with("संग्रह अधूरा"),
        "{finding}"
    );
    assert!(
        finding["remedy"].as_str().unwrap().contains("ज़िप"),
        "{finding}"
    );
    assert_eq!(
        said["standard_chosen"],
        "पढ़ी नहीं गई, इसलिए कोई मानक नहीं चुना गया"
    );
    for lang in ["hi", "en"] {
        let done = std::process::Command::new(env!("CARGO_BIN_EXE_parat"))
            .args(["check", "--format", "json", "--lang", lang])
            .arg(&path)
            .output()
            .unwrap();
        let served = server.get(&format!("{report}?lang={lang}"));
        assert_eq!(
            String::from_utf8_lossy(&done.stdout).trim_end(),
            String::from_utf8_lossy(&served.body)
        );
    }
}

#[test]
fn codes_that_a_person_had_mapped_are_mapped_in_the_next_delivery_of_the_source() {
    let server = Server::new(|_| {});
    let roads = |surface: &str| {
        let features: Vec<Value> = (0..4)
            .map(|at| {
                let y = 12.9 + f64::from(at) * 0.01;
                json!({"type": "Feature", "properties": {"road_class": "ARTERIAL", "surface": surface, "name": "R"},
                    "geometry": {"type": "LineString", "coordinates": [[77.5, y], [77.51, y]]}})
            })
            .collect();
        json!({"type": "FeatureCollection", "features": features}).to_string()
    };
    let send = |text: &str, source: &[u8]| {
        let answer = server.form(&[
            ("file", Some("r.geojson"), text.as_bytes()),
            ("layer", None, b"road"),
            ("source", None, source),
        ]);
        server.ended(answer.json()["id"].as_str().unwrap())
    };
    let patch = |id: &str, body: &str| {
        let path = format!("/deliveries/{id}");
        let kind = [("content-type", "application/merge-patch+json")];
        let answer = server.send("PATCH", &path, &kind, body.to_owned());
        assert_eq!(answer.status, 202, "{}", answer.json());
        server.ended(id)
    };
    let report = |delivery: &Value| server.get(delivery["report"].as_str().unwrap()).json();
    let unknown = |report: &Value| {
        let rules = report["rules"].as_array().unwrap();
        let rule = rules.iter().find(|rule| rule["code"] == "A04").unwrap();
        rule["count"].as_u64().unwrap_or(0)
    };
    let list = Standards::builtin().codes("SURF").unwrap();
    let code = list.entries[0].code.clone();

    // By name: which code a text means.
    let first = send(&roads("tar top"), b"Roads");
    assert_eq!(unknown(&report(&first)), 4, "{}", report(&first)["rules"]);
    let id = first["id"].as_str().unwrap();
    let said = json!({"codes": {"surface": {"tar top": code}}}).to_string();
    let again = patch(id, &said);
    assert_eq!(unknown(&report(&again)), 0);
    let next = report(&send(&roads("tar top"), b"Roads"));
    assert_eq!(unknown(&next), 0);
    let told = &next["confirmed"][0];
    assert_eq!(told["part"], "codes");
    assert_eq!(told["what"], json!([format!("surface: tar top = {code}")]));
    assert_eq!((&told["by"], &told["from"]), (&json!("local"), &json!(id)));
    // Another source knows nothing of it.
    assert_eq!(unknown(&report(&send(&roads("tar top"), b"Others"))), 4);

    // By a repair that a person asked for: what it mapped is remembered, and needs no repair the next time.
    let slip = format!("{code}X");
    let third = send(&roads(&slip), b"Roads");
    assert_eq!(unknown(&report(&third)), 4);
    patch(
        third["id"].as_str().unwrap(),
        r#"{"repairs": "guess_codes"}"#,
    );
    let fourth = send(&roads(&slip), b"Roads");
    assert_eq!(fourth["ask"]["repairs"], "");
    assert_eq!(
        unknown(&report(&fourth)),
        0,
        "{}",
        report(&fourth)["confirmed"]
    );
}

#[test]
fn rows_that_were_set_aside_are_a_file_to_mend_at_an_address_that_stays() {
    let server = Server::new(|_| {});
    let mut wards: Value = serde_json::from_str(&wards("ward_no", "")).unwrap();
    // Two wards with one number, each with a formula for a name.
    for at in [3, 4] {
        wards["features"][at]["properties"]["ward_no"] = json!(77);
        wards["features"][at]["properties"]["name"] = json!("=HYPERLINK(\"x\")");
    }
    let text = wards.to_string();
    let send = || {
        let answer = server.form(&[
            ("file", Some("w.geojson"), text.as_bytes()),
            ("layer", None, b"ward_boundary"),
            ("set_aside", None, b"true"),
        ]);
        server.ended(answer.json()["id"].as_str().unwrap())
    };
    let delivery = send();
    let layer = &delivery["layers"][0];
    assert_eq!(
        layer["counts"],
        json!({"read": 9, "accepted": 7, "repaired": 0, "set_aside": 2})
    );
    let at = layer["set_aside"].as_str().unwrap();
    let csv = server.get(&format!("{at}?f=csv"));
    assert_eq!(csv.status, 200);
    assert!(csv.header("content-disposition").contains("-set-aside.csv"));
    let csv = String::from_utf8(csv.body).unwrap();
    assert_eq!(csv.lines().count(), 3, "{csv}");
    assert_eq!(csv.matches("\"'=HYPERLINK").count(), 2, "{csv}");
    let geojson = server.get(at);
    assert_eq!(geojson.header("content-type"), "application/geo+json");
    let found = geojson.json();
    assert_eq!(found["features"].as_array().unwrap().len(), 2);
    assert_eq!(found["features"][0]["properties"]["parat_row"], 4);
    assert_eq!(
        found["features"][0]["geometry"],
        wards["features"][3]["geometry"]
    );
    let hindi = server.get(&format!("{at}?lang=hi"));
    assert!(
        hindi.json()["features"][0]["properties"]["parat_reason"]
            .as_str()
            .unwrap()
            .contains("पंक्ति")
    );
    // The report leads there, in the head and on the page.
    let id = delivery["id"].as_str().unwrap();
    let report = server.get(&format!("/reports/{id}"));
    assert!(
        report
            .header("link")
            .contains("/set-aside>; rel=\"related\"")
    );
    let page = server.get(&format!("/reports/{id}.html"));
    assert!(String::from_utf8_lossy(&page.body).contains("/set-aside?f=csv"));

    // Judged again without, there is nothing aside; the next delivery has its own rows.
    server.send(
        "PATCH",
        &format!("/deliveries/{id}"),
        &[("content-type", "application/merge-patch+json")],
        r#"{"set_aside": false}"#,
    );
    server.ended(id);
    assert_eq!(server.get(at).json()["features"], json!([]));
    assert_eq!(server.get("/reports/d-999/set-aside").status, 404);
    assert_eq!(server.get(&format!("{at}?f=html")).status, 400);

    // The same bytes as the command line writes.
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("w.geojson");
    std::fs::write(&path, &text).unwrap();
    let again = send();
    let served = server.get(again["layers"][0]["set_aside"].as_str().unwrap());
    let out = folder.path().join("aside.geojson");
    let done = std::process::Command::new(env!("CARGO_BIN_EXE_parat"))
        .args([
            "check",
            "--as",
            "ward_boundary",
            "--lang",
            "en",
            "--set-aside-out",
        ])
        .args([&out, &path])
        .output()
        .unwrap();
    assert!(out.is_file(), "{}", String::from_utf8_lossy(&done.stderr));
    assert_eq!(std::fs::read(&out).unwrap(), served.body);
}

#[test]
fn what_breaks_off_or_goes_beyond_a_limit_is_kept_and_says_why() {
    let server = Server::new(|config| {
        config.limits.upload_bytes = 4000;
        config.limits.upload_files = 3;
        config.limits.form_value_bytes = 100;
    });
    let whole = form(&[("file", Some("a.geojson"), wards("ward_no", "").as_bytes())]);
    let kind = [("content-type", "multipart/form-data; boundary=QQ")];
    let cut = server.send("POST", "/deliveries", &kind, whole[..500].to_vec());
    assert_eq!((cut.status, &cut.json()["code"]), (400, &json!("bad_body")));
    let at = cut.json()["delivery"]
        .as_str()
        .unwrap()
        .replace("http://127.0.0.1:80", "");
    let delivery = server.get(&at).json();
    assert_eq!(delivery["state"], "failed");
    assert!(
        delivery["reason"].as_str().unwrap().contains("kept:"),
        "{delivery}"
    );
    assert!(delivery["received"].as_u64().unwrap() > 300);
    // Its report still has its address.
    assert_eq!(
        server.get(delivery["report"].as_str().unwrap()).json()["state"],
        "failed"
    );
    // A question about bytes that never came cannot be answered.
    let again = server.send("PATCH", &at, &[], "{\"layer\": \"road\"}");
    assert_eq!(again.status, 409);

    let large = server.form(&[("file", Some("a.zip"), &[7; 5000])]);
    assert_eq!(
        (large.status, &large.json()["limit"]),
        (413, &json!({"name": "upload_bytes", "value": 4000}))
    );
    let long = server.form(&[
        ("file", Some("a.zip"), b"x"),
        ("metadata", None, &[b' '; 200]),
    ]);
    assert_eq!(
        (long.status, &long.json()["limit"]["name"]),
        (413, &json!("form_value_bytes"))
    );
    let many = server.form(&[
        ("file", Some("a"), b"x"),
        ("file", Some("b"), b"x"),
        ("file", Some("c"), b"x"),
        ("file", Some("d"), b"x"),
    ]);
    assert_eq!(
        (many.status, &many.json()["limit"]["name"]),
        (413, &json!("upload_files"))
    );
    let none = server.form(&[("layer", None, b"road")]);
    assert_eq!(
        (none.status, &none.json()["parameter"]),
        (400, &json!("file"))
    );
    assert_eq!(
        server
            .send(
                "POST",
                "/deliveries",
                &[("content-type", "text/plain")],
                "x"
            )
            .status,
        415
    );
    // A value that cannot be meant does not lose the file: it is judged without, and that is said.
    let odd = server.form(&[
        ("file", Some("a.csv"), b"x,y\n1,2\n"),
        ("layer", None, b"no_such"),
    ]);
    assert_eq!(odd.status, 202);
    assert!(
        odd.json()["passed_over"]
            .as_str()
            .unwrap()
            .contains("no_such")
    );
    server.ended(odd.json()["id"].as_str().unwrap());
}

#[test]
fn tus_goes_on_where_it_broke_off_even_after_a_restart() {
    let server = Server::new(|_| {});
    let text = wards("ward_no", "");
    let length = text.len().to_string();
    let headers = [
        ("upload-length", length.as_str()),
        (
            "upload-metadata",
            "filename d2FyZHMuZ2VvanNvbg==,layer d2FyZF9ib3VuZGFyeQ==,filetype dA==",
        ),
    ];
    let made = server.tus("POST", "/uploads", &headers, b"");
    assert_eq!(made.status, 201, "{}", String::from_utf8_lossy(&made.body));
    let at = made.header("location").replace("http://127.0.0.1:80", "");
    let id = made.header("parat-delivery").to_owned();
    assert!(made.header("upload-expires").ends_with("GMT"));
    assert!(
        made.header("link")
            .contains(&format!("/reports/{id}>; rel=\"describedby\""))
    );
    // From the first byte on, its report has an address.
    let report = server.get(&format!("/reports/{id}"));
    assert_eq!(
        (report.status, &report.json()["state"]),
        (200, &json!("receiving"))
    );
    assert!(
        String::from_utf8_lossy(&server.get(&format!("/reports/{id}.html")).body)
            .contains("http-equiv=\"refresh\"")
    );

    let kind = ("content-type", "application/offset+octet-stream");
    let bytes = text.as_bytes();
    let first = server.tus(
        "PATCH",
        &at,
        &[kind, ("upload-offset", "0")],
        &bytes[..1000],
    );
    assert_eq!((first.status, first.header("upload-offset")), (204, "1000"));
    let wrong = server.tus("PATCH", &at, &[kind, ("upload-offset", "7")], &bytes[7..20]);
    assert_eq!(wrong.status, 409);
    let sum = [
        kind,
        ("upload-offset", "1000"),
        ("upload-checksum", "sha1 AAAAAAAAAAAAAAAAAAAAAAAAAAA="),
    ];
    assert_eq!(
        server.tus("PATCH", &at, &sum, &bytes[1000..1200]).status,
        460
    );
    assert_eq!(
        server
            .send("PATCH", &at, &[kind, ("upload-offset", "1000")], "x")
            .status,
        412
    );
    assert_eq!(
        server
            .tus("PATCH", &at, &[("upload-offset", "1000")], b"x")
            .status,
        415
    );
    let longer = [bytes, b"more"].concat();
    let beyond = server.tus(
        "PATCH",
        &at,
        &[kind, ("upload-offset", "1000")],
        &longer[1000..],
    );
    assert_eq!(beyond.status, 413);
    assert_eq!(
        server.tus("HEAD", &at, &[], b"").header("upload-offset"),
        "1000"
    );

    // The process ends; another one takes the folder.
    let Server {
        router,
        runtime,
        folder,
    } = server;
    drop((router, runtime));
    std::thread::sleep(Duration::from_millis(700));
    let server = Server::on(folder, |_| {});
    let head = server.tus("HEAD", &at, &[], b"");
    assert_eq!((head.status, head.header("upload-offset")), (200, "1000"));
    assert_eq!(head.header("cache-control"), "no-store");
    let rest = server.tus(
        "PATCH",
        &at,
        &[kind, ("upload-offset", "1000")],
        &bytes[1000..],
    );
    assert_eq!(
        (rest.status, rest.header("upload-offset")),
        (204, length.as_str())
    );
    let delivery = server.ended(&id);
    assert_eq!(
        (&delivery["state"], &delivery["layer"]),
        (&json!("judged"), &json!("ward_boundary")),
        "{delivery}"
    );
    assert_eq!(
        delivery["files"][0]["hash"],
        blake3::hash(bytes).to_hex().as_str()
    );
    assert_eq!(server.get(&format!("/deliveries/{id}/file")).body, bytes);
    // Whole is whole: nothing more is taken, and it is no upload to give up.
    assert_eq!(server.tus("DELETE", &at, &[], b"").status, 409);
    let more = server.tus("PATCH", &at, &[kind, ("upload-offset", &length)], b"x");
    assert_eq!(more.status, 413);
}

#[test]
fn an_upload_can_be_given_up_and_every_answer_says_what_is_spoken() {
    let server = Server::new(|config| config.limits.unfinished_per_user = 2);
    let options = server.send("OPTIONS", "/uploads", &[], "");
    assert_eq!(options.status, 204);
    for (name, wanted) in [("tus-version", "1.0.0"), ("tus-max-size", "2147483648")] {
        assert_eq!(options.header(name), wanted);
    }
    for extension in [
        "creation",
        "creation-with-upload",
        "expiration",
        "checksum",
        "termination",
    ] {
        assert!(
            options
                .header("tus-extension")
                .split(',')
                .any(|one| one == extension)
        );
    }
    let kind = ("content-type", "application/offset+octet-stream");
    let made = server.tus(
        "POST",
        "/uploads",
        &[("upload-length", "10"), kind],
        b"12345",
    );
    assert_eq!(
        (
            made.status,
            made.header("upload-offset"),
            made.header("tus-resumable")
        ),
        (201, "5", "1.0.0")
    );
    let at = made.header("location").replace("http://127.0.0.1:80", "");
    assert_eq!(server.tus("DELETE", &at, &[], b"").status, 204);
    assert_eq!(server.tus("HEAD", &at, &[], b"").status, 410);
    assert_eq!(
        server
            .tus("PATCH", &at, &[kind, ("upload-offset", "5")], b"67890")
            .status,
        410
    );
    let id = made.header("parat-delivery");
    assert_eq!(server.ended(id)["state"], "cancelled");
    assert_eq!(server.get(&format!("/deliveries/{id}/file")).status, 410);
    for (headers, status) in [
        (vec![], 400),
        (vec![("upload-length", "-1")], 400),
        (vec![("upload-length", "9999999999999")], 413),
        (
            vec![("upload-length", "1"), ("upload-metadata", "layer !!!")],
            400,
        ),
        (
            vec![
                ("upload-length", "1"),
                ("upload-metadata", "layer bm9uZQ=="),
            ],
            400,
        ),
        (vec![("upload-defer-length", "1")], 400),
    ] {
        let answer = server.tus("POST", "/uploads", &headers, b"");
        assert_eq!(answer.status, status, "{headers:?}");
        assert_eq!(answer.header("tus-resumable"), "1.0.0");
    }
    for wanted in [201, 201, 429] {
        assert_eq!(
            server
                .tus("POST", "/uploads", &[("upload-length", "9")], b"")
                .status,
            wanted
        );
    }
    for (method, path) in [
        ("HEAD", "/uploads/d-999"),
        ("HEAD", "/uploads/x"),
        ("DELETE", "/uploads/.."),
    ] {
        assert_eq!(server.tus(method, path, &[], b"").status, 404, "{path}");
    }
}

#[test]
fn who_calls_a_delivery_off_ends_its_reader_at_once_and_keeps_the_file() {
    let server = Server::new(|config| config.limits.judging = 1);
    // Long enough to be read for seconds.
    let feature = r#"{"type":"Feature","properties":{"name":"x","ward_no":1},"geometry":{"type":"Point","coordinates":[77.5,12.9]}},"#;
    let mut text = String::from("{\"type\":\"FeatureCollection\",\"features\":[");
    text.push_str(&feature.repeat(400_000));
    text.pop();
    text.push_str("]}");
    let long = server.form(&[("file", Some("long.geojson"), text.as_bytes())]);
    let id = long.json()["id"].as_str().unwrap().to_owned();
    let next = server.form(&[("file", Some("w.geojson"), wards("ward_no", "").as_bytes())]);
    let begun = Instant::now();
    while server.get(&format!("/deliveries/{id}")).json()["state"] != "reading" {
        assert!(begun.elapsed() < Duration::from_secs(30));
        std::thread::sleep(Duration::from_millis(5));
    }
    let off = server.send("DELETE", &format!("/deliveries/{id}"), &[], "");
    assert_eq!(
        (off.status, &off.json()["state"]),
        (200, &json!("cancelled"))
    );
    assert!(
        off.json()["reason"]
            .as_str()
            .unwrap()
            .contains("called off")
    );
    // Its reader is gone, so the next one's turn comes at once.
    let done = server.ended(next.json()["id"].as_str().unwrap());
    assert_eq!(done["state"], "judged");
    assert!(begun.elapsed() < Duration::from_mins(1));
    let file = server.get(&format!("/deliveries/{id}/file"));
    assert_eq!(file.body.len(), text.len());
    let report = server.get(&format!("/reports/{id}")).json();
    assert_eq!(report["state"], "cancelled");
}

#[test]
fn metadata_inside_an_archive_are_heard_and_broken_ones_do_no_harm() {
    use std::io::Write as _;
    let server = Server::new(|_| {});
    let archive = |metadata: &str| {
        let mut zip = zip::ZipWriter::new(std::io::Cursor::new(vec![]));
        let plain = zip::write::SimpleFileOptions::default();
        for (name, text) in [
            ("a/wards.geojson", wards("ward_no", "").as_str()),
            ("a/wards.metadata.json", metadata),
        ] {
            zip.start_file(name, plain).unwrap();
            zip.write_all(text.as_bytes()).unwrap();
        }
        zip.finish().unwrap().into_inner()
    };
    let send = |bytes: &[u8]| {
        let answer = server.form(&[
            ("file", Some("wards.zip"), bytes),
            ("layer", None, b"ward_boundary"),
        ]);
        let end = server.ended(answer.json()["id"].as_str().unwrap());
        assert_eq!(end["layers"].as_array().map(Vec::len), Some(1), "{end}");
        server.get(end["report"].as_str().unwrap()).json()
    };
    let missing = |report: &Value| {
        let rules = report["rules"].as_array().unwrap();
        let rule = rules.iter().find(|rule| rule["code"] == "M01").unwrap();
        rule["count"].as_u64().unwrap_or(0)
    };
    let without = send(&archive("{}"));
    let with = send(&archive(
        r#"{"abstract": "Wards", "publisher": "Town planning", "contact": "gis@example.in"}"#,
    ));
    assert!(
        missing(&with) < missing(&without),
        "{} {}",
        missing(&with),
        missing(&without)
    );
    let broken = send(&archive("{nonsense"));
    assert_eq!(missing(&broken), missing(&without));
    let notes = broken["notes"].as_array().unwrap();
    assert!(
        notes
            .iter()
            .any(|note| note["kind"] == "metadata_unreadable"),
        "{notes:?}"
    );
}

#[test]
fn who_waits_hears_of_the_end_and_who_comes_back_is_sent_away() {
    let server = Server::new(|_| {});
    let answer = server.form(&[("file", Some("w.geojson"), wards("ward_no", "").as_bytes())]);
    let id = answer.json()["id"].as_str().unwrap().to_owned();
    // The stream ends by itself after the event `end`.
    let events = server.get(&format!("/deliveries/{id}/events"));
    let text = String::from_utf8(events.body).unwrap();
    assert_eq!(events.headers["content-type"], "text/event-stream");
    let last = text.trim().rsplit("\n\n").next().unwrap();
    assert!(
        last.contains("event: end") && last.contains("\"state\":\"judged\""),
        "{text}"
    );
    let data = last
        .lines()
        .find_map(|line| line.strip_prefix("data: "))
        .unwrap();
    assert_eq!(
        serde_json::from_str::<Value>(data).unwrap()["id"],
        id.as_str()
    );
    let back = server.send(
        "GET",
        &format!("/deliveries/{id}/events"),
        &[("last-event-id", "end")],
        "",
    );
    assert_eq!(back.status, 204);
    let odd = server.send(
        "GET",
        &format!("/deliveries/{id}/events"),
        &[("last-event-id", "\u{ff}77777")],
        "",
    );
    assert_eq!(odd.status, 200);
    assert_eq!(
        server
            .send("DELETE", &format!("/deliveries/{id}"), &[], "")
            .status,
        409
    );
}

#[test]
fn the_limits_that_refuse_are_the_limits_that_are_told() {
    let server = Server::new(|config| config.limits.upload_bytes = 12_345);
    let told = server.get("/accepted-inputs").json();
    let limit = |name: &str| {
        told["limits"]
            .as_array()
            .unwrap()
            .iter()
            .find(|one| one["name"] == name)
            .unwrap_or_else(|| panic!("{name}"))["value"]
            .clone()
    };
    assert_eq!(limit("upload_bytes"), 12_345);
    assert_eq!(limit("archive_depth"), 1);
    let named = serde_json::to_value(parat::config::Limits::default()).unwrap();
    for name in named.as_object().unwrap().keys() {
        assert!(!limit(name).is_null(), "{name}");
    }
    let page = server.get("/accepted-inputs?f=html");
    assert!(String::from_utf8_lossy(&page.body).contains("12345"));
    let refused = server.form(&[("file", Some("a"), &vec![0; 20_000])]);
    assert_eq!(
        refused.json()["limit"],
        json!({"name": "upload_bytes", "value": 12_345})
    );
}
