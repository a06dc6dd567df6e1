//! `parat check`: the gate, offline.

use std::path::{Path, PathBuf};

use clap::ValueEnum;

use super::{About, Exit, Failure, Place, terminal};
use crate::{
    app::{App, Gate, GateError, Judged, Outcome, Step, archive_limits, reader_limits},
    config::Config,
    report::{self, SetAsideForm, SetAsideText},
    standard::Standards,
    validate::{Aside, Report},
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
  parat check wards.zip --repair                        Mend what is safe; =snap,make_valid for those kinds
  parat check wards.zip --set-aside-out bad.geojson     Judge the good rows, write the bad ones

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
    /// Write the rows that were set aside to this file (.geojson or .csv); implies --set-aside
    #[arg(long, value_name = "PATH")]
    set_aside_out: Option<PathBuf>,
    /// Hold the layers against the city boundary published in this folder, as `ingest` does
    #[command(flatten)]
    place: Place,
}

impl Check {
    pub(super) fn run(&self, config: Config) -> Result<Exit, Failure> {
        let mut ask = self.about.ask()?;
        ask.set_aside |= self.set_aside_out.is_some();
        let mut aside = vec![];
        let progress = terminal::Progress::new();
        let mut reports: Vec<Report> = vec![];
        let mut exit = Exit::Good;
        let mut tell = |step: Step| progress.step(step);
        let mut take = |judged: Judged, _: &mut dyn FnMut(Step)| {
            let refused = matches!(judged.outcome, Outcome::Refused);
            if let Some(rows) = judged.aside().filter(|rows| !rows.reasons.is_empty()) {
                aside.push((judged.report.clone(), rows.clone()));
            }
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
            app.gate(&ask)?.judge(&self.files, &mut tell, &mut take)?;
            standards = app.standards();
        } else {
            standards = match &config.standards {
                None => Standards::builtin(),
                Some(folder) => Box::leak(Box::new(
                    Standards::load(folder).map_err(|error| Failure::new(Exit::Usage, &error))?,
                )),
            };
            Gate::new(standards, reader_limits(&config), &ask, None)?
                .within(archive_limits(&config))
                .judge(&self.files, &mut tell, &mut take)?;
        }
        drop(progress);
        if let Some(path) = &self.set_aside_out {
            write_aside(path, &aside, standards, self.lang.as_deref())?;
        }
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

/// Writes the rows that were set aside: a layer to the file itself, further ones beside it with a number.
fn write_aside(
    path: &Path,
    aside: &[(Report, Aside)],
    standards: &'static Standards,
    asked: Option<&str>,
) -> Result<(), Failure> {
    let csv = path
        .extension()
        .is_some_and(|ending| ending.eq_ignore_ascii_case("csv"));
    let form = if csv {
        SetAsideForm::Csv
    } else {
        SetAsideForm::GeoJson
    };
    let language = asked.unwrap_or_else(|| terminal::language());
    let text = |rows: Option<&(Report, Aside)>| {
        let mut kept = vec![];
        if let Some((report, aside)) = rows {
            report::set_aside_lines(report, aside, &mut kept)?;
        }
        SetAsideText::new(form, [kept.as_slice()], standards, language)?.whole()
    };
    let cannot = |path: &Path, error: &std::io::Error| Failure {
        exit: Exit::Usage,
        message: format!("cannot write {}: {error}", path.display()),
    };
    let write = |path: &Path, rows: Option<&(Report, Aside)>| {
        text(rows)
            .and_then(|text| std::fs::write(path, text))
            .map_err(|error| cannot(path, &error))
    };
    // A file that says that nothing was set aside, so that no older one is taken for it.
    write(path, aside.first())?;
    for (number, rows) in aside.iter().enumerate().skip(1) {
        let stem = path.file_stem().unwrap_or_default().to_string_lossy();
        let ending = path
            .extension()
            .map(|ending| format!(".{}", ending.to_string_lossy()))
            .unwrap_or_default();
        write(
            &path.with_file_name(format!("{stem}-{}{ending}", number + 1)),
            Some(rows),
        )?;
    }
    Ok(())
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
