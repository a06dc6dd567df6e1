//! A deterministic, believable city to show what Parat does.
//!
//! [`write()`] makes the files that the departments of a city would send: a city that is nowhere, with wards
//! that fill it, streets that meet, buildings along them, and five years of ward indicators; and one delivery
//! with every fault the gate is for. The same scale gives the same coordinates and values everywhere.

mod admin;
mod dice;
mod faulty;
mod ground;
mod names;
mod plan;
mod region;
mod sheet;
mod streets;
mod tables;
mod write;

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use serde::Serialize;

use crate::{
    crs::CrsError,
    model::{Bbox, LayerId},
};

/// The demo city's name in English and Marathi; no such city exists.
pub const NAME: (&str, &str) = ("Nandivan", "नंदीवन");

/// Buildings of a city of scale 1.
const BUILDINGS: f64 = 20_000.0;
/// Blocks of a city of scale 1.
const BLOCKS: f64 = 1250.0;
/// Wards of a city of scale 1.
const WARDS: f64 = 48.0;

/// Why the city could not be made.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// A scale that makes no city.
    #[error("a scale of {0} makes no city; use 0.01 to 250")]
    Scale(f64),
    /// A file or folder could not be written.
    #[error("cannot write {path}")]
    Write {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// GDAL could not write a file.
    #[error("cannot write {path}")]
    Gdal {
        /// Which.
        path: PathBuf,
        /// Why.
        source: gdal::errors::GdalError,
    },
    /// An archive could not be written.
    #[error("cannot pack {path}")]
    Zip {
        /// Which.
        path: PathBuf,
        /// Why.
        source: zip::result::ZipError,
    },
    /// The coordinates could not be turned into longitude and latitude.
    #[error("cannot place the demo city")]
    Crs(#[from] CrsError),
}

/// What was written.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct DemoCity {
    /// The city's name.
    pub name: String,
    /// Its name in Marathi.
    pub name_local: String,
    /// The code of its local body.
    pub ulb_lgd: i64,
    /// Its box in longitude and latitude.
    pub bbox: Bbox,
    /// The deliveries in the order to take them in: the city's outline first, the faulty one last.
    pub deliveries: Vec<DemoDelivery>,
    /// The indicator tables, to be loaded when the wards are published.
    pub tables: Vec<DemoTable>,
}

/// One file a department sends; its metadata lie beside it as `<file>.metadata.json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DemoDelivery {
    /// The file, in the folder that [`write()`] was given.
    pub file: PathBuf,
    /// What it is meant to be.
    pub layer: LayerId,
    /// How many features it holds.
    pub features: u64,
    /// True for the one that the gate must keep out.
    pub faulty: bool,
}

/// One table of ward indicators.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DemoTable {
    /// The file, in the folder that [`write()`] was given.
    pub file: PathBuf,
    /// The indicator's code.
    pub indicator: String,
    /// True for a sheet with a column a year.
    pub wide: bool,
}

/// How a department sends a layer.
#[derive(Clone, Copy)]
enum Form {
    Shapefile,
    GeoPackage,
    GeoJson,
}

