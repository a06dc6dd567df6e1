//! Real municipal files, read and held against an audit made with another program (GDAL 3.12, shapely).

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    sync::LazyLock,
};

use parat::{
    model::{Bbox, CrsName, CrsOrigin, Note, RawLayer, ShapeKind, Value},
    read::{self, Delivery, ReadOptions, Refused},
    validate::{Checked, check},
};

use crate::asked::ask;

/// The folder of real files; none where it is not on this machine.
pub(crate) fn data() -> Option<PathBuf> {
    let shared = std::env::var("PARAT_SHARED")
        .unwrap_or_else(|_| concat!(env!("CARGO_MANIFEST_DIR"), "/../shared").to_owned());
    let data = Path::new(&shared).join("data");
    if data.is_dir() {
        return Some(data);
    }
    eprintln!("skipped: 67 real files (shared data absent)");
    None
}

pub(crate) fn read(path: &Path) -> Delivery {
    read::layers(path, &ReadOptions::default())
        .unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// One real file, read and judged by the standard that suits each of its layers best.
pub(crate) struct Judged {
    /// Its path below the folder of real files.
    pub(crate) name: String,
    /// Each layer as it was read, and what the gate made of it.
    pub(crate) layers: Vec<(RawLayer, Checked)>,
    pub(crate) refused: Vec<Refused>,
    /// What was said of the file as a whole.
    pub(crate) notes: Vec<Note>,
}

/// Everything below the folder but schemas, in one order.
fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    let mut entries: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    entries.sort();
    for path in entries {
        if !path.is_dir() {
            found.push(path);
        } else if !path.ends_with("schemas") {
            files(&path, found);
        }
    }
}

/// Every real file that may hold geometries, judged once for all tests; none where they are not on this machine.
pub(crate) fn judged() -> Option<&'static [Judged]> {
    static ALL: LazyLock<Option<Vec<Judged>>> = LazyLock::new(|| {
        let data = data()?;
        let mut paths = vec![];
        files(&data, &mut paths);
        let holds = |path: &PathBuf| {
            let known = ["geojson", "kml", "zip", "shp", "gpkg", "csv"];
            let end = path.extension().and_then(|end| end.to_str());
            end.is_some_and(|end| known.contains(&end))
        };
        let judge = |path: PathBuf| {
            let delivery = read(&path);
            let layers = delivery.layers.into_iter();
            Judged {
                name: path.strip_prefix(&data).unwrap().display().to_string(),
                layers: layers
                    .map(|raw| (raw.clone(), check(raw, &ask(None))))
                    .collect(),
                refused: delivery.refused,
                notes: delivery.notes,
            }
        };
        Some(paths.into_iter().filter(holds).map(judge).collect())
    });
    ALL.as_deref()
}

/// One line of the audit.
pub(crate) struct Audited {
    pub(crate) file: String,
    pub(crate) layer: String,
    /// How many geometries GEOS called invalid.
    pub(crate) invalid: usize,
    /// How many pairs of areas share more than 0.01 % of the smaller.
    pub(crate) overlaps: u64,
    features: usize,
    kinds: BTreeMap<String, usize>,
    vertices: usize,
    bbox: [f64; 4],
    distinct: Vec<(String, usize)>,
}

pub(crate) fn audit(data: &Path) -> (Vec<Audited>, Vec<String>) {
    let text = fs::read_to_string(data.join("AUDIT.txt")).unwrap();
    let (mut rows, mut unreadable) = (vec![], vec![]);
    for line in text.lines().filter(|line| line.starts_with("| ")) {
        let cells: Vec<&str> = line
            .split(" | ")
            .map(|cell| cell.trim_matches(['|', ' ']))
            .collect();
        if cells[1].starts_with("UNREADABLE") {
            unreadable.push(cells[0].to_owned());
            continue;
        }
        if cells[1].starts_with("zip:") {
            continue;
        }
        let (kinds, vertices) = cells[4].split_once("|v ").unwrap();
        let numbers: Vec<f64> = cells[9]
            .trim_matches(['[', ']'])
            .split(", ")
            .map(|number| number.parse().unwrap())
            .collect();
        rows.push(Audited {
            file: cells[0].to_owned(),
            layer: cells[1].to_owned(),
            invalid: {
                let mut words = cells[5]
                    .split_whitespace()
                    .skip_while(|word| *word != "invalid");
                words.nth(1).unwrap().parse().unwrap()
            },
            overlaps: cells[7].split_whitespace().nth(1).unwrap().parse().unwrap(),
            features: cells[3].parse().unwrap(),
            kinds: kinds
                .trim_matches(['{', '}', ' '])
                .split(", ")
                .map(|pair| pair.split_once(": ").unwrap())
                .map(|(kind, count)| {
                    (
                        kind.trim_matches('\'').trim_end_matches('Z').to_owned(),
                        count.parse().unwrap(),
                    )
                })
                .collect(),
            vertices: vertices.split_whitespace().next().unwrap().parse().unwrap(),
            bbox: numbers.try_into().unwrap(),
            distinct: columns(cells[11]),
        });
    }
    (rows, unreadable)
}

