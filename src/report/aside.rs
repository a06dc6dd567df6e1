//! The rows that were set aside, as files to mend and send again.
//!
//! They are kept once, as lines that know no language and no form ([`set_aside_lines`]), and given out as GeoJSON or
//! CSV in a language ([`SetAsideText`]). The command line and the server both go this way, so they give the same bytes.

use std::{
    collections::VecDeque,
    fmt::Write as _,
    io::{self, BufRead, Lines, Write},
};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::table::cell;
use crate::{
    model::{CrsName, LayerId, Say},
    standard::Standards,
    validate::{Aside, Report, geojson_geometry},
};

/// What stands beside the values of the file, in every form.
const OURS: [&str; 3] = ["parat_row", "parat_rules", "parat_reason"];

/// The first line of a layer's rows.
#[derive(Serialize, Deserialize)]
struct Head {
    layer: LayerId,
    fields: Vec<String>,
    /// False where nobody knows the CRS: then the coordinates are those of the file.
    placed: bool,
}

/// A row.
#[derive(Serialize, Deserialize)]
struct Line {
    row: Option<u64>,
    rules: Vec<String>,
    message: String,
    say: Say,
    /// In the order of the head's fields.
    values: Vec<Value>,
    geometry: Option<Value>,
}

/// Writes a layer's rows as they are kept: a line that says what they are, then a line a row, each a JSON object.
pub fn set_aside_lines(report: &Report, aside: &Aside, out: &mut dyn Write) -> io::Result<()> {
    let fields = &aside.table.fields;
    serde_json::to_writer(
        &mut *out,
        &Head {
            layer: report.layer.clone(),
            fields: fields.iter().map(|field| field.name.clone()).collect(),
            placed: report.bbox.is_some() || report.crs != CrsName::Missing,
        },
    )?;
    out.write_all(b"\n")?;
    for (at, reason) in aside.reasons.iter().enumerate() {
        let columns = aside.table.columns.iter();
        serde_json::to_writer(
            &mut *out,
            &Line {
                row: reason.place.row,
                rules: reason.rules.clone(),
                message: reason.message.clone(),
                say: reason.say.clone(),
                values: columns.map(|column| column.get(at).to_json()).collect(),
                geometry: geojson_geometry(aside.shapes.get(at)),
            },
        )?;
        out.write_all(b"\n")?;
    }
    Ok(())
}

/// What a person opens them with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SetAsideForm {
    /// A feature collection: the values of the file under its names and, beside them, `parat_row` (the row in the
    /// file), `parat_rules` and `parat_reason`. Where nobody knows the CRS, the coordinates are those of the file and
    /// the collection says so.
    GeoJson,
    /// RFC 4180, safe to open in a spreadsheet, with the geometry as well-known text.
    Csv,
}

/// Kept rows on their way to a file, a piece at a time, however many there are.
pub struct SetAsideText<R> {
    form: SetAsideForm,
    standards: &'static Standards,
    language: String,
    /// What is left, layer by layer.
    layers: VecDeque<(Head, Lines<R>)>,
    /// The columns of all layers, for CSV.
    columns: Vec<String>,
    several: bool,
    placed: bool,
    reached: Reached,
}

/// How far the text has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reached {
    Nothing,
    Head,
    Row,
    End,
}

impl<R: BufRead> SetAsideText<R> {
    /// Begins with the kept rows of some layers; with none, what follows says that none were set aside.
    pub fn new(
        form: SetAsideForm,
        kept: impl IntoIterator<Item = R>,
        standards: &'static Standards,
        language: &str,
    ) -> io::Result<Self> {
        let mut layers = VecDeque::new();
        let mut columns: Vec<String> = vec![];
        for kept in kept {
            let mut lines = kept.lines();
            let Some(head) = lines.next() else {
                continue;
            };
            let head: Head = serde_json::from_str(&head?)?;
            for field in &head.fields {
                if !columns.contains(field) {
                    columns.push(field.clone());
                }
            }
            layers.push_back((head, lines));
        }
        Ok(Self {
            form,
            standards,
            language: language.to_owned(),
            columns,
            several: layers.len() > 1,
            placed: layers.iter().all(|(head, _)| head.placed),
            layers,
            reached: Reached::Nothing,
        })
    }