/// Writes the city into a folder, which is made where it is missing; files of the same names are replaced.
/// Scale 1 is a town of 20,000 buildings and 48 wards, scale 25 a city of 500,000. `manifest.json` lists
/// what was written, with paths from the folder.
pub fn write(dir: &Path, scale: f64) -> Result<DemoCity, DemoError> {
    if !(0.01..=250.0).contains(&scale) {
        return Err(DemoError::Scale(scale));
    }
    for folder in [dir.to_owned(), dir.join("faulty"), dir.join("indicators")] {
        fs::create_dir_all(&folder).map_err(|source| DemoError::Write {
            path: folder,
            source,
        })?;
    }
    let plan = plan::Plan::new(BLOCKS * scale);
    let wards = (WARDS * scale.sqrt()).round().max(6.0) as usize;
    let mut admin = admin::Admin::new(&plan, wards, if wards < 20 { 3 } else { 6 });
    let buildings = ground::buildings(&plan, &mut admin, (BUILDINGS * scale) as usize);
    let [city, zones, wards] = admin.sheets(&plan, NAME);
    let [roads, lamps, stops] = streets::sheets(&plan, &admin);
    let [parks, lakes, toilets, schools, clinics] = ground::places(&plan, &admin);
    let land_use = ground::land_use(&plan, &admin);

    let scratch = tempfile::tempdir_in(dir).map_err(|source| DemoError::Write {
        path: dir.to_owned(),
        source,
    })?;
    let mut deliveries = vec![];
    for (sheet, file, form) in [
        (&city, "city_limits.geojson", Form::GeoJson),
        (&zones, "zones.geojson", Form::GeoJson),
        (&wards, "wards_2022.zip", Form::Shapefile),
        (&land_use, "land_use.zip", Form::Shapefile),
        (&roads, "roads.gpkg", Form::GeoPackage),
        (&lakes, "lakes.geojson", Form::GeoJson),
        (&parks, "parks.geojson", Form::GeoJson),
        (&buildings, "buildings.gpkg", Form::GeoPackage),
        (&toilets, "toilets.geojson", Form::GeoJson),
        (&schools, "schools.gpkg", Form::GeoPackage),
        (&clinics, "health_centres.geojson", Form::GeoJson),
        (&stops, "bus_stops.geojson", Form::GeoJson),
        (&lamps, "street_lights.zip", Form::Shapefile),
    ] {
        // A hamlet may have no park; nobody sends an empty file.
        if sheet.shapes.is_empty() {
            continue;
        }
        let path = dir.join(file);
        if path.exists() {
            fs::remove_file(&path).map_err(|source| DemoError::Write {
                path: path.clone(),
                source,
            })?;
        }
        let features = match form {
            Form::Shapefile => write::zipped_shapefile(sheet, &path, scratch.path()),
            Form::GeoPackage => write::geopackage(sheet, &path),
            Form::GeoJson => write::geojson(sheet, &path),
        }?;
        metadata(&path, sheet.layer, "")?;
        deliveries.push(delivery(path, sheet.layer, features, false));
    }
    let path = dir.join("faulty/wards_draft.geojson");
    let spoiled = faulty::wards(&wards, write::lonlat(&wards)?);
    write::text(&path, &spoiled.to_string())?;
    metadata(&path, wards.layer, "A draft that was never checked. ")?;
    deliveries.push(delivery(path, wards.layer, wards.shapes.len() as u64, true));

    let mut tables = vec![];
    for (kind, ratio) in tables::RATIOS.iter().enumerate() {
        let path = dir.join(format!("indicators/{}.csv", ratio.code));
        write::text(&path, &tables::long(&admin, ratio, kind as i64 * 100))?;
        tables.push(table(path, ratio.code, false));
    }
    let path = dir.join("indicators/population.csv");
    write::text(&path, &tables::wide(&admin))?;
    tables.push(table(path, "B-POP", true));

    let outline: Vec<[f64; 2]> = write::lonlat(&city)?
        .into_iter()
        .flatten()
        .flatten()
        .collect();
    let city = DemoCity {
        name: NAME.0.to_owned(),
        name_local: NAME.1.to_owned(),
        ulb_lgd: sheet::ULB,
        bbox: Bbox::around(&outline).expect("a city has an outline"),
        deliveries,
        tables,
    };
    manifest(dir, &city)?;
    Ok(city)
}

fn delivery(file: PathBuf, layer: &str, features: u64, faulty: bool) -> DemoDelivery {
    let layer = layer.parse().expect("the demo names layers rightly");
    DemoDelivery {
        file,
        layer,
        features,
        faulty,
    }
}

fn table(file: PathBuf, indicator: &str, wide: bool) -> DemoTable {
    DemoTable {
        file,
        indicator: indicator.to_owned(),
        wide,
    }
}

/// The list of what was written, with paths from the folder, so that the folder may move.
fn manifest(dir: &Path, city: &DemoCity) -> Result<(), DemoError> {
    let mut city = city.clone();
    let files = city
        .deliveries
        .iter_mut()
        .map(|one| &mut one.file)
        .chain(city.tables.iter_mut().map(|one| &mut one.file));
    for file in files {
        if let Ok(inside) = file.strip_prefix(dir) {
            *file = inside.to_owned();
        }
    }
    let text = serde_json::to_string_pretty(&city).expect("plain data has a JSON form");
    write::text(&dir.join("manifest.json"), &text)
}