/// `Name(str,48u) LGD(float64,199u,45null)` to names and numbers of distinct values. Names hold blanks and
/// brackets, so the pieces are found from their ends.
fn columns(text: &str) -> Vec<(String, usize)> {
    let mut found = vec![];
    for piece in text.split(") ") {
        let Some((name, rest)) = piece.rsplit_once('(') else {
            continue;
        };
        let distinct = rest.split(',').find_map(|part| {
            part.strip_suffix('u')
                .or_else(|| part.trim_end_matches(')').strip_suffix('u'))
        });
        if let Some(distinct) = distinct.and_then(|number| number.parse().ok()) {
            found.push((name.to_owned(), distinct));
        }
    }
    found
}

fn distinct(layer: &RawLayer, column: &str) -> Option<usize> {
    let column = layer.table.column(column)?;
    let mut seen: Vec<String> = (0..layer.len())
        .map(|row| column.get(row))
        .map(|value| format!("{value:?}"))
        .collect();
    seen.sort();
    seen.dedup();
    Some(seen.len())
}

fn faults(layer: &RawLayer, wanted: &Audited) -> Vec<String> {
    let mut faults = vec![];
    let mut check = |what: &str, same: bool, found: String| {
        if !same {
            faults.push(format!(
                "{} / {}: {what} {found}",
                wanted.file, wanted.layer
            ));
        }
    };
    check(
        "features",
        layer.len() == wanted.features,
        layer.len().to_string(),
    );
    let mut kinds = BTreeMap::new();
    for kind in &layer.shapes.kinds {
        *kinds
            .entry(ShapeKind::from_u8(*kind).name().to_owned())
            .or_insert(0) += 1;
    }
    check("kinds", kinds == wanted.kinds, format!("{kinds:?}"));
    check(
        "vertices",
        layer.shapes.coords.len() == wanted.vertices,
        format!("{} for {}", layer.shapes.coords.len(), wanted.vertices),
    );
    let bbox: [f64; 4] = Bbox::around(&layer.shapes.coords).unwrap().into();
    let near = bbox
        .iter()
        .zip(wanted.bbox)
        .all(|(found, wanted)| (found - wanted).abs() < 6e-5);
    check("bbox", near, format!("{bbox:?}"));
    let lonlat = matches!(&layer.crs, CrsName::Authority { name, code } if matches!((name.as_str(), code.as_str()), ("EPSG", "4326") | ("OGC", "CRS84")));
    check("crs", lonlat, layer.crs.to_string());
    check(
        "crs known",
        layer.crs_origin != CrsOrigin::Unknown,
        format!("{:?}", layer.crs_origin),
    );
    for (name, count) in &wanted.distinct {
        // The KML driver makes columns of its own, which we leave out when they say nothing.
        match distinct(layer, name) {
            Some(found) => check(
                &format!("distinct values of {name}"),
                found == *count,
                format!("{found} for {count}"),
            ),
            None => check(
                &format!("column {name}"),
                wanted.file.ends_with(".kml"),
                "is missing".to_owned(),
            ),
        }
    }
    faults
}

