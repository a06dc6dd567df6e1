//! `parat journal`: who did what and when, and whether anybody has rewritten it since.

use clap::{Args, Subcommand};

use super::{Exit, Failure, Place, terminal};
use crate::{app::App, config::Config, store::JournalQuery};

const EXAMPLES: &str = "\
Every entry is sealed with the hash of the one before it, so a change in the past shows. Note the head that
`verify` prints somewhere else: as long as the journal still has it, nothing before it was rewritten.

Examples:
  parat journal --data city
  parat journal --subject ward_boundary --what published,retired --data city
  parat journal verify --data city
  parat journal verify --head 4f0c… --data city

Exit codes of verify: 0 whole, 1 something was changed, removed or added.";

/// The journal.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES, args_conflicts_with_subcommands = true)]
pub(super) struct Journal {
    #[command(subcommand)]
    verify: Option<What>,
    #[command(flatten)]
    list: List,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Go through the whole journal and say whether it is as it was written
    Verify {
        /// A head that was noted before: is it still part of the journal?
        #[arg(long, value_name = "HASH")]
        head: Option<String>,
        /// Read the truth of every version too: is it as it was staged?
        #[arg(long)]
        files: bool,
        #[command(flatten)]
        place: Place,
    },
}

#[derive(Debug, Args)]
struct List {
    /// Only of this layer, indicator or account
    #[arg(long, value_name = "NAME")]
    subject: Option<String>,
    /// Only by this account
    #[arg(long, value_name = "NAME")]
    actor: Option<String>,
    /// Only of these kinds: staged, submitted, returned, approved, published, confirmed, withheld, retired, …
    #[arg(long, value_delimiter = ',')]
    what: Vec<String>,
    /// How many entries, newest first
    #[arg(long, default_value_t = 50)]
    rows: u32,
    /// As JSON, an entry a line
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    place: Place,
}

impl Journal {
    pub(super) fn run(&self, config: Config) -> Result<Exit, Failure> {
        match &self.verify {
            Some(What::Verify { head, files, place }) => {
                verify(&App::open(place.config(config))?, head.as_deref(), *files)
            }
            None => self.list.run(config),
        }
    }
}

impl List {
    fn run(&self, config: Config) -> Result<Exit, Failure> {
        let app = App::open(self.place.config(config))?;
        let entries = app.journal_here(&JournalQuery {
            before: None,
            subject: self.subject.clone(),
            actor: self.actor.clone(),
            what: self.what.clone(),
            limit: self.rows,
        })?;
        for entry in entries {
            if self.json {
                terminal::out(&format!("{}\n", serde_json::json!(entry)))?;
                continue;
            }
            let detail: serde_json::Value = serde_json::from_str(&entry.detail).unwrap_or_default();
            let version = detail["version"]
                .as_i64()
                .map_or_else(String::new, |version| format!(" version {version}"));
            let comment = detail["comment"]
                .as_str()
                .map_or_else(String::new, |comment| format!("  “{comment}”"));
            terminal::out(&format!(
                "{:>6}  {}  {:<12} {:<12} {}{version}{comment}\n",
                entry.id, entry.at, entry.actor, entry.what, entry.subject
            ))?;
        }
        Ok(Exit::Good)
    }
}

fn verify(app: &App, head: Option<&str>, files: bool) -> Result<Exit, Failure> {
    let found = app.verify_journal_here(files)?;
    if let Some(broken) = &found.broken {
        terminal::out(&format!("broken: {}\n", broken.what))?;
        return Ok(Exit::Faulty);
    }
    if let Some(head) = head {
        let all = app.journal_here(&JournalQuery {
            limit: u32::MAX,
            ..JournalQuery::default()
        })?;
        let Some(entry) = all.iter().find(|entry| entry.hash == head) else {
            terminal::out(
                "broken: no entry has the seal that was noted; the journal is another one\n",
            )?;
            return Ok(Exit::Faulty);
        };
        terminal::out(&format!("entry {} has the seal that was noted\n", entry.id))?;
    }
    terminal::out(&format!(
        "whole: {} entries, head {}\n",
        found.entries, found.head
    ))?;
    Ok(Exit::Good)
}
