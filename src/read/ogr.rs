//! What GDAL opens: GeoPackage, GeoJSON, KML, FlatGeobuf, GML.
//!
//! Only the driver that the file's kind asks for may open it, so that nothing disguised as one format is
//! read as another: a VRT named `x.geojson` would read other files of the machine.

use std::{cell::RefCell, collections::BTreeMap, path::Path, sync::Once};

use gdal::{
    Dataset, DatasetOptions, GdalOpenFlags,
    vector::{Layer, LayerAccess, OGRFieldType},
};

use super::{
    bundle::Kind,
    delivery::{Refused, Rows, note},
    geopackage, json,
    kml::drop_driver_columns,
    raw,
    seen::{self, SeenRows},
    srs,
    value::read_value,
    wkb,
};
use crate::model::{
    CrsName, CrsOrigin, Encoding, Field, FieldType, Note, RawLayer, Shapes, Source, Table,
};

thread_local! {
    /// What GDAL complained of on this thread since the last reset; bounded.
    static COMPLAINTS: RefCell<Vec<String>> = const { RefCell::new(vec![]) };
}

/// Silences GDAL's writing to standard error and keeps what it says; sets what every read needs.
pub(super) fn prepare() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        gdal::config::set_error_handler(|class, _, message| {
            if matches!(
                class,
                gdal::errors::CplErrType::Failure | gdal::errors::CplErrType::Fatal
            ) {
                COMPLAINTS.with_borrow_mut(|kept| {
                    if kept.len() < 20 {
                        kept.push(message.chars().take(300).collect());
                    }
                });
            }
        });
        for (key, value) in [
            // A GML's schema may name any address or file.
            ("GML_DOWNLOAD_SCHEMA", "NO"),
            ("GML_SKIP_RESOLVE_ELEMS", "ALL"),
            ("GDAL_DISABLE_READDIR_ON_OPEN", "EMPTY_DIR"),
            ("PROJ_NETWORK", "OFF"),
            ("OGR_CT_FORCE_TRADITIONAL_GIS_ORDER", "YES"),
        ] {
            let _ = gdal::config::set_config_option(key, value);
        }
    });
    COMPLAINTS.with_borrow_mut(Vec::clear);
}

fn complaints() -> Vec<String> {
    COMPLAINTS.with_borrow_mut(std::mem::take)
}

/// What is known of a file before GDAL opens it.
pub(super) struct Asked<'a> {
    /// What it is.
    pub(super) kind: Kind,
    /// The name for messages.
    pub(super) label: &'a str,
    /// Where the layers come from; the layer's name and the format are filled in here.
    pub(super) source: Source,
    /// What the layer is called where the format has no names.
    pub(super) layer_name: String,
    /// Only this layer.
    pub(super) only: Option<&'a str>,
    /// How many layers are read.
    pub(super) most: usize,
}