#[test]
fn every_audited_layer_is_read_as_the_audit_says() {
    let Some(data) = data() else { return };
    let (rows, unreadable) = audit(&data);
    assert!(rows.len() > 50, "the audit is read: {}", rows.len());
    let files = judged().expect("the audit is there, so the files are");
    let mut wrong = vec![];
    for wanted in &rows {
        let file = files.iter().find(|file| file.name == wanted.file).unwrap();
        if !file.refused.is_empty() {
            wrong.push(format!("{}: {:?}", wanted.file, file.refused));
        }
        let names: Vec<&String> = file
            .layers
            .iter()
            .map(|(raw, _)| &raw.source.layer)
            .collect();
        match names.iter().position(|name| **name == wanted.layer) {
            Some(at) => wrong.extend(faults(&file.layers[at].0, wanted)),
            None => wrong.push(format!(
                "{}: no layer {} among {names:?}",
                wanted.file, wanted.layer
            )),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(unreadable.len(), 2);
    for file in unreadable {
        let delivery = read(&data.join(&file));
        assert!(delivery.layers.is_empty(), "{file}");
        assert_eq!(delivery.refused[0].code, "not_json", "{file}");
        assert!(
            delivery.refused[0]
                .message
                .contains("there is text after the end of the JSON"),
            "{:?}",
            delivery.refused
        );
    }
}

#[test]
fn text_after_the_json_is_named_with_its_line() {
    let Some(data) = data() else { return };
    for (file, place) in [
        ("Ward_office", "line 810, character 3"),
        ("Zonal_office", "line 95, character 2"),
    ] {
        let delivery = read(&data.join(format!("ahmedabad/{file}.geojson")));
        assert!(
            delivery.refused[0].message.starts_with(place),
            "{:?}",
            delivery.refused
        );
    }
}

#[test]
fn every_other_file_is_read_or_refused_with_a_reason() {
    let Some(data) = data() else { return };
    let mut seen = 0;
    for city in fs::read_dir(&data)
        .unwrap()
        .flatten()
        .filter(|entry| entry.path().is_dir() && entry.file_name() != "schemas")
    {
        let tables = city.path().join("tables");
        for folder in [city.path(), tables] {
            for entry in fs::read_dir(folder)
                .into_iter()
                .flatten()
                .flatten()
                .filter(|entry| entry.path().is_file())
            {
                let path = entry.path();
                let delivery = read(&path);
                seen += 1;
                assert!(
                    !delivery.layers.is_empty() || !delivery.refused.is_empty(),
                    "{}",
                    path.display()
                );
                for refused in &delivery.refused {
                    assert!(
                        !refused.code.is_empty()
                            && !refused.message.is_empty()
                            && !refused.remedy.is_empty()
                    );
                }
                for layer in &delivery.layers {
                    assert_eq!(layer.source.hash.len(), 64);
                    assert!(
                        layer
                            .table
                            .columns
                            .iter()
                            .all(|column| column.len() == layer.len()),
                        "{}",
                        path.display()
                    );
                }
            }
        }
    }
    assert!(seen > 55, "{seen}");
}

#[test]
fn a_table_called_x_and_y_has_no_reference_system_but_longitude_and_latitude_are_one() {
    let Some(data) = data() else { return };
    let stops = read(&data.join("bengaluru/tables/bmtc_bus_stops_with_ward.csv"));
    let layer = &stops.layers[0];
    assert_eq!((layer.len(), &layer.crs), (859, &CrsName::Missing));
    assert!(
        layer.notes.iter().any(|note| note.kind == "crs_likely"),
        "{:?}",
        layer.notes
    );
    let offices = read(&data.join("pune/tables/pune-admin-ward-offices.csv"));
    assert_eq!(offices.layers.len(), 1);
    assert_eq!(offices.layers[0].crs.to_string(), "OGC:CRS84");
    let police = read(&data.join("bengaluru/tables/police_stations_2012.csv"));
    assert_eq!(police.refused[0].code, "no_coordinates");
}

#[test]
fn marathi_names_survive_and_shapefile_and_geojson_agree() {
    let Some(data) = data() else { return };
    let pune = read(&data.join("pune/pune-electoral-wards_2017.geojson"));
    let Value::Text(name) = pune.layers[0].table.value(0, "name-mr") else {
        panic!("a name")
    };
    assert!(
        name.chars()
            .any(|letter| ('\u{900}'..='\u{97f}').contains(&letter)),
        "{name}"
    );

    let json = read(&data.join("bengaluru/BBMP_oldWards.geojson"));
    let shp = read(&data.join("bengaluru/bbmpwards_shapefile/bbmpwards.shp"));
    let folder = read(&data.join("bengaluru/bbmpwards_shapefile"));
    assert_eq!(shp.layers[0].shapes, folder.layers[0].shapes);
    for (name, kind) in [("WARD_NAME", "text"), ("WARD_NO", "number")] {
        for row in 0..198 {
            let (a, b) = (
                json.layers[0].table.value(row, name),
                shp.layers[0].table.value(row, name),
            );
            assert_eq!(
                a.to_text().trim(),
                b.to_text().trim(),
                "{kind} in row {row}"
            );
        }
    }
}