/// The metadata that only an office can write.
fn metadata(file: &Path, layer: &str, before: &str) -> Result<(), DemoError> {
    let about = layer.replace('_', " ");
    let mut text = serde_json::json!({
        "abstract": format!("{before}The {about} of {}, a city that exists nowhere, made by Parat to show what it does.", NAME.0),
        "keywords": format!("{about}, demo"),
        "language": "en",
        "reference_date": "2026-01-05",
        "publisher": format!("{} Municipal Corporation (demo)", NAME.0),
        "contact": "GIS cell, gis@nandivan.example",
        "licence": "GODL-India",
        "scale": "1000",
        "accuracy_m": "0.5, by construction",
        "lineage": "Generated; no survey, no person and no real place is behind it.",
        "temporal_coverage": "2022-06-01/2026-01-05",
        "catalogue": "Demo"
    });
    if file.extension().is_some_and(|ending| ending == "csv") {
        // A table of points has no other place to say it.
        text["crs"] = "EPSG:4326".into();
    }
    let mut path = file.as_os_str().to_owned();
    path.push(".metadata.json");
    write::text(
        Path::new(&path),
        &serde_json::to_string_pretty(&text).expect("plain data has a JSON form"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_scale_gives_the_same_bytes() {
        let folders = [(), ()].map(|()| tempfile::tempdir().expect("a folder"));
        let cities = [0, 1].map(|at| write(folders[at].path(), 0.02).expect("a city"));
        for (one, other) in cities[0].deliveries.iter().zip(&cities[1].deliveries) {
            let (a, b) = (
                fs::read(&one.file).expect("a file"),
                fs::read(&other.file).expect("a file"),
            );
            assert!(a == b, "{} differs", one.file.display());
            assert!(one.features > 0, "{} is empty", one.layer);
        }
        assert!(cities[0].deliveries.len() >= 10);
        assert!(cities[0].deliveries.iter().filter(|one| one.faulty).count() == 1);
    }

    #[test]
    fn every_layer_of_the_demo_has_what_its_standard_requires() {
        let standards = crate::standard::Standards::builtin();
        let plan = plan::Plan::new(40.0);
        let mut admin = admin::Admin::new(&plan, 6, 3);
        let buildings = ground::buildings(&plan, &mut admin, 500);
        let mut sheets = vec![buildings, ground::land_use(&plan, &admin)];
        sheets.extend(admin.sheets(&plan, NAME));
        sheets.extend(streets::sheets(&plan, &admin));
        sheets.extend(ground::places(&plan, &admin));
        for sheet in sheets {
            let standard = standards
                .layer(&sheet.layer.parse().expect("a name"))
                .expect("a standard");
            for field in standards.fields(standard).filter(|field| field.required) {
                let column = sheet.table.column(&field.name);
                assert!(column.is_some(), "{} lacks {}", sheet.layer, field.name);
            }
            for field in &sheet.table.fields {
                let rule = standards.field(standard, &field.name);
                let rule = rule.unwrap_or_else(|| unreachable!("{}.{}", sheet.layer, field.name));
                let Some(list) = rule.codes.as_deref().and_then(|list| standards.codes(list))
                else {
                    continue;
                };
                for row in 0..sheet.shapes.len() {
                    let value = sheet.table.value(row, &field.name);
                    assert!(
                        value.is_null() || list.has(&value.to_text()),
                        "{}.{} {value:?}",
                        sheet.layer,
                        field.name
                    );
                }
            }
        }
    }

    #[test]
    fn wards_zones_and_land_use_fill_the_city_exactly() {
        use geo::Area as _;
        let plan = plan::Plan::new(200.0);
        let mut admin = admin::Admin::new(&plan, 20, 6);
        ground::buildings(&plan, &mut admin, 1000);
        let area = |sheet: &sheet::Sheet| -> f64 {
            (0..sheet.shapes.len())
                .filter_map(|row| sheet.shapes.get(row).to_geo())
                .map(|shape| shape.unsigned_area())
                .sum()
        };
        let [city, zones, wards] = admin.sheets(&plan, NAME);
        let whole = area(&city);
        for sheet in [&zones, &wards, &ground::land_use(&plan, &admin)] {
            assert!(
                (area(sheet) - whole).abs() < 0.01,
                "{}: {} of {whole}",
                sheet.layer,
                area(sheet)
            );
        }
        assert!(admin.wards.iter().all(|ward| ward.people >= 0));
    }

    #[test]
    fn the_hamlet_in_the_fixtures_is_what_the_generator_makes() {
        let kept = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/demo"));
        let made = tempfile::tempdir().expect("a folder");
        write(made.path(), 0.05).expect("a hamlet");
        // Coordinates in degrees and GDAL's own files depend on the versions of PROJ and GDAL; these do not.
        for file in [
            "indicators/SLB-2.1.1.csv",
            "indicators/population.csv",
            "wards_2022.zip.metadata.json",
        ] {
            let [a, b] = [kept, made.path()].map(|dir| fs::read(dir.join(file)).expect("a file"));
            assert!(a == b, "fixtures/demo/{file} is old: write the hamlet anew");
        }
    }

    #[test]
    fn a_scale_that_makes_no_city_is_refused() {
        let dir = tempfile::tempdir().expect("a folder");
        for scale in [0.0, -1.0, f64::NAN, 1e9] {
            assert!(matches!(write(dir.path(), scale), Err(DemoError::Scale(_))));
        }
    }
}
