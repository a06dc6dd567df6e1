//! What the terminal can show: width, colour, progress, the log.

use std::io::{IsTerminal as _, Write as _};

use indicatif::{ProgressBar, ProgressStyle};

use super::Failure;
use crate::{app::Step, report::Look};

/// How many columns text fills where nobody says how many there are.
const WIDTH: usize = 88;

/// How reports look on standard output.
pub(super) fn look(to_terminal: bool, language: &str) -> Look<'_> {
    let width = std::env::var("COLUMNS")
        .ok()
        .and_then(|columns| columns.parse().ok())
        .unwrap_or(WIDTH);
    Look {
        language,
        width: width.clamp(40, 120),
        // https://no-color.org
        colour: to_terminal
            && std::io::stdout().is_terminal()
            && std::env::var_os("NO_COLOR").is_none(),
    }
}

/// The language of messages: `PARAT_LANG`, else what the locale says, else English.
pub(super) fn language() -> &'static str {
    let said = ["PARAT_LANG", "LC_ALL", "LC_MESSAGES", "LANG"]
        .iter()
        .find_map(|name| std::env::var(name).ok().filter(|value| !value.is_empty()))
        .unwrap_or_default();
    if said.starts_with("hi") { "hi" } else { "en" }
}

/// The log goes to standard error; `PARAT_LOG` says how much of it.
pub(super) fn log() {
    let filter = tracing_subscriber::EnvFilter::try_from_env("PARAT_LOG")
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("warn"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_target(false)
        .init();
}

/// Shows what is going on, on standard error, while somebody watches.
pub(super) struct Progress {
    bar: ProgressBar,
}

impl Progress {
    pub(super) fn new() -> Self {
        let bar = if std::io::stderr().is_terminal() {
            ProgressBar::new_spinner()
        } else {
            ProgressBar::hidden()
        };
        if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} ({elapsed})") {
            bar.set_style(style);
        }
        bar.enable_steady_tick(std::time::Duration::from_millis(120));
        Self { bar }
    }

    pub(super) fn say(&self, text: String) {
        self.bar.set_message(text);
    }

    pub(super) fn step(&self, step: Step) {
        self.say(match step {
            Step::Reading { file } => format!("reading {file}"),
            Step::Checking { file, layer, rows } if layer == file => {
                format!("checking {file}: {rows} rows")
            }
            Step::Checking { file, layer, rows } => {
                format!("checking {layer} of {file}: {rows} rows")
            }
            Step::Publishing { layer, features } => {
                format!("publishing {layer}: {features} features")
            }
        });
    }

    /// Runs something that prints, with the spinner out of the way.
    pub(super) fn aside(&self, print: impl FnOnce()) {
        self.bar.suspend(print);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

/// Writes to standard output. A reader that has gone (`parat … | head`) is no failure.
pub(super) fn out(text: &str) -> Result<(), Failure> {
    match std::io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}
