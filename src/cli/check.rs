//! `parat check`: the gate, offline.

use std::path::PathBuf;

use clap::ValueEnum;

use super::{About, Exit, Failure, Place, terminal};
use crate::{
    app::{App, Gate, GateError, Judged, Outcome, Step},
    config::Config,
    report,
    standard::Standards,
    validate::Report,
    worker::Limits,
};

const EXAMPLES: &str = "\
Nothing is stored and nothing leaves the machine. The report is the one that the server would give, to the
byte.

Examples:
  parat check wards.zip                                 The best fitting standard, as text
  parat check wards.zip --as ward_boundary --city city.geojson
  parat check plan.shp --crs EPSG:32643                 The file does not say its CRS
  parat check delivery/ --format html --out report.html One page with a map of the faults
  parat check wards.zip --format json | jq .verdict

--format json prints one report as an object, and the reports of several layers as an array.

Exit codes: 0 all conform, 1 some layer does not, 2 some file could not be read, 3 some layer could not be
judged.";

/// The form of the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// Text for the terminal
    Text,
    /// The report as JSON
    Json,
    /// One self-contained page with a map of the faults
    Html,
    /// The faults as GeoJSON
    Geojson,
    /// The faults as CSV
    Csv,
}

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Check {
    /// Files, folders or archives
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    #[command(flatten)]
    about: About,
    /// The form of the answer
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// The language of the report, as a BCP 47 tag; else PARAT_LANG or the locale
    #[arg(long, value_name = "TAG")]
    lang: Option<String>,
    /// Write the answer to this file in place of the terminal
    #[arg(long, value_name = "PATH")]
    out: Option<PathBuf>,
    /// Hold the layers against the city boundary published in this folder, as `ingest` does
    #[command(flatten)]
    place: Place,
}

impl Check {
    pub(super) fn run(&self, config: Config) -> Result<Exit, Failure> {
        let ask = self.about.ask()?;
        let progress = terminal::Progress::new();
        let mut reports: Vec<Report> = vec![];
        let mut exit = Exit::Good;
        let mut tell = |step: Step| progress.step(step);
        let mut take = |judged: Judged, _: &mut dyn FnMut(Step)| {
            let refused = matches!(judged.outcome, Outcome::Refused);
            exit = exit.max(Exit::of(judged.report.verdict, refused));
            reports.push(judged.report);
            Ok::<_, GateError>(())
        };
        // A data folder is only looked at when it is named and there: a check leaves no trace.
        let standards;
        if self
            .place
            .data
            .as_ref()
            .is_some_and(|data| data.join("catalogue.sqlite").is_file())
        {
            let app = App::open(self.place.config(config))?;
            Gate::new(app.standards(), app.limits(), &ask, app.published_city())?.judge(
                &self.files,
                &mut tell,
                &mut take,
            )?;
            standards = app.standards();
        } else {
            standards = match &config.standards {
                None => Standards::builtin(),
                Some(folder) => Box::leak(Box::new(
                    Standards::load(folder).map_err(|error| Failure::new(Exit::Usage, &error))?,
                )),
            };
            Gate::new(standards, Limits::default(), &ask, None)?.judge(
                &self.files,
                &mut tell,
                &mut take,
            )?;
        }
        drop(progress);
        let to_terminal = self.out.is_none();
        let language = self.lang.as_deref();
        let answer = render(&reports, standards, self.format, language, to_terminal);
        match &self.out {
            Some(path) => std::fs::write(path, answer).map_err(|error| Failure {
                exit: Exit::Usage,
                message: format!("cannot write {}: {error}", path.display()),
            })?,
            None => terminal::out(&answer)?,
        }
        Ok(exit)
    }
}

/// The reports in the form that was asked for, ending in a line break.
pub(super) fn render(
    reports: &[Report],
    standards: &Standards,
    format: Format,
    asked: Option<&str>,
    to_terminal: bool,
) -> String {
    let language = asked.unwrap_or_else(|| terminal::language());
    let messages = standards.messages();
    // JSON holds every sentence in all languages; it is only written in another where that is asked for.
    let said = match format {
        Format::Json => asked.unwrap_or("en"),
        _ => language,
    };
    let reports: Vec<Report> = reports
        .iter()
        .map(|one| one.in_language(messages, said).into_owned())
        .collect();
    let reports = reports.as_slice();
    let mut text = match format {
        Format::Text => {
            let look = terminal::look(to_terminal, language);
            let texts: Vec<String> = reports
                .iter()
                .map(|one| report::text(one, standards, &look).trim_end().to_owned())
                .collect();
            texts.join("\n\n")
        }
        Format::Json => report::all_json(reports),
        Format::Html => report::html(reports, standards, language),
        Format::Geojson => report::all_geojson(reports),
        Format::Csv => report::all_csv(reports),
    };
    if !text.ends_with('\n') {
        text.push('\n');
    }
    text
}
