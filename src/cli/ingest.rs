//! `parat ingest`: files into the data folder, through the gate.

use std::path::PathBuf;

use super::{
    About, Exit, Failure, Place,
    check::{Format, render},
    terminal,
};
use crate::{
    app::{App, Arrived, Way},
    config::Config,
    store::Became,
};

const EXAMPLES: &str = "\
Every layer of the files passes the gate. What conforms becomes the next version of its layer in one step;
a running server serves it at the next request. What does not is kept out: its report is stored, and the
version before it stays. The same content again is confirmed, not published twice.

Examples:
  parat ingest wards.zip --data city
  parat ingest delivery/ --data city           Boundary first, then wards, then the rest
  parat ingest roads.shp --as road --crs EPSG:32643 --metadata roads.json

Exit codes: 0 all published or confirmed, 1 some layer was kept out, 2 some file could not be read, 3 some
layer could not be judged.";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Ingest {
    /// Files, folders or archives
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    #[command(flatten)]
    about: About,
    #[command(flatten)]
    place: Place,
    /// Print the report as text, or what became of each layer as JSON
    #[arg(long, value_parser = ["text", "json"], default_value = "text")]
    format: String,
    /// Stop at the draft: it is seen by those with a role, and goes its way by `parat version`
    #[arg(long)]
    stage: bool,
    /// Leave the tiles to be made on demand, or by a server in its quiet moments
    #[arg(long)]
    no_pyramid: bool,
}

impl Ingest {
    pub(super) fn run(&self, config: Config) -> Result<Exit, Failure> {
        let ask = self.about.ask()?;
        let app = App::open(self.place.config(config))?;
        let json = self.format == "json";
        let progress = terminal::Progress::new();
        let way = if self.stage { Way::Stage } else { Way::Publish };
        let done = app.take(
            &self.files,
            &ask,
            way,
            &mut |step| progress.step(step),
            &mut |arrived| {
                if !json {
                    progress.aside(|| say(&app, arrived));
                }
            },
        );
        drop(progress);
        let arrived = done?;
        if json {
            let all: Vec<_> = arrived.iter().map(told).collect();
            terminal::out(&format!("{}\n", serde_json::Value::from(all)))?;
        }
        if !self.no_pyramid {
            pyramids(&app, &arrived, !json)?;
        }
        Ok(exit(&arrived))
    }
}

/// Makes the tiles of what was published. All of it is public already; a failure leaves tiles to be made on
/// demand.
fn pyramids(app: &App, arrived: &[Arrived], say: bool) -> Result<(), Failure> {
    let live = app.live();
    let public = |one: &&Arrived| matches!(one.became, Became::Published | Became::Confirmed);
    for one in arrived.iter().filter(public) {
        let layer = &one.entry.layer;
        let Ok(snapshot) = live.snapshot(layer) else {
            continue;
        };
        match app.build_pyramid(snapshot) {
            Ok(Some(info)) if say => {
                let [low, high] = info.zooms;
                let mib = info.bytes as f64 / 1_048_576.0;
                terminal::out(&format!(
                    "tiles      {layer}: {} at zoom {low} to {high}, {mib:.1} MiB\n",
                    info.tiles
                ))?;
            }
            Ok(_) => {}
            Err(error) => eprintln!("parat: {layer}: tiles will be made on demand: {error}"),
        }
    }
    Ok(())
}

/// The worst of what became of the layers.
pub(super) fn exit(arrived: &[Arrived]) -> Exit {
    arrived
        .iter()
        .map(|one| Exit::of(one.report.verdict, one.refused))
        .max()
        .unwrap_or(Exit::Good)
}

fn told(arrived: &Arrived) -> serde_json::Value {
    serde_json::json!({
        "layer": arrived.entry.layer,
        "file": arrived.entry.file,
        "became": arrived.became,
        "verdict": arrived.report.verdict,
        "summary": arrived.report.summary,
        "version": arrived.entry.version,
        "hash": arrived.entry.hash,
        "features": arrived.entry.features,
        "report": arrived.entry.report_id,
    })
}

/// One line of what became of a layer.
pub(super) fn line(arrived: &Arrived) -> String {
    let entry = &arrived.entry;
    let version = entry
        .version
        .map_or_else(String::new, |version| format!(" version {version}"));
    match arrived.became {
        Became::Published => format!(
            "published  {}{version} ({} features, report {})",
            entry.layer, entry.features, entry.report_id
        ),
        Became::Confirmed => format!(
            "confirmed  {}{version}: the same content as before (report {})",
            entry.layer, entry.report_id
        ),
        Became::Withheld => format!(
            "kept out   {} of {} (report {})",
            entry.layer, entry.file, entry.report_id
        ),
        Became::Staged => format!(
            "staged     {}{version} ({} features, report {})",
            entry.layer, entry.features, entry.report_id
        ),
        Became::Draft => format!(
            "draft      {} of {}: on this map only, not published (report {})",
            entry.layer, entry.file, entry.report_id
        ),
    }
}

/// The report of a layer that came in, and what became of it.
pub(super) fn say(app: &App, arrived: &Arrived) {
    let report = render(
        std::slice::from_ref(&arrived.report),
        app.standards(),
        Format::Text,
        None,
        true,
    );
    println!("{report}\n{}\n", line(arrived));
}