/// Reads all layers. `path` must have the extension of its kind; drivers look at it.
pub(super) fn read(path: &Path, asked: &Asked<'_>) -> std::io::Result<Result<Read, Refused>> {
    prepare();
    let mut found = Read::default();
    let mut fixed = None;
    let mut format = None;
    let (mut drivers, mut options): (&[&str], &[&str]) = match asked.kind {
        Kind::GeoPackage => (&["GPKG"], &[]),
        Kind::Kml => (&["LIBKML", "KML"], &[]),
        Kind::FlatGeobuf => (&["FlatGeobuf"], &["VERIFY_BUFFERS=YES"]),
        Kind::Gml => (&["GML"], &["DOWNLOAD_SCHEMA=NO"]),
        _ => (&["GeoJSON", "ESRIJSON", "TopoJSON"], &[]),
    };
    if asked.kind == Kind::Kml {
        fixed = Some((srs::lonlat(), CrsOrigin::Format));
    }
    if asked.kind == Kind::GeoJson {
        match json::look(path, asked.label)? {
            Err(refused) => return Ok(Err(refused)),
            Ok(json::Json::Whole { crs, odd_crs }) => {
                fixed = Some(match (crs, &odd_crs) {
                    (Some(crs), _) => (crs, CrsOrigin::Declared),
                    (None, None) => (srs::lonlat(), CrsOrigin::Format),
                    (None, Some(_)) => (CrsName::Missing, CrsOrigin::Unknown),
                });
                if let Some(odd) = odd_crs {
                    found.notes.push(note(
                        "crs_unreadable",
                        format!("the crs member says `{odd}`, which names no known system"),
                    ));
                }
            }
            Ok(json::Json::Lines { broken, features }) => {
                (drivers, options) = (&["GeoJSONSeq"], &[]);
                format = Some("GeoJSON lines");
                fixed = Some((srs::lonlat(), CrsOrigin::Format));
                if let Some((line, what)) = broken {
                    found.notes.push(note(
                        "truncated",
                        format!("line {line} is not a feature ({what}); {features} features stand before it and what follows may be missing"),
                    ));
                }
            }
        }
    }
    let computed = match asked.kind {
        Kind::GeoPackage => geopackage::computed(path),
        _ => Ok(BTreeMap::new()),
    };
    let mut computed = match computed {
        Ok(names) => names,
        Err(geopackage::Unsafe::Broken) => return Ok(Err(unreadable(asked))),
        Err(geopackage::Unsafe::Computed(name)) => {
            let message = format!("`{name}` of the GeoPackage is a view, not a table");
            return Ok(Err(view(asked.label, message)));
        }
    };
    // The indexes of layers stay: SQLite's own, and only asked where something is searched for.
    computed.retain(|name, _| !name.starts_with("rtree_"));
    let plain = path.with_file_name("plain");
    let path = if computed.is_empty() {
        path.to_owned()
    } else {
        std::fs::create_dir(&plain)?;
        let copy = plain.join(format!("{STEM}.gpkg"));
        if !geopackage::without(path, &computed, &copy)? {
            return Ok(Err(unreadable(asked)));
        }
        copy
    };
    let opened = Dataset::open_ex(
        &path,
        DatasetOptions {
            open_flags: GdalOpenFlags::GDAL_OF_VECTOR | GdalOpenFlags::GDAL_OF_READONLY,
            allowed_drivers: Some(drivers),
            open_options: Some(options),
            sibling_files: None,
        },
    );
    let Ok(dataset) = opened else {
        return Ok(Err(unreadable(asked)));
    };
    let format = format.unwrap_or(match dataset.driver().short_name().as_str() {
        "GPKG" => "GeoPackage",
        "LIBKML" | "KML" => "KML",
        "FlatGeobuf" => "FlatGeobuf",
        "GML" => "GML",
        "ESRIJSON" => "Esri JSON",
        "TopoJSON" => "TopoJSON",
        _ => "GeoJSON",
    });
    if format == "Esri JSON" {
        fixed = None;
    }
    if dataset.layer_count() == 0 && computed.is_empty() {
        return Ok(Err(unreadable(asked)));
    }
    for (lower, name) in &computed {
        if asked
            .only
            .is_none_or(|only| only.to_ascii_lowercase() == *lower)
        {
            let name: String = name.chars().take(60).collect();
            let message = format!("`{name}` is a view, not a table");
            found.refused.push(view(asked.label, message));
        }
    }
    let mut empty = vec![];
    for at in 0..dataset.layer_count() {
        let Ok(layer) = dataset.layer(at) else {
            continue;
        };
        let name = layer.name();
        let name = if name == STEM || name.is_empty() || name == "OGRGeoJSON" {
            asked.layer_name.clone()
        } else {
            name
        };
        if asked.only.is_some_and(|only| only != name) {
            continue;
        }
        if found.layers.len() + found.refused.len() >= asked.most {
            found
                .refused
                .push(Refused::too_many_layers(asked.label, asked.most));
            break;
        }
        if computed.contains_key(&name.to_ascii_lowercase()) {
            continue;
        }
        let fields = layer.defn().geom_fields().count();
        if fields == 0 && asked.kind == Kind::GeoPackage {
            found.notes.push(note(
                "table_without_geometry",
                format!("table `{name}` has no geometry and was left out"),
            ));
            continue;
        }
        let source = Source {
            layer: name,
            format: format.to_owned(),
            ..asked.source.clone()
        };
        let one = layer_of(&layer, source, fixed.clone(), asked.kind);
        if one.is_empty() && asked.kind == Kind::Kml {
            empty.push(one);
        } else {
            found.layers.push(one);
        }
    }
    if found.layers.is_empty() {
        // A KML whose folders are all empty is an empty delivery, and should be judged as one.
        found.layers.extend(empty.into_iter().next());
    } else if !empty.is_empty() {
        let names: Vec<_> = empty
            .iter()
            .map(|layer| layer.source.layer.as_str())
            .collect();
        found.notes.push(note(
            "empty_folders",
            format!("these folders hold no features: {}", names.join(", ")),
        ));
    }
    if found.layers.is_empty() && found.notes.is_empty() && found.refused.is_empty() {
        let (message, remedy) = match asked.only {
            Some(only) => (
                format!("there is no layer `{only}` in the file"),
                "name one of the file's layers",
            ),
            None => (
                "the file holds no layer".to_owned(),
                "export the layer again",
            ),
        };
        return Ok(Err(Refused::new(asked.label, "no_layer", message, remedy)));
    }
    Ok(Ok(found))
}

