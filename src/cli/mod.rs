//! The command line: raw arguments to one call of the library, its answer to the terminal.
//!
//! Results go to standard output, progress and complaints to standard error, and the exit code says what a
//! script needs to know ([`Exit`]).
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "this is the room that talks to the terminal"
)]
#![expect(
    clippy::doc_markdown,
    reason = "the documentation of arguments is their help text, which is read without Markdown"
)]

mod check;
mod demo;
mod explain;
mod ingest;
mod journal;
mod process;
mod serve;
mod table;
mod terminal;
mod tiles;
mod user;
mod versions;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::{
    app::{AppError, Ask, GateError, IngestError},
    config::{Config, ConfigError},
    model::{LayerId, Verdict},
    read::ReadOptions,
    validate::Repairs,
};

const ABOUT: &str = "Turns a city's GIS files into layers people can trust, map, query and join";

const EXAMPLES: &str = "\
Examples:
  parat check wards.zip                    Is this file good enough? Nothing is stored or sent
  parat check wards.zip --format html --out report.html
  parat serve wards.zip                    Look at it on a map, with the verdict
  parat ingest wards.zip --data city       Publish it, if it conforms
  parat table water.csv --indicator SLB-2.1.1 --data city
  parat serve --data city                  Serve what is published
  parat tiles export road --data city --format pmtiles --out road.pmtiles
  parat explain ward_boundary              What must a ward layer have?
  parat explain T04                        What is this rule about, and how do I mend it?

Exit codes:
  0  conforms, or done      1  does not conform       2  could not be read
  3  could not be judged    64 the command is wrong   70 something went wrong inside

Environment:
  PARAT_LANG   the language of messages: en, hi; else what the locale says
  PARAT_LOG    how much is logged to standard error: warn, info, debug
  PARAT_FONTS  a folder of fonts for labels, in place of the system's";

/// The arguments of the program.
#[derive(Debug, Parser)]
#[command(name = "parat", version, about = ABOUT, after_help = EXAMPLES, max_term_width = 100)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
    /// A TOML file of settings; options win over it
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// The pack of standards to judge by, in place of the one in the program
    #[arg(long, global = true, value_name = "FOLDER")]
    standards: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Hold files to their standard and say what is wrong, where, and how to mend it
    Check(check::Check),
    /// Check files and publish what conforms as the next version of its layer
    Ingest(ingest::Ingest),
    /// Show files, or a folder of published layers, on a map at a local address
    Serve(serve::Serve),
    /// Load a table of indicator values and say how it joins with its layer
    Table(table::Table),
    /// Make a demo city, publish it, and show it on a map
    Demo(demo::Demo),
    /// List versions and where they stand
    Versions(versions::Versions),
    /// Move a version along its way: submit, return, approve, publish, retire
    Version(versions::Move),
    /// Say what changed between two versions of a layer
    Diff(versions::Diff),
    /// Show who did what and when; `verify` says whether it was rewritten since
    Journal(journal::Journal),
    /// Make, list and remove accounts and their tokens
    User(user::User),
    /// Write the tiles of published layers to files
    Tiles(tiles::Tiles),
    /// Explain a layer, rule, code list, metadata element or indicator
    Explain(explain::Explain),
    /// Read a stranger's file under limits (Parat starts this itself)
    #[command(name = "__read", hide = true)]
    Read,
}

/// What the exit code tells a script.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Exit {
    /// Everything conforms, or the work is done.
    Good,
    /// Some layer could not be judged.
    NotJudged,
    /// Some layer does not conform.
    Faulty,
    /// Some file could not be read.
    Unreadable,
    /// The command makes no sense.
    Usage,
    /// Something went wrong inside.
    Internal,
}

impl Exit {
    fn code(self) -> u8 {
        match self {
            Self::Good => 0,
            Self::Faulty => 1,
            Self::Unreadable => 2,
            Self::NotJudged => 3,
            Self::Usage => 64,
            Self::Internal => 70,
        }
    }

