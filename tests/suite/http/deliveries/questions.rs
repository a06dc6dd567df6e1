//! What is asked of a delivery, said beside it or later, and what of that is remembered for the next.

use super::*;

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