/// The stem that files are given before GDAL opens them, so that it cannot become a layer's name.
pub(super) const STEM: &str = "data_of_this_job";

/// What one file gave.
#[derive(Default)]
pub(super) struct Read {
    pub(super) layers: Vec<RawLayer>,
    pub(super) refused: Vec<Refused>,
    pub(super) notes: Vec<Note>,
}

/// The refusal of what is computed by the file itself.
fn view(label: &str, message: String) -> Refused {
    Refused::new(
        label,
        "view",
        message + "; what a file computes is not run here",
        "export the view as a layer of its own (QGIS: Export > Save Features As), and send that",
    )
}

fn unreadable(asked: &Asked<'_>) -> Refused {
    let said = complaints();
    let format = match asked.kind {
        Kind::GeoPackage => "GeoPackage",
        Kind::Kml => "KML",
        Kind::FlatGeobuf => "FlatGeobuf",
        Kind::Gml => "GML",
        _ => "GeoJSON",
    };
    // The first complaint names the place in the file; paths of the job are not the sender's business.
    let reason = said
        .iter()
        .find(|text| !text.contains('/') && !text.contains("not recognized"))
        .map(|text| format!(": {}", text.replace('\n', " ")))
        .unwrap_or_default();
    Refused::new(
        asked.label,
        "unreadable",
        format!("the file cannot be read as {format}{reason}"),
        "check that the file is whole and opens in QGIS, then export it again",
    )
}

/// How one field is read.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum How {
    Text,
    Integer,
    Real,
    Bool,
    Date,
    DateTime,
    Texts,
    Numbers,
    Skip,
}

impl How {
    fn kind(self) -> FieldType {
        match self {
            Self::Integer => FieldType::Integer,
            Self::Real => FieldType::Real,
            Self::Bool => FieldType::Bool,
            Self::Date => FieldType::Date,
            Self::DateTime => FieldType::DateTime,
            _ => FieldType::Text,
        }
    }
}

