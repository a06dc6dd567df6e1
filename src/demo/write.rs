//! The layers as files, each in a format that an office would send.
//!
//! GDAL writes the shapefile and the GeoPackage: it is the other side's tool, so the readers are tried on
//! what they will meet. All dates inside the files are fixed, so that the same city gives the same bytes.

use std::{
    fs,
    io::{self, BufWriter, Write as _},
    path::Path,
};

use gdal::{
    DriverManager,
    config::{clear_thread_local_config_option, set_thread_local_config_option},
    spatial_ref::SpatialRef,
    vector::{
        Feature, FieldDefn, Geometry, LayerAccess as _, LayerOptions, OGRFieldType,
        OGRwkbGeometryType,
    },
};

use super::{DemoError, sheet::Sheet};
use crate::{
    crs::Reprojector,
    model::{FieldType, ShapeKind, ShapeRef, Value, value::date_text},
};

/// The system the demo's offices work in.
const EPSG: u32 = 32643;

fn io_at(path: &Path) -> impl FnOnce(io::Error) -> DemoError {
    let path = path.to_owned();
    move |source| DemoError::Write { path, source }
}

/// Little-endian well-known binary of a single-part geometry.
fn wkb(shape: ShapeRef<'_, f64>) -> Vec<u8> {
    let code: u32 = match shape.kind {
        ShapeKind::Point => 1,
        ShapeKind::LineString => 2,
        _ => 3,
    };
    let mut out = vec![1];
    out.extend(code.to_le_bytes());
    let put = |out: &mut Vec<u8>, ring: &[[f64; 2]]| {
        for place in ring {
            out.extend(place[0].to_le_bytes());
            out.extend(place[1].to_le_bytes());
        }
    };
    for part in shape.parts() {
        if code == 3 {
            out.extend((part.rings().len() as u32).to_le_bytes());
        }
        for ring in part.rings() {
            if code > 1 {
                out.extend((ring.len() as u32).to_le_bytes());
            }
            put(&mut out, ring);
        }
    }
    out
}

fn fill(
    dataset: &mut gdal::Dataset,
    sheet: &Sheet,
    options: &[&str],
) -> Result<(), gdal::errors::GdalError> {
    let srs = SpatialRef::from_epsg(EPSG)?;
    let kind = match sheet
        .shapes
        .kinds
        .first()
        .map(|&kind| ShapeKind::from_u8(kind))
    {
        Some(ShapeKind::Point) => OGRwkbGeometryType::wkbPoint,
        Some(ShapeKind::LineString) => OGRwkbGeometryType::wkbLineString,
        _ => OGRwkbGeometryType::wkbPolygon,
    };
    let layer = dataset.create_layer(LayerOptions {
        name: sheet.layer,
        srs: Some(&srs),
        ty: kind,
        options: Some(options),
    })?;
    for field in &sheet.table.fields {
        let kind = match field.kind {
            FieldType::Text => OGRFieldType::OFTString,
            FieldType::Integer => OGRFieldType::OFTInteger64,
            FieldType::Real => OGRFieldType::OFTReal,
            FieldType::Bool => OGRFieldType::OFTInteger,
            FieldType::Date => OGRFieldType::OFTDate,
            FieldType::DateTime => OGRFieldType::OFTDateTime,
        };
        let defn = FieldDefn::new(&field.name, kind)?;
        if field.kind == FieldType::Real {
            defn.set_width(16);
            defn.set_precision(3);
        }
        if field.kind == FieldType::Text {
            defn.set_width(120);
        }
        defn.add_to_layer(&layer)?;
    }
    let definition = layer.defn();
    for row in 0..sheet.shapes.len() {
        let mut feature = Feature::new(definition)?;
        feature.set_geometry(Geometry::from_wkb(&wkb(sheet.shapes.get(row)))?)?;
        for (at, column) in sheet.table.columns.iter().enumerate() {
            match column.get(row) {
                Value::Null => {}
                Value::Text(text) => feature.set_field_string(at, text)?,
                Value::Integer(number) => feature.set_field_integer64(at, number)?,
                Value::Real(number) => feature.set_field_double(at, number)?,
                Value::Bool(yes) => feature.set_field_integer(at, i32::from(yes))?,
                Value::Date(days) => feature.set_field_string(at, &date_text(days))?,
                Value::DateTime(_) => feature.set_field_string(at, &column.get(row).to_text())?,
            }
        }
        feature.create(&layer)?;
    }
    Ok(())
}

