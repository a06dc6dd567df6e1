//! `parat table`: a table of indicator values, and how it joins with its layer.

use std::path::{Path, PathBuf};

use super::{Exit, Failure, Place, terminal};
use crate::{
    app::{Actor, App, Loaded, TableError},
    config::Config,
    indicator::{JoinReport, TableOptions},
    model::{IndicatorId, LayerId},
};

const EXAMPLES: &str = "\
The table may be long (one observation a row: geo_code, period_from, period_to, value, numer, denom) or wide
(a key column and one column a period). It is joined to its layer when it is read, so a new version of either
side needs no reload. The join report says what met and what did not; nothing is dropped in silence.

Examples:
  parat table water.csv --indicator SLB-2.1.1 --data city
  parat table population.xlsx --indicator B-POP --key ward --data city
  parat table facts.csv --indicator B-POP --value voters --period 2017 --layer ward_boundary

Exit codes: 0 loaded, 2 could not be read, 64 the command or the indicator is wrong.";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Table {
    /// A CSV or XLSX file
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The indicator's code in the catalogue, such as SLB-2.1.1
    #[arg(long, value_name = "CODE")]
    indicator: String,
    /// The column with the keys
    #[arg(long, value_name = "COLUMN")]
    key: Option<String>,
    /// The column with the values, in a sheet of one period
    #[arg(long, value_name = "COLUMN")]
    value: Option<String>,
    /// The period of a sheet that names none: 2021-22, 2020, 2021-04
    #[arg(long, value_name = "PERIOD")]
    period: Option<String>,
    /// The layer that the keys name features of [default: ward_boundary]
    #[arg(long, value_name = "LAYER")]
    layer: Option<String>,
    /// What the keys are, such as city:ward_no or lgd:ward
    #[arg(long, value_name = "SCHEME")]
    scheme: Option<String>,
    /// The set of wards that the keys belong to, as the layer's delim_id says it
    #[arg(long, value_name = "ID")]
    delim: Option<String>,
    #[command(flatten)]
    place: Place,
    /// Print text or JSON
    #[arg(long, value_parser = ["text", "json"], default_value = "text")]
    format: String,
}

impl Table {
    pub(super) fn run(&self, config: Config) -> Result<Exit, Failure> {
        let app = App::open(self.place.config(config))?;
        let options = TableOptions {
            key: self.key.clone(),
            value: self.value.clone(),
            period: self.period.clone(),
            layer: self
                .layer
                .as_deref()
                .map(str::parse::<LayerId>)
                .transpose()
                .map_err(|error| Failure::usage(format!("--layer: {error}")))?,
            scheme: self.scheme.clone(),
            delim: self.delim.clone(),
        };
        let loaded = load(&app, &self.file, &self.indicator, &options)?;
        if self.format == "json" {
            terminal::out(&format!("{}\n", loaded.told()))?;
        } else {
            terminal::out(&text(&loaded))?;
        }
        Ok(Exit::Good)
    }
}

/// Reads a table against its declaration and keeps it.
pub(super) fn load(
    app: &App,
    file: &Path,
    code: &str,
    options: &TableOptions,
) -> Result<Loaded, Failure> {
    let id: IndicatorId = code
        .parse()
        .map_err(|error| Failure::usage(format!("--indicator: {error}")))?;
    let name = file
        .file_name()
        .map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    app.load_table(file, &name, &id, options, &Actor::local())
        .map_err(|error| match error {
            TableError::NoIndicator(_) => Failure::usage(error.to_string()),
            TableError::Unreadable { detail, .. } => Failure {
                exit: Exit::Unreadable,
                message: format!("cannot read {}: {detail}", file.display()),
            },
            TableError::App(error) => error.into(),
        })
}

/// How a table came in, in a few lines.
pub(super) fn text(loaded: &Loaded) -> String {
    let Loaded {
        parsed,
        stored,
        met,
    } = loaded;
    let met = met.as_ref();
    let table = &stored.table;
    let periods: Vec<&str> = table.periods.iter().map(|one| one.label.as_str()).collect();
    let mut lines = vec![
        format!(
            "loaded  {} ({}), version {}",
            table.id, table.title, stored.version
        ),
        format!(
            "        {} observations by {} ({}), periods {}",
            table.observations.len(),
            parsed.key_column,
            table.key_scheme,
            periods.join(", ")
        ),
    ];
    for finding in parsed.findings.iter().take(5) {
        let row = finding
            .row
            .map_or_else(String::new, |row| format!("row {row}: "));
        lines.push(format!(
            "  note  {row}{} ({})",
            finding.message, finding.remedy
        ));
    }
    if parsed.finding_count > 5 {
        lines.push(format!("        and {} more", parsed.finding_count - 5));
    }
    match met {
        Some(met) => lines.extend(join_text(&met.joined.report)),
        None => lines
            .push("        its layer is not published yet; the join is made when it is".to_owned()),
    }
    lines.push(String::new());
    lines.join("\n")
}

fn join_text(report: &JoinReport) -> Vec<String> {
    let mut lines = vec![format!(
        "joined  {} version {}, {}: {}",
        report.layer, report.layer_version, report.period, report.summary
    )];
    lines.push(format!(
        "        {} of {} rows matched ({} exactly, {} after normalising, {} by name)",
        report.matched,
        report.table_rows,
        report.matched_exactly,
        report.matched_after_normalising,
        report.matched_by_name
    ));
    let mut some = |count: u64, what: &str, examples: Vec<&str>| {
        if count > 0 {
            let shown = examples.into_iter().take(5).collect::<Vec<_>>().join(", ");
            lines.push(format!("        {count} {what}: {shown}"));
        }
    };
    some(
        report.features_without_value_count,
        "features without a value",
        report
            .features_without_value
            .iter()
            .map(|one| one.key.as_str())
            .collect(),
    );
    some(
        report.keys_without_feature_count,
        "rows whose key no feature has",
        report
            .keys_without_feature
            .iter()
            .map(String::as_str)
            .collect(),
    );
    some(
        report.duplicate_rows,
        "rows that repeat a key",
        report.duplicate_keys.iter().map(String::as_str).collect(),
    );
    lines
}
