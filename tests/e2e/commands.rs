//! Every command, its exit code, and what goes where.

use std::{
    fs,
    io::{BufRead as _, BufReader},
    process::{Command, Stdio},
};

use super::city::{self, PARAT, code, parat, said};

fn json(text: &str) -> serde_json::Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

#[test]
fn check_says_by_its_exit_code_what_a_script_needs() {
    let folder = tempfile::tempdir().expect("a folder");
    let root = folder.path();
    city::boundary(root);
    city::wards(root, 4, "good");
    city::faulty_wards(root);
    fs::write(
        root.join("broken.geojson"),
        r#"{"type": "FeatureCollection", "fea"#,
    )
    .expect("written");

    let good = parat(
        root,
        &[
            "check",
            "ward_boundary.geojson",
            "--city",
            "city_boundary.geojson",
        ],
    );
    assert_eq!(code(&good), 0, "{}", said(&good));
    assert_eq!(
        code(&parat(
            root,
            &["check", "faulty_wards.geojson", "--as", "ward_boundary"]
        )),
        1
    );
    let broken = parat(root, &["check", "broken.geojson", "--format", "json"]);
    assert_eq!(code(&broken), 2, "{broken:?}");
    let report = json(&said(&broken));
    assert!(
        report["rules"]
            .as_array()
            .expect("rules")
            .iter()
            .any(|rule| { rule["code"] == "R01" && rule["outcome"] == "failed" }),
        "{report:#}"
    );
    assert_eq!(code(&parat(root, &["check", "nothing.zip"])), 2);
    assert_eq!(code(&parat(root, &["check"])), 64);
    let typo = parat(
        root,
        &["check", "ward_boundary.geojson", "--as", "ward_boundry"],
    );
    assert_eq!(code(&typo), 64);
    assert!(String::from_utf8_lossy(&typo.stderr).contains("did you mean `ward_boundary`?"));
}

#[test]
fn json_is_all_there_is_on_standard_output_and_the_page_stands_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    let root = folder.path();
    city::faulty_wards(root);
    let asked = [
        "check",
        "faulty_wards.geojson",
        "--as",
        "ward_boundary",
        "--format",
    ];
    let told = parat(root, &[&asked[..], &["json"]].concat());
    let report = json(&said(&told));
    assert_eq!(report["verdict"], "does_not_conform");
    let again = parat(root, &[&asked[..], &["json"]].concat());
    assert_eq!(told.stdout, again.stdout, "the same file, the same bytes");
    let faults = json(&said(&parat(root, &[&asked[..], &["geojson"]].concat())));
    assert_eq!(faults["type"], "FeatureCollection");
    let page = parat(
        root,
        &[&asked[..], &["html", "--out", "report.html"]].concat(),
    );
    assert_eq!((code(&page), said(&page).as_str()), (1, ""));
    let page = fs::read_to_string(root.join("report.html")).expect("written");
    assert!(
        page.contains("<svg")
            && !page.contains("<script src")
            && !page.contains("<link rel=\"stylesheet\" href=\"http")
    );
    assert!(
        !page.contains(root.to_str().expect("UTF-8")),
        "no path of the machine"
    );
}