/// A GeoPackage in UTM.
pub(super) fn geopackage(sheet: &Sheet, path: &Path) -> Result<u64, DemoError> {
    let wrong = |source| DemoError::Gdal {
        path: path.to_owned(),
        source,
    };
    // The moment of writing would be the only thing that differs between two runs.
    set_thread_local_config_option("OGR_CURRENT_DATE", "2026-01-05T06:30:00.000Z")
        .map_err(wrong)?;
    let made = DriverManager::get_driver_by_name("GPKG")
        .and_then(|driver| driver.create_vector_only(path))
        .and_then(|mut dataset| {
            let mut transaction = dataset.start_transaction()?;
            fill(&mut transaction, sheet, &[])?;
            transaction.commit()?;
            dataset.close()
        });
    clear_thread_local_config_option("OGR_CURRENT_DATE").map_err(wrong)?;
    made.map_err(wrong)?;
    Ok(sheet.shapes.len() as u64)
}

/// A shapefile in UTM, in a folder inside a zip, as people pack it. `scratch` is an empty folder.
pub(super) fn zipped_shapefile(
    sheet: &Sheet,
    path: &Path,
    scratch: &Path,
) -> Result<u64, DemoError> {
    let bare = scratch.join(format!("{}.shp", sheet.layer));
    let wrong = |source| DemoError::Gdal {
        path: path.to_owned(),
        source,
    };
    DriverManager::get_driver_by_name("ESRI Shapefile")
        .and_then(|driver| driver.create_vector_only(&bare))
        .and_then(|mut dataset| {
            let options = ["ENCODING=UTF-8", "DBF_DATE_LAST_UPDATE=2026-01-05"];
            fill(&mut dataset, sheet, &options)?;
            dataset.close()
        })
        .map_err(wrong)?;
    let file = fs::File::create(path).map_err(io_at(path))?;
    let mut zip = zip::ZipWriter::new(BufWriter::new(file));
    let options = zip::write::SimpleFileOptions::default()
        .compression_method(zip::CompressionMethod::Deflated)
        .last_modified_time(zip::DateTime::default());
    let packed = |source| DemoError::Zip {
        path: path.to_owned(),
        source,
    };
    for end in ["shp", "shx", "dbf", "prj", "cpg"] {
        let part = bare.with_extension(end);
        zip.start_file(format!("{0}/{0}.{end}", sheet.layer), options)
            .map_err(packed)?;
        let mut from = fs::File::open(&part).map_err(io_at(&part))?;
        io::copy(&mut from, &mut zip).map_err(io_at(path))?;
    }
    let mut file = zip.finish().map_err(packed)?;
    file.flush().map_err(io_at(path))?;
    Ok(sheet.shapes.len() as u64)
}

/// The rings of each row in longitude and latitude, nine decimals: a tenth of a millimetre.
pub(super) fn lonlat(sheet: &Sheet) -> Result<Vec<Vec<Vec<[f64; 2]>>>, DemoError> {
    let reprojector = Reprojector::between(&format!("EPSG:{EPSG}"), "EPSG:4326")?;
    let mut coords = sheet.shapes.coords.clone();
    reprojector.apply(&mut coords);
    for place in &mut coords {
        *place = place.map(|degrees| (degrees * 1e9).round() / 1e9);
    }
    let view = sheet.shapes.view();
    let moved = crate::model::ShapesRef {
        coords: &coords,
        ..view
    };
    Ok(moved
        .iter()
        .map(|shape| {
            shape
                .parts()
                .flat_map(|part| part.rings().map(<[_]>::to_vec).collect::<Vec<_>>())
                .collect()
        })
        .collect())
}

/// GeoJSON in longitude and latitude.
pub(super) fn geojson(sheet: &Sheet, path: &Path) -> Result<u64, DemoError> {
    let rows = lonlat(sheet)?;
    let file = fs::File::create(path).map_err(io_at(path))?;
    let mut out = BufWriter::new(file);
    let mut put = |text: &str| out.write_all(text.as_bytes()).map_err(io_at(path));
    put(&format!(
        "{{\"type\":\"FeatureCollection\",\"name\":\"{}\",\"features\":[\n",
        sheet.layer
    ))?;
    for (row, rings) in rows.iter().enumerate() {
        let properties: serde_json::Map<String, serde_json::Value> = sheet
            .table
            .fields
            .iter()
            .zip(&sheet.table.columns)
            .map(|(field, column)| (field.name.clone(), column.get(row).to_json()))
            .collect();
        let (kind, coordinates) = match sheet.shapes.get(row).kind {
            ShapeKind::Point => ("Point", serde_json::json!(rings[0][0])),
            ShapeKind::LineString => ("LineString", serde_json::json!(rings[0])),
            _ => ("Polygon", serde_json::json!(rings)),
        };
        let feature = serde_json::json!({
            "type": "Feature", "properties": properties,
            "geometry": {"type": kind, "coordinates": coordinates}
        });
        put(&feature.to_string())?;
        put(if row + 1 < rows.len() { ",\n" } else { "\n" })?;
    }
    put("]}\n")?;
    out.flush().map_err(io_at(path))?;
    Ok(rows.len() as u64)
}

/// Text to a file.
pub(super) fn text(path: &Path, text: &str) -> Result<(), DemoError> {
    fs::write(path, text).map_err(io_at(path))
}
