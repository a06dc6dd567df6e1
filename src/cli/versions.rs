//! `parat versions`, `parat version` and `parat diff`: where versions stand, their way to the public, and
//! what changed between them.

use clap::{Args, ValueEnum};

use super::{Exit, Failure, Place, terminal};
use crate::{
    app::{Action, Actor, App},
    config::Config,
    diff, http,
    model::{LayerId, Version},
    store::{Seen, VersionEntry},
};

const EXAMPLES: &str = "\
The way of a version: draft, submitted, approved, published, then superseded or retired; or returned with a
comment. `parat ingest` goes it in one step, `parat ingest --stage` stops at the draft.

Examples:
  parat versions ward_boundary --data city
  parat version submit ward_boundary 4 --data city
  parat version return ward_boundary 4 --comment 'ward 12 is missing' --data city
  parat version publish ward_boundary 3 --data city       Roll back: version 3 is public again
  parat version retire ward_boundary 3 --comment 'court order' --data city
  parat diff ward_boundary 3 4 --data city                What version 4 changes in version 3";

/// Where versions stand.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Versions {
    /// The layer; without it, all
    layer: Option<String>,
    #[command(flatten)]
    place: Place,
    /// The form of the answer
    #[arg(long, value_enum, default_value_t = Form::Text)]
    format: Form,
}

/// The form of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Form {
    /// Text for the terminal
    Text,
    /// JSON
    Json,
}

/// What is done with a version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Deed {
    /// Ask for a review
    Submit,
    /// Send back, with a comment
    Return,
    /// Find good
    Approve,
    /// Make public; of an earlier version: roll back to it
    Publish,
    /// Withdraw, with a comment that says why
    Retire,
}

impl Deed {
    fn action(self) -> Action {
        match self {
            Self::Submit => Action::Submit,
            Self::Return => Action::Return,
            Self::Approve => Action::Approve,
            Self::Publish => Action::Publish,
            Self::Retire => Action::Retire,
        }
    }
}

/// Moves a version along its way.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Move {
    /// What to do
    #[arg(value_enum)]
    what: Deed,
    /// The layer
    layer: String,
    /// The number of the version
    version: u32,
    /// Why
    #[arg(long)]
    comment: Option<String>,
    #[command(flatten)]
    place: Place,
}

/// The form of a difference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum DiffForm {
    /// Text for the terminal
    Text,
    /// Numbers and first rows as JSON
    Json,
    /// A line for each change
    Csv,
    /// What changed, for a map
    Geojson,
}

/// What changed between two versions.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Diff {
    /// The layer
    layer: String,
    /// The older version, or the only one: then against what is public, or was before it
    first: u32,
    /// The newer version
    second: Option<u32>,
    /// The form of the answer
    #[arg(long, value_enum, default_value_t = DiffForm::Text)]
    format: DiffForm,
    /// How many changed features are listed
    #[arg(long, default_value_t = 20)]
    rows: usize,
    #[command(flatten)]
    place: Place,
}

fn layer(text: &str) -> Result<LayerId, Failure> {
    text.parse()
        .map_err(|error| Failure::usage(format!("`{text}` is no layer: {error}")))
}

fn line(entry: &VersionEntry) -> String {
    let comment = entry
        .comment
        .as_ref()
        .map_or_else(String::new, |comment| format!("  “{comment}”"));
    format!(
        "{:<20} {:>4}  {:<10} {:>9} features  {}  {} by {}{comment}\n",
        entry.layer.as_str(),
        entry.version,
        entry.state,
        entry.features,
        entry.report_id,
        entry.changed_at,
        entry.changed_by,
    )
}

impl Versions {
    pub(super) fn run(&self, config: Config) -> Result<Exit, Failure> {
        let wanted = self.layer.as_deref().map(layer).transpose()?;
        let app = App::open(self.place.config(config))?;
        let live = app.live();
        let all: Vec<&VersionEntry> = live
            .versions
            .values()
            .flatten()
            .filter(|entry| wanted.as_ref().is_none_or(|layer| entry.layer == *layer))
            .collect();
        if self.format == Form::Json {
            terminal::out(&format!("{}\n", serde_json::json!(all)))?;
        } else {
            for entry in all {
                terminal::out(&line(entry))?;
            }
        }
        Ok(Exit::Good)
    }
}

