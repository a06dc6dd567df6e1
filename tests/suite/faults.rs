//! Every fault that was seen in real city files, and what finds it: a rule with a fixture, or a test of the
//! reader. `docs/rules.md` is written from the same table.

use std::{fmt::Write as _, fs, path::Path};

use parat::{
    standard::Standards,
    validate::{Outcome, RULES},
};

use crate::rules::{judged, root, said};

/// What shows that a fault is found.
enum Shown {
    /// A rule fails on a fixture of its folder, and says this.
    By(&'static str, &'static str, &'static str),
    /// A test of that name in that file of the suite, or of the sources.
    In(&'static str, &'static str),
}
use Shown::{By, In};

/// Section 4.11 of the standards, then the list of issue 3: the fault, and what shows that it is found.
const FAULTS: &[(&str, &[Shown])] = &[
    (
        "GeoJSON with Web Mercator metres and no CRS member",
        &[
            By("C02", "bad", "EPSG:3857"),
            In(
                "tests/suite/formats.rs",
                "metres_without_a_crs_member_are_not_taken_for_degrees_in_silence",
            ),
        ],
    ),
    (
        "JSON with text after the last brace",
        &[
            In(
                "tests/suite/real_files.rs",
                "text_after_the_json_is_named_with_its_line",
            ),
            In("src/read/json.rs", "broken_json_is_refused_with_its_line"),
        ],
    ),
    (
        "unclosed polygon ring",
        &[
            By("T01", "bad-unclosed", "not closed"),
            In(
                "tests/suite/formats.rs",
                "an_open_ring_arrives_open_with_a_note",
            ),
        ],
    ),
    (
        "empty zip",
        &[In(
            "tests/suite/hostile/archives.rs",
            "an_archive_without_files_says_so",
        )],
    ),
    (
        "shapefile inside a folder inside the zip",
        &[In(
            "tests/suite/hostile/archives.rs",
            "the_good_is_read_and_the_bad_refused_by_name",
        )],
    ),
    (
        "shapefile without .cpg, or with parts missing or beside the point",
        &[
            In(
                "tests/suite/formats.rs",
                "parts_of_a_shapefile_that_are_missing_are_named",
            ),
            In(
                "src/read/encoding.rs",
                "indian_scripts_are_utf8_whatever_the_file_claims",
            ),
        ],
    ),
    (
        ".prj in Esri WKT without a code, or compound with heights",
        &[In(
            "tests/suite/formats.rs",
            "curves_become_segments_and_compound_systems_lose_their_heights",
        )],
    ),
    (
        "heights without meaning",
        &[In(
            "src/read/wkb.rs",
            "heights_open_rings_and_mixtures_are_said",
        )],
    ),
    ("invalid polygons", &[By("T01", "bad", "crosses itself")]),
    (
        "ward number as float, with zeros, prefix, letter or text",
        &[By("T10", "bad-one_ward_many_spellings", "same key")],
    ),
    (
        "no attribute but a bare id",
        &[By("A01", "bad-bare_id", "no column")],
    ),
    (
        "officers' names and mobile numbers",
        &[By("P01", "bad-officers", "mobile number")],
    ),
    (
        "key missing in part or repeated",
        &[
            By("T10", "bad-empty_keys", "has no key"),
            By("T10", "bad", "same key"),
        ],
    ),
    (
        "row count against the declared one",
        &[By("L02", "bad", "rows")],
    ),
    (
        "no CRS: candidates with evidence",
        &[By("C01", "bad", "EPSG:")],
    ),
    (
        "degrees with swapped axes",
        &[By("C02", "bad-swapped_axes", "swapped")],
    ),
    (
        "metres with swapped axes",
        &[By("C02", "bad-swapped_metres", "swapped")],
    ),
    (
        "one row with swapped axes",
        &[By("T03", "bad-swapped_row", "change places")],
    ),
    ("metres read as degrees", &[By("C02", "bad", "are degrees")]),
    (
        "wrong UTM zone",
        &[By("C02", "bad-wrong_zone", "EPSG:32643")],
    ),
    (
        "wrong datum (Kalianpur for WGS 84)",
        &[By("C02", "bad-kalianpur", "Kalianpur")],
    ),
    (
        "text that was encoded twice, or lost",
        &[By("E01", "bad-double_encoded", "another encoding")],
    ),
    (
        "cut or colliding names of ten letters",
        &[By("A07", "bad", "ten letters")],
    ),
    (
        "dates and numbers as text",
        &[By("A08", "bad", "stored as text")],
    ),
    (
        "unknown code, with the nearest",
        &[By("A04", "bad", "if that is what is meant")],
    ),
    (
        "ward number against ward by place",
        &[By("L03", "bad", "lies in ward")],
    ),
    (
        "features over the vertex bound",
        &[By("V01", "bad", "vertices")],
    ),
    (
        "a layer that is another layer",
        &[By("L01", "bad", "looks like")],
    ),
    (
        "a point off its line",
        &[By("T09", "bad", "from the nearest line")],
    ),
];

fn folder(code: &str) -> String {
    let rule = RULES.iter().find(|rule| rule.info().code == code).unwrap();
    format!("{code}-{}", rule.info().name)
}

#[test]
fn every_fault_seen_in_real_files_is_found_by_a_rule_or_a_reader() {
    let top = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut wrong = vec![];
    for (fault, shown) in FAULTS {
        for by in *shown {
            match by {
                By(code, which, says) => {
                    let path = root().join(folder(code)).join(format!("{which}.geojson"));
                    let Ok(text) = fs::read_to_string(&path) else {
                        wrong.push(format!("{fault}: no {}", path.display()));
                        continue;
                    };
                    let rule = judged(&serde_json::from_str(&text).unwrap(), code);
                    let text = said(&rule);
                    if !matches!(rule.outcome, Outcome::Failed { .. }) || !text.contains(says) {
                        wrong.push(format!("{fault}: {code} does not say `{says}`: {text}"));
                    }
                }
                In(file, test) => {
                    let text = fs::read_to_string(top.join(file)).unwrap_or_default();
                    if !text.contains(&format!("fn {test}()")) {
                        wrong.push(format!("{fault}: {file} has no test {test}"));
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_page_of_rules_is_what_the_program_does() {
    let standards = Standards::builtin();
    let mut page = String::from(
        "# What the gate looks for\n\nWritten from `layers/rules.toml` and `tests/suite/faults.rs` \
         (`PARAT_BLESS=1 cargo test --test suite faults::`). `parat explain CODE` says more of each.\n\n\
         ## Rules\n\n| code | rule | what it checks | severity |\n| --- | --- | --- | --- |\n",
    );
    for rule in RULES {
        let info = rule.info();
        let words = standards.rule_words(info.code).unwrap();
        let _ = writeln!(
            page,
            "| {} | {} | {} | {} |",
            info.code,
            words.title.say("en"),
            words.what.say("en"),
            format!("{:?}", info.severity).to_lowercase()
        );
    }
    page.push_str(
        "\nThe severity is the rule's own; a standard may set another, and some rules grade their findings.\n\n\
         ## Faults seen in real city files\n\n| fault | found by |\n| --- | --- |\n",
    );
    for (fault, shown) in FAULTS {
        let by: Vec<String> = shown
            .iter()
            .map(|by| match by {
                By(code, which, _) => {
                    format!("{code} (`fixtures/rules/{}/{which}.geojson`)", folder(code))
                }
                In(file, test) => format!("the reader (`{file}`: {})", test.replace('_', " ")),
            })
            .collect();
        let _ = writeln!(page, "| {fault} | {} |", by.join("; "));
    }
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/rules.md");
    if std::env::var_os("PARAT_BLESS").is_some() {
        fs::write(&beside, &page).unwrap();
    }
    assert!(
        fs::read_to_string(&beside).unwrap_or_default() == page,
        "docs/rules.md is not what the rules say; PARAT_BLESS=1 writes it anew"
    );
}
