//! `parat demo`: a city that exists nowhere, through the gate and onto the map.

use std::{net::SocketAddr, path::PathBuf};

use super::{Exit, Failure, Place, ingest, serve, table, terminal};
use crate::{
    app::{App, Ask},
    config::Config,
    demo,
    indicator::TableOptions,
    store::Became,
};

const EXAMPLES: &str = "\
Makes the files that the departments of a city would send, takes them in as `parat ingest` and `parat table`
do, keeps out one faulty delivery to show what the gate is for, and serves the map.

Examples:
  parat demo
  parat demo --scale 25 --data big        500,000 buildings
  parat demo --no-serve --data city       Only make and publish it";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Demo {
    #[command(flatten)]
    place: Place,
    /// The size of the city: 1 is a town of 20,000 buildings, 25 a city of 500,000
    #[arg(long, value_name = "N", default_value_t = 1.0)]
    scale: f64,
    /// The address to listen at; port 0 takes a free one [default: 127.0.0.1:8080]
    #[arg(long, value_name = "ADDR")]
    listen: Option<SocketAddr>,
    /// Stop when the city is published
    #[arg(long)]
    no_serve: bool,
}

impl Demo {
    pub(super) fn run(&self, config: Config) -> Result<Exit, Failure> {
        let mut config = self.place.config(config);
        if self.place.data.is_none() {
            config.data = PathBuf::from("parat-data/demo");
        }
        if let Some(listen) = self.listen {
            config.listen = listen;
        }
        let files = config.data.join("deliveries");
        let app = App::open(config)?;
        let progress = terminal::Progress::new();
        progress.say("making the city's files".to_owned());
        let city = demo::write(&files, self.scale).map_err(|error| {
            let exit = match error {
                demo::DemoError::Scale(_) => Exit::Usage,
                _ => Exit::Internal,
            };
            Failure::new(exit, &error)
        })?;
        progress.aside(|| {
            println!(
                "{} ({}), a city that exists nowhere",
                city.name, city.name_local
            );
        });

        let mut wrong = vec![];
        for delivery in &city.deliveries {
            let ask = Ask {
                layer: Some(delivery.layer.clone()),
                ..Ask::default()
            };
            app.ingest(
                std::slice::from_ref(&delivery.file),
                &ask,
                &mut |step| progress.step(step),
                &mut |arrived| {
                    progress.aside(|| println!("{}", ingest::line(arrived)));
                    if (arrived.became == Became::Withheld) != delivery.faulty {
                        wrong.push(format!("{}: {}", delivery.layer, arrived.report.summary));
                    }
                },
            )?;
        }
        for one in &city.tables {
            progress.say(format!("loading {}", one.indicator));
            let loaded = table::load(&app, &one.file, &one.indicator, &TableOptions::default())?;
            progress.aside(|| print!("{}", table::text(&loaded)));
        }
        drop(progress);
        if !wrong.is_empty() {
            return Err(Failure {
                exit: Exit::Faulty,
                message: format!(
                    "the gate does not say of the demo city what it must:\n  {}",
                    wrong.join("\n  ")
                ),
            });
        }
        if self.no_serve {
            println!(
                "Published in {}; see it with `parat serve --data {0}`",
                app.config().data.display()
            );
            return Ok(Exit::Good);
        }
        serve::serve(&app, None)
    }
}