    /// The next piece, of about so many bytes; none at the end.
    pub fn piece(&mut self, about: usize) -> io::Result<Option<String>> {
        if self.reached == Reached::End {
            return Ok(None);
        }
        let mut out = String::new();
        if self.reached == Reached::Nothing {
            self.open(&mut out);
            self.reached = Reached::Head;
        }
        while out.len() < about {
            let Some((head, lines)) = self.layers.front_mut() else {
                if self.form == SetAsideForm::GeoJson {
                    out.push_str("\n]}\n");
                }
                self.reached = Reached::End;
                break;
            };
            let Some(line) = lines.next() else {
                self.layers.pop_front();
                continue;
            };
            let line: Line = serde_json::from_str(&line?)?;
            let reason = if line.say.is_silent() {
                line.message.clone()
            } else {
                self.standards.messages().render(&line.say, &self.language)
            };
            let layer = self.several.then_some(&head.layer);
            match self.form {
                SetAsideForm::GeoJson => {
                    let parted = self.reached == Reached::Row;
                    out.push_str(if parted { ",\n" } else { "\n" });
                    self.reached = Reached::Row;
                    out.push_str(&feature(&head.fields, line, reason, layer).to_string());
                }
                SetAsideForm::Csv => {
                    record(&self.columns, &head.fields, &line, &reason, layer, &mut out);
                }
            }
        }
        Ok(Some(out))
    }

    /// All of it, for who has room.
    pub fn whole(mut self) -> io::Result<String> {
        let mut all = String::new();
        while let Some(piece) = self.piece(usize::MAX)? {
            all.push_str(&piece);
        }
        Ok(all)
    }

    fn open(&self, out: &mut String) {
        match self.form {
            SetAsideForm::GeoJson => {
                out.push_str("{\"type\":\"FeatureCollection\",");
                if !self.placed {
                    out.push_str("\"parat_crs\":\"unknown: coordinates are those of the file\",");
                }
                out.push_str("\"features\":[");
            }
            SetAsideForm::Csv => {
                let ours = OURS.iter().map(|name| (*name).to_owned());
                let layer = self.several.then(|| "parat_layer".to_owned());
                let theirs = self.columns.iter().map(|name| cell(name));
                let head: Vec<String> = ours
                    .chain(layer)
                    .chain(theirs)
                    .chain(["geometry".to_owned()])
                    .collect();
                out.push_str(&head.join(","));
                out.push_str("\r\n");
            }
        }
    }
}

fn feature(fields: &[String], line: Line, reason: String, layer: Option<&LayerId>) -> Value {
    let mut properties: Map<String, Value> = fields.iter().cloned().zip(line.values).collect();
    let [row, rules, why] = OURS;
    properties.insert(row.to_owned(), line.row.into());
    properties.insert(rules.to_owned(), line.rules.join(" ").into());
    properties.insert(why.to_owned(), reason.into());
    if let Some(layer) = layer {
        properties.insert("parat_layer".to_owned(), layer.as_str().into());
    }
    json!({"type": "Feature", "geometry": line.geometry, "properties": properties})
}

fn record(
    columns: &[String],
    fields: &[String],
    line: &Line,
    reason: &str,
    layer: Option<&LayerId>,
    out: &mut String,
) {
    let mut cells = vec![
        line.row.map(|row| row.to_string()).unwrap_or_default(),
        line.rules.join(" "),
        cell(reason),
    ];
    cells.extend(layer.map(|layer| layer.as_str().to_owned()));
    for column in columns {
        let at = fields.iter().position(|field| field == column);
        cells.push(match at.and_then(|at| line.values.get(at)) {
            None | Some(Value::Null) => String::new(),
            Some(Value::String(text)) => cell(text),
            // Only text can start a formula; a whole number is written as one, whatever held it.
            Some(Value::Number(number)) if number.is_f64() => {
                number.as_f64().unwrap_or_default().to_string()
            }
            Some(plain) => plain.to_string(),
        });
    }
    cells.push(cell(&line.geometry.as_ref().map_or_else(String::new, wkt)));
    out.push_str(&cells.join(","));
    out.push_str("\r\n");
}