#[test]
fn ingest_publishes_confirms_and_keeps_out_with_the_report_that_check_gives() {
    let folder = tempfile::tempdir().expect("a folder");
    let root = folder.path();
    let delivery = root.join("delivery");
    fs::create_dir(&delivery).expect("made");
    city::wards(&delivery, 4, "first");
    city::boundary(&delivery);
    let ingest = |file: &str| {
        parat(
            root,
            &["ingest", file, "--data", "data", "--format", "json"],
        )
    };

    let first = ingest("delivery");
    assert_eq!(code(&first), 0, "{}", said(&first));
    let told = json(&said(&first));
    assert_eq!(
        (told[0]["layer"].as_str(), told[1]["layer"].as_str()),
        (Some("city_boundary"), Some("ward_boundary")),
        "the outline goes first"
    );
    assert_eq!(told[1]["became"], "published");
    let again = json(&said(&ingest("delivery")));
    assert_eq!(
        (&again[1]["became"], &again[1]["version"]),
        (&"confirmed".into(), &1.into())
    );

    city::faulty_wards(root);
    let kept_out = parat(
        root,
        &[
            "ingest",
            "faulty_wards.geojson",
            "--as",
            "ward_boundary",
            "--data",
            "data",
            "--format",
            "json",
        ],
    );
    assert_eq!(code(&kept_out), 1);
    let told = json(&said(&kept_out));
    assert_eq!(told[0]["became"], "withheld");
    // The store's report and the one of `check` against the same city are the same bytes.
    let app =
        parat::app::App::open(parat::config::Config::with_data(root.join("data"))).expect("opens");
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let stored = runtime
        .block_on(app.report(told[0]["report"].as_str().expect("an id")))
        .expect("stored");
    let checked = parat(
        root,
        &[
            "check",
            "faulty_wards.geojson",
            "--as",
            "ward_boundary",
            "--data",
            "data",
            "--format",
            "json",
        ],
    );
    assert_eq!(
        parat::report::json(&stored).trim_end(),
        said(&checked).trim_end()
    );
    let wards = app.live().layers[&"ward_boundary".parse().expect("a name")].clone();
    assert_eq!(
        wards.entry.version.map(|version| version.0),
        Some(1),
        "the version before it stays"
    );

    // Another process publishes; this one serves it at the next request.
    city::wards(&delivery, 4, "second");
    assert_eq!(code(&ingest("delivery/ward_boundary.geojson")), 0);
    let wards = app.live().layers[&"ward_boundary".parse().expect("a name")].clone();
    assert_eq!(wards.entry.version.map(|version| version.0), Some(2));
}

#[test]
fn serve_prints_the_address_shows_drafts_and_stops_when_told() {
    let folder = tempfile::tempdir().expect("a folder");
    let root = folder.path();
    city::faulty_wards(root);
    let mut child = Command::new(PARAT)
        .args([
            "serve",
            "faulty_wards.geojson",
            "--as",
            "ward_boundary",
            "--listen",
            "127.0.0.1:0",
        ])
        .current_dir(root)
        .stdout(Stdio::piped())
        .spawn()
        .expect("starts");
    let out = BufReader::new(child.stdout.take().expect("piped"));
    let mut lines = vec![];
    let mut url = None;
    for line in out.lines() {
        let line = line.expect("UTF-8");
        if let Some(found) = line.strip_prefix("Map: ") {
            url = Some(found.to_owned());
            break;
        }
        lines.push(line);
    }
    let url = url.unwrap_or_else(|| panic!("no address: {lines:#?}"));
    assert!(
        lines
            .iter()
            .any(|line| line.trim_start().starts_with("draft")),
        "{lines:#?}"
    );
    let layers: serde_json::Value = ureq::get(format!("{url}layers"))
        .call()
        .expect("answers")
        .body_mut()
        .read_json()
        .expect("JSON");
    assert_eq!(
        layers["layers"]
            .as_array()
            .expect("a list")
            .iter()
            .filter(|layer| layer["state"] == "draft")
            .count(),
        1
    );
    let pid = child.id().to_string();
    assert!(
        Command::new("kill")
            .args(["-TERM", &pid])
            .status()
            .expect("ran")
            .success()
    );
    assert_eq!(
        child.wait().expect("ended").code(),
        Some(0),
        "a stop that was asked for is no failure"
    );
}

#[test]
fn explain_knows_layers_and_rules_and_a_misspelt_name_gets_a_hint() {
    let folder = tempfile::tempdir().expect("a folder");
    let root = folder.path();
    let page = parat(root, &["explain", "ward_boundary"]);
    assert_eq!(code(&page), 0);
    assert!(said(&page).contains("ward_no"));
    assert_eq!(code(&parat(root, &["explain", "T04"])), 0);
    let typo = parat(root, &["explain", "ward_bundary"]);
    assert_eq!(code(&typo), 64);
    assert!(String::from_utf8_lossy(&typo.stderr).contains("ward_boundary"));
    let help = parat(root, &["check", "--help"]);
    assert!(code(&help) == 0 && said(&help).contains("Examples:"));
}
