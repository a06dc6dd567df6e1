//! Files on their way in: what breaks off goes on, what is too much is refused, and what is told of limits is so.

use super::*;

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
    assert!(
        server
            .reason_in_hindi(&at)
            .contains("सुरक्षित: `a.geojson` के")
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