fn layer_of(
    layer: &Layer<'_>,
    source: Source,
    fixed: Option<(CrsName, CrsOrigin)>,
    kind: Kind,
) -> RawLayer {
    let hows: Vec<(usize, String, How)> = layer
        .defn()
        .fields()
        .enumerate()
        .map(|(at, field)| {
            let how = match field.field_type() {
                OGRFieldType::OFTInteger if raw::is_bool(layer, at) => How::Bool,
                OGRFieldType::OFTInteger | OGRFieldType::OFTInteger64 => How::Integer,
                OGRFieldType::OFTReal => How::Real,
                OGRFieldType::OFTDate => How::Date,
                OGRFieldType::OFTDateTime => How::DateTime,
                OGRFieldType::OFTStringList => How::Texts,
                OGRFieldType::OFTIntegerList
                | OGRFieldType::OFTInteger64List
                | OGRFieldType::OFTRealList => How::Numbers,
                OGRFieldType::OFTBinary => How::Skip,
                _ => How::Text,
            };
            (at, field.name(), how)
        })
        .collect();
    let mut notes = vec![];
    for (_, name, how) in &hows {
        if *how == How::Skip {
            notes.push(note(
                "column_left_out",
                format!("column `{name}` holds binary data and was left out"),
            ));
        }
    }
    let hows: Vec<_> = hows
        .into_iter()
        .filter(|(_, _, how)| *how != How::Skip)
        .collect();
    let mut table = Table::new(
        hows.iter()
            .map(|(_, name, how)| Field::new(name.as_str(), how.kind()))
            .collect(),
    );
    let mut shapes = Shapes::new();
    let mut seen = SeenRows::default();
    let mut not_utf8 = Rows::default();
    let mut buffer = vec![];
    complaints();
    raw::rewind(layer);
    while let Some(mut feature) = raw::next(layer) {
        let row = shapes.len();
        let given = feature.wkb(&mut buffer);
        seen.add(row, given, push(&mut shapes, given, &buffer));
        for ((at, _, how), column) in hows.iter().zip(&mut table.columns) {
            read_value(&mut feature, *at, *how, column, || not_utf8.add(row));
        }
    }
    let said = complaints();
    let declared = matches!(kind, Kind::GeoPackage | Kind::FlatGeobuf)
        .then(|| layer.try_feature_count())
        .flatten();
    let rows = shapes.len() as u64;
    if declared.is_some_and(|declared| declared > rows)
        || !said.is_empty() && kind == Kind::FlatGeobuf
    {
        let declared = declared.unwrap_or(rows);
        notes.push(Note {
            count: declared.saturating_sub(rows),
            ..note(
                "truncated",
                format!("the file says it has {declared} features, but breaks off after {rows}: it was cut short"),
            )
        });
    }
    notes.extend(seen.notes());
    notes.extend(not_utf8.note("bad_utf8", |count| {
        format!("{count} texts are not valid UTF-8 and were read as windows-1252")
    }));
    let (crs, crs_origin) = fixed.unwrap_or_else(|| srs::name(layer.spatial_ref().as_ref(), true));
    if kind == Kind::Kml {
        drop_driver_columns(&mut table, &mut notes);
    }
    seen::finish(RawLayer {
        source,
        crs,
        crs_origin,
        encoding: Some(Encoding {
            name: "UTF-8".to_owned(),
            origin: "format".to_owned(),
            readings: vec![],
        }),
        declared_rows: declared,
        table,
        shapes,
        notes,
    })
}

/// Adds a feature's geometry.
fn push(shapes: &mut Shapes<f64>, given: raw::Given, buffer: &[u8]) -> wkb::Seen {
    match given {
        raw::Given::Wkb | raw::Given::Straightened => wkb::push(shapes, buffer),
        raw::Given::Nothing => {
            shapes.push_none(crate::model::ShapeKind::Missing);
            wkb::Seen::default()
        }
        raw::Given::Unusable => {
            shapes.push_none(crate::model::ShapeKind::Missing);
            wkb::Seen {
                broken: true,
                ..wkb::Seen::default()
            }
        }
    }
}