    /// What one layer's verdict means; over several layers the worst counts (`Ord`).
    fn of(verdict: Verdict, refused: bool) -> Self {
        match verdict {
            _ if refused => Self::Unreadable,
            Verdict::Conforms | Verdict::ConformsWithWarnings => Self::Good,
            Verdict::NotJudged => Self::NotJudged,
            Verdict::DoesNotConform => Self::Faulty,
        }
    }
}

/// A complaint with its exit code.
#[derive(Debug)]
struct Failure {
    exit: Exit,
    message: String,
}

impl Failure {
    fn new(exit: Exit, error: &dyn std::error::Error) -> Self {
        let mut message = error.to_string();
        let mut cause = error.source();
        while let Some(error) = cause {
            message.push_str(": ");
            message.push_str(&error.to_string());
            cause = error.source();
        }
        Self { exit, message }
    }

    fn usage(message: impl Into<String>) -> Self {
        Self {
            exit: Exit::Usage,
            message: message.into(),
        }
    }
}

impl From<AppError> for Failure {
    fn from(error: AppError) -> Self {
        let exit = match error {
            AppError::Bad { .. }
            | AppError::NotFound { .. }
            | AppError::Gone { .. }
            | AppError::Nobody(_)
            | AppError::Forbidden(_)
            | AppError::Conflict { .. }
            | AppError::Changed(_) => Exit::Usage,
            AppError::Busy | AppError::Internal { .. } => Exit::Internal,
        };
        Self::new(exit, &error)
    }
}

impl From<GateError> for Failure {
    fn from(error: GateError) -> Self {
        let exit = match error {
            GateError::Delivery(_) | GateError::City { .. } => Exit::Unreadable,
            GateError::NoStandard { .. } => Exit::Usage,
            GateError::Reader(_) => Exit::Internal,
        };
        Self::new(exit, &error)
    }
}

impl From<IngestError> for Failure {
    fn from(error: IngestError) -> Self {
        match error {
            IngestError::Gate(error) => error.into(),
            IngestError::App(error) => error.into(),
            other => Self::new(Exit::Internal, &other),
        }
    }
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        Self::new(Exit::Usage, &error)
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self::new(Exit::Internal, &error)
    }
}

/// What every command that takes files may be told about them.
#[derive(Debug, Args)]
struct About {
    /// The layer that the files are, such as ward_boundary; without it the best fitting standard is used
    #[arg(long = "as", value_name = "LAYER")]
    layer: Option<String>,
    /// A file with the city's outline, to hold the layer against
    #[arg(long, value_name = "FILE")]
    city: Option<PathBuf>,
    /// The coordinate reference system, such as EPSG:32643; it wins over what the file says
    #[arg(long, value_name = "CODE")]
    crs: Option<String>,
    /// The encoding of text, such as UTF-8 or windows-1252; it wins over what the file says
    #[arg(long, value_name = "NAME")]
    encoding: Option<String>,
    /// Only the layer of this name inside the file
    #[arg(long, value_name = "NAME")]
    layer_in_file: Option<String>,
    /// A JSON file of metadata elements; without it NAME.metadata.json or metadata.json beside the file
    #[arg(long, value_name = "FILE")]
    metadata: Option<PathBuf>,
    /// First make repairs, each recorded: the safe ones, or those named (make_valid,snap; safe; all)
    #[arg(long, value_name = "KINDS", num_args = 0..=1, require_equals = true, default_missing_value = "safe")]
    repair: Option<Repairs>,
    /// Set rows with grave faults of their own aside, and judge the rest
    #[arg(long)]
    set_aside: bool,
    /// The column that answers a field of the standard, such as ward_no=WARDNO; may be given more than once
    #[arg(long = "column", value_name = "FIELD=COLUMN", value_parser = pair)]
    columns: Vec<(String, String)>,
}

