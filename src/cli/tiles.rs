//! `parat tiles export`: the tiles of published layers as files, for a static host or another tool.

use std::{fs, path::PathBuf};

use clap::Subcommand;
use serde_json::json;

use super::{Exit, Failure, Place};
use crate::{
    app::{App, Export, ExportError, ExportForm},
    config::Config,
    http,
    model::LayerId,
};

const EXAMPLES: &str = "\
With one layer, --out is the file (or, for `dir`, the folder) itself; with several it is a folder with one of
each layer. `dir` writes LAYER/z/x/y.mvt, a LAYER.json (TileJSON 3.0) for each layer and a style.json for all,
with addresses below --url.

Examples:
  parat tiles export road --data city --out road.pmtiles
  parat tiles export ward_boundary --data city --format mbtiles --out wards.mbtiles --zooms 6-14
  parat tiles export ward_boundary road --data city --format dir --out site --url https://tiles.example.in";

#[derive(Debug, clap::Args)]
pub(super) struct Tiles {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Write the tiles of published layers to files
    #[command(after_help = EXAMPLES)]
    Export(Order),
}

#[derive(Debug, clap::Args)]
struct Order {
    /// Published layers, such as road
    #[arg(value_name = "LAYER", required = true)]
    layers: Vec<String>,
    #[command(flatten)]
    place: Place,
    /// What to write
    #[arg(long, value_parser = ["pmtiles", "mbtiles", "dir"], default_value = "pmtiles")]
    format: String,
    /// Where to
    #[arg(long, value_name = "PATH")]
    out: PathBuf,
    /// The zooms, such as 6-14 [default: 0 to a depth at which tiles are small]
    #[arg(long, value_name = "A-B")]
    zooms: Option<String>,
    /// For `dir`: the address at which the folder will stand
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:8000")]
    url: String,
    /// For `dir`: write y.mvt.gz, for a host that sends such files with Content-Encoding
    #[arg(long)]
    gzip: bool,
}

impl From<ExportError> for Failure {
    fn from(error: ExportError) -> Self {
        Self::new(Exit::Internal, &error)
    }
}

impl Tiles {
    pub(super) fn run(&self, config: Config) -> Result<Exit, Failure> {
        let What::Export(order) = &self.what;
        order.run(config)
    }
}

impl Order {
    fn run(&self, config: Config) -> Result<Exit, Failure> {
        let zooms = self.zooms.as_deref().map(zooms).transpose()?;
        let config = self.place.config(config);
        super::serve::exists(&config.data)?;
        let app = App::open(config)?;
        let live = app.live();
        let (form, ending) = match self.format.as_str() {
            "mbtiles" => (ExportForm::Mbtiles, ".mbtiles"),
            "dir" => (ExportForm::Folder { gzip: self.gzip }, ""),
            _ => (ExportForm::Pmtiles, ".pmtiles"),
        };
        let is_folder = ending.is_empty();
        let mut snapshots = vec![];
        for name in &self.layers {
            let id: LayerId = name
                .parse()
                .map_err(|error| Failure::usage(format!("{error}")))?;
            snapshots.push(live.snapshot(&id)?.clone());
        }
        let url = self.url.trim_end_matches('/');
        let mut made = vec![];
        for snapshot in &snapshots {
            let id = &snapshot.info().id;
            let out = if is_folder || snapshots.len() > 1 {
                self.out.join(format!("{id}{ending}"))
            } else {
                self.out.clone()
            };
            let export = Export {
                form,
                out: out.clone(),
                zooms,
            };
            let done = app.export(snapshot, &export)?;
            println!(
                "{id}: {} tiles at zoom {} to {} in {}",
                done.tiles,
                done.zooms[0],
                done.zooms[1],
                out.display()
            );
            if is_folder {
                let path = self.out.join(format!("{id}.json"));
                let address = format!("{url}/{id}/{{z}}/{{x}}/{{y}}.mvt");
                let value = http::static_tilejson(snapshot, &address, done.zooms);
                fs::write(path, serde_json::to_vec_pretty(&value).unwrap_or_default())?;
            }
            made.push((snapshot.info(), done.zooms));
        }
        if is_folder {
            let mut style = http::static_style(&made, url);
            style["metadata"] =
                json!({"parat:note": "labels need glyphs, which a folder of tiles does not hold"});
            let path = self.out.join("style.json");
            fs::write(path, serde_json::to_vec_pretty(&style).unwrap_or_default())?;
        }
        Ok(Exit::Good)
    }
}

fn zooms(text: &str) -> Result<[u8; 2], Failure> {
    let number = |text: &str| text.parse::<u8>().ok().filter(|zoom| *zoom <= 20);
    let (least, greatest) = text.split_once('-').unwrap_or((text, text));
    match (number(least), number(greatest)) {
        (Some(least), Some(greatest)) if least <= greatest => Ok([least, greatest]),
        _ => Err(Failure::usage(format!(
            "--zooms: `{text}` is not a range of zooms such as 6-14, from 0 to 20"
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zooms_are_a_number_or_a_range_that_ends_after_it_begins() {
        assert_eq!(zooms("6-14").ok(), Some([6, 14]));
        assert_eq!(zooms("9").ok(), Some([9, 9]));
        for bad in ["", "-", "9-6", "0-21", "a-b", "1-2-3"] {
            assert!(zooms(bad).is_err(), "{bad}");
        }
    }
}
