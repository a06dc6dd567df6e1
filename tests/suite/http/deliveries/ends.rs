//! What comes of a delivery: its report to the byte, the rows set aside, an end with a reason, and who hears of it.

use super::*;

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
    assert_eq!(told.json()["reason"], "`local` ने रद्द किया");
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
    // A version tells what the gate said of it in the language of who reads it, and its tag is good in any.
    let sound = server.form(&[
        (
            "file",
            Some("wards.geojson"),
            wards("ward_no", "").as_bytes(),
        ),
        ("layer", None, b"ward_boundary"),
    ]);
    server.ended(sound.json()["id"].as_str().unwrap());
    let version = "/collections/ward_boundary/versions/1";
    let hindi = server.send("GET", version, &[("accept-language", "hi")], "");
    let english = server.get(version);
    assert_ne!(hindi.header("etag"), english.header("etag"));
    assert!(
        english.json()["summary"]
            .as_str()
            .unwrap()
            .contains("(9 rows)")
    );
    let summary = hindi.json()["summary"].as_str().unwrap().to_owned();
    assert!(summary.contains("(9 पंक्तियाँ)"), "{summary}");
    let left = crate::hindi::english(&summary, &["ward_boundary"]);
    assert!(left.is_empty(), "{summary} {left:?}");
    let tag = [("if-match", hindi.header("etag"))];
    let moved = server.send("POST", &format!("{version}/submit"), &tag, "");
    assert_ne!(moved.status, 412, "{}", moved.json());
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