/// Well-known text (OGC 06-103r4) of a GeoJSON geometry.
fn wkt(geometry: &Value) -> String {
    /// A place as `x y`, anything above it in brackets.
    fn nested(value: &Value, out: &mut String) {
        let all = value.as_array().map_or(&[][..], Vec::as_slice);
        if let [x, y, ..] = all
            && let (Some(x), Some(y)) = (x.as_f64(), y.as_f64())
        {
            let _ = write!(out, "{x} {y}");
            return;
        }
        out.push('(');
        for (at, one) in all.iter().enumerate() {
            out.push_str(if at == 0 { "" } else { ", " });
            nested(one, out);
        }
        out.push(')');
    }
    let Some(kind) = geometry["type"].as_str() else {
        return String::new();
    };
    let mut out = kind.to_uppercase();
    out.push(' ');
    let coordinates = &geometry["coordinates"];
    if kind == "Point" {
        out.push('(');
        nested(coordinates, &mut out);
        out.push(')');
    } else {
        nested(coordinates, &mut out);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_geometry_is_the_same_in_both_forms() {
        for (given, wanted) in [
            (
                json!({"type": "Point", "coordinates": [1.5, -2.0]}),
                "POINT (1.5 -2)",
            ),
            (
                json!({"type": "LineString", "coordinates": [[0, 0], [1, 2]]}),
                "LINESTRING (0 0, 1 2)",
            ),
            (
                json!({"type": "MultiPolygon", "coordinates": [[[[0, 0], [1, 0], [1, 1], [0, 0]]]]}),
                "MULTIPOLYGON (((0 0, 1 0, 1 1, 0 0)))",
            ),
        ] {
            assert_eq!(wkt(&given), wanted);
        }
    }

    #[test]
    fn layers_with_other_columns_stand_under_one_header_and_no_cell_is_a_formula() {
        let kept = |layer: &str, field: &str, value: &str| {
            format!(
                "{{\"layer\":\"{layer}\",\"fields\":[\"{field}\"],\"placed\":false}}\n\
                 {{\"row\":3,\"rules\":[\"A02\"],\"message\":\"m\",\"say\":{{\"id\":\"\"}},\"values\":[\"{value}\"],\"geometry\":null}}\n"
            )
        };
        let all = [kept("road", "a", "=1+1"), kept("parcel", "b", "x")];
        let text = |form, kept: &[String]| {
            let kept = kept.iter().map(String::as_bytes);
            SetAsideText::new(form, kept, Standards::builtin(), "en")
                .unwrap()
                .whole()
                .unwrap()
        };
        let csv = text(SetAsideForm::Csv, &all);
        assert_eq!(
            csv,
            "parat_row,parat_rules,parat_reason,parat_layer,a,b,geometry\r\n\
             3,A02,m,road,\"'=1+1\",,\r\n3,A02,m,parcel,,x,\r\n"
        );
        let geojson: Value = serde_json::from_str(&text(SetAsideForm::GeoJson, &all)).unwrap();
        assert_eq!(geojson["features"][0]["properties"]["a"], "=1+1");
        assert_eq!(
            geojson["features"][1]["properties"]["parat_layer"],
            "parcel"
        );
        assert!(geojson["parat_crs"].is_string());
        let none: Value = serde_json::from_str(&text(SetAsideForm::GeoJson, &[])).unwrap();
        assert_eq!(none, json!({"type": "FeatureCollection", "features": []}));
        // In pieces it is the same.
        let mut parts = SetAsideText::new(
            SetAsideForm::Csv,
            all.iter().map(String::as_bytes),
            Standards::builtin(),
            "en",
        )
        .unwrap();
        let mut whole = String::new();
        while let Some(piece) = parts.piece(1).unwrap() {
            whole.push_str(&piece);
        }
        assert_eq!(whole, csv);
    }
}