/// `FIELD=COLUMN`.
fn pair(text: &str) -> Result<(String, String), String> {
    text.split_once('=')
        .map(|(field, column)| (field.trim().to_owned(), column.trim().to_owned()))
        .filter(|(field, column)| !field.is_empty() && !column.is_empty())
        .ok_or_else(|| "write FIELD=COLUMN, such as ward_no=WARDNO".to_owned())
}

impl About {
    fn ask(&self) -> Result<Ask, Failure> {
        let layer = self
            .layer
            .as_deref()
            .map(str::parse::<LayerId>)
            .transpose()
            .map_err(|error| Failure::usage(format!("--as: {error}")))?;
        if let Some(crs) = &self.crs
            && !crs.split_once(':').is_some_and(|(name, code)| {
                let plain = |text: &str| {
                    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
                };
                plain(name) && plain(code)
            })
        {
            return Err(Failure::usage(format!(
                "--crs: `{crs}` is not a code such as EPSG:32643"
            )));
        }
        Ok(Ask {
            layer,
            read: ReadOptions {
                crs: self.crs.clone(),
                encoding: self.encoding.clone(),
                layer: self.layer_in_file.clone(),
                ..ReadOptions::default()
            },
            metadata: self.metadata.clone(),
            city: self.city.clone(),
            columns: self.columns.iter().cloned().collect(),
            repairs: self.repair.clone().unwrap_or_default(),
            set_aside: self.set_aside,
            confirmed: None,
        })
    }
}

/// Where the data lies.
#[derive(Debug, Args)]
struct Place {
    /// The folder of published layers and their catalogue [default: parat-data]
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
}

impl Place {
    fn config(&self, mut config: Config) -> Config {
        if let Some(data) = &self.data {
            config.data.clone_from(data);
        }
        config
    }
}

/// Runs the program on the arguments of the process, and ends the process.
pub fn run() -> ! {
    process::leave(code())
}

fn code() -> u8 {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            // `--help` and `--version` come this way too, and are no complaint.
            let code = if error.use_stderr() {
                Exit::Usage
            } else {
                Exit::Good
            };
            error.print().ok();
            return code.code();
        }
    };
    if matches!(
        arguments.command,
        Command::Read | Command::Check(_) | Command::Ingest(_)
    ) {
        process::keep();
    }
    if matches!(arguments.command, Command::Read) {
        return u8::from(!crate::worker::child_main());
    }
    terminal::log();
    let config = arguments
        .config
        .as_deref()
        .map_or_else(|| Ok(Config::default()), Config::load);
    let done = config
        .map_err(Failure::from)
        .map(|mut config| {
            if let Some(folder) = &arguments.standards {
                config.standards = Some(folder.clone());
            }
            config
        })
        .and_then(|config| match &arguments.command {
            Command::Check(command) => command.run(config),
            Command::Ingest(command) => command.run(config),
            Command::Serve(command) => command.run(config),
            Command::Table(command) => command.run(config),
            Command::Demo(command) => command.run(config),
            Command::Versions(command) => command.run(config),
            Command::Version(command) => command.run(config),
            Command::Diff(command) => command.run(config),
            Command::Journal(command) => command.run(config),
            Command::User(command) => command.run(config),
            Command::Tiles(command) => command.run(config),
            Command::Explain(command) => command.run(&config),
            Command::Read => Ok(Exit::Good),
        });
    let exit = done.unwrap_or_else(|failure| {
        eprintln!("parat: {}", failure.message);
        failure.exit
    });
    exit.code()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_arguments_are_sound_and_the_worst_layer_gives_the_exit_code() {
        <Arguments as clap::CommandFactory>::command().debug_assert();
        let worst = [
            Exit::of(Verdict::Conforms, false),
            Exit::of(Verdict::NotJudged, false),
            Exit::of(Verdict::DoesNotConform, true),
            Exit::of(Verdict::DoesNotConform, false),
        ]
        .into_iter()
        .max();
        assert_eq!(worst, Some(Exit::Unreadable));
        assert!(Exit::Faulty > Exit::NotJudged);
    }
}