impl Move {
    pub(super) fn run(&self, config: Config) -> Result<Exit, Failure> {
        let app = App::open(self.place.config(config))?;
        let entry = app.transition(
            &layer(&self.layer)?,
            Version(self.version),
            self.what.action(),
            &Actor::local(),
            Seen::default(),
            self.comment.as_deref(),
        )?;
        terminal::out(&line(&entry))?;
        Ok(Exit::Good)
    }
}

impl Diff {
    pub(super) fn run(&self, config: Config) -> Result<Exit, Failure> {
        let app = App::open(self.place.config(config))?;
        let (older, newer) = match self.second {
            Some(second) => (Some(Version(self.first)), Version(second)),
            None => (None, Version(self.first)),
        };
        let compared = app.compare_here(&layer(&self.layer)?, newer, older)?;
        let (older, newer) = (compared.older(), &compared.after.1);
        let text = match self.format {
            DiffForm::Csv => diff::csv(older, newer, usize::MAX).0,
            DiffForm::Geojson => {
                String::from_utf8(http::changes_geojson(older, newer, usize::MAX).0)
                    .expect("our own JSON")
            }
            DiffForm::Json => {
                format!(
                    "{}\n",
                    serde_json::json!(diff::between(older, newer, self.rows))
                )
            }
            DiffForm::Text => {
                let before = compared.before.as_ref().map(|(entry, _)| entry);
                text(
                    before,
                    &compared.after.0,
                    &diff::between(older, newer, self.rows),
                )
            }
        };
        terminal::out(&text)?;
        Ok(Exit::Good)
    }
}

fn text(before: Option<&VersionEntry>, after: &VersionEntry, found: &diff::Difference) -> String {
    let mut lines = vec![match before {
        Some(before) => format!(
            "{} version {} ({}) against version {} ({})",
            after.layer, after.version, after.state, before.version, before.state
        ),
        None => format!("{} version {}", after.layer, after.version),
    }];
    lines.push(format!("  {}", found.summary));
    let counts = &found.counts;
    lines.push(format!(
        "  {} features before, {} after",
        counts.before, counts.after
    ));
    for field in &found.fields {
        lines.push(format!(
            "  {:<24} differs in {}",
            field.field, field.features
        ));
    }
    for one in &found.schema {
        let side = |text: &Option<String>| text.clone().unwrap_or_else(|| "—".to_owned());
        lines.push(format!(
            "  schema: {} {} ({} -> {})",
            one.field,
            one.change,
            side(&one.before),
            side(&one.after)
        ));
    }
    for one in &found.metadata {
        lines.push(format!(
            "  metadata: {} {} -> {}",
            one.element, one.before, one.after
        ));
    }
    if let Some(wards) = &found.wards {
        let name = |ward: &diff::Ward| match &ward.name {
            Some(name) => format!("{} ({name})", ward.key),
            None => ward.key.clone(),
        };
        for ward in wards.came.iter().take(20) {
            lines.push(format!("  came: {}", name(ward)));
        }
        for ward in wards.went.iter().take(20) {
            lines.push(format!("  went: {}", name(ward)));
        }
        for one in wards.renamed.iter().take(20) {
            lines.push(format!(
                "  renamed: {} -> {}",
                name(&one.before),
                name(&one.after)
            ));
        }
        for one in wards.renumbered.iter().take(20) {
            lines.push(format!(
                "  same ground: {} -> {}",
                name(&one.before),
                name(&one.after)
            ));
        }
        for (word, all) in [("split into", &wards.split), ("merged from", &wards.merged)] {
            for one in all.iter().take(20) {
                let pieces: Vec<String> = one
                    .pieces
                    .iter()
                    .map(|piece| format!("{} {:.0} %", name(&piece.ward), piece.share * 100.0))
                    .collect();
                lines.push(format!(
                    "  looks {word}: {}: {}",
                    name(&one.ward),
                    pieces.join(", ")
                ));
            }
        }
        if let Some(note) = &wards.note {
            lines.push(format!("  {note}"));
        }
    }
    for row in &found.rows {
        let values: Vec<String> = row
            .values
            .iter()
            .map(|value| format!("{}: {} -> {}", value.field, value.before, value.after))
            .collect();
        let moved = if row.geometry && row.change == "changed" {
            " geometry"
        } else {
            ""
        };
        lines.push(format!(
            "    {:<8}{moved} {} {}",
            row.change,
            row.key,
            values.join("; ")
        ));
    }
    if found.rows_cut {
        lines.push("    … and more; `--rows` lists more, `--format csv` all".to_owned());
    }
    lines.push(String::new());
    lines.join("\n")
}
