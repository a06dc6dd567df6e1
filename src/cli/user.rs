//! `parat user`: accounts and their tokens.

use clap::{Args, Subcommand};

use super::{Exit, Failure, Place, terminal};
use crate::{
    app::{App, Role},
    config::Config,
};

const EXAMPLES: &str = "\
As long as there are no accounts, whoever sits at the machine may do everything, at a loopback address only.
With the first account, every change over HTTP needs a token; the command line still works for whoever may
write the data folder.

Roles: contributor delivers and submits; coordinator reviews, returns and approves what others delivered;
data_officer publishes, retires and rolls back, and may do everything.

Examples:
  parat user add meera --role data_officer --data city
  parat user list --data city
  parat user remove meera --data city
  curl -H 'Authorization: Bearer parat_…' -X POST …/collections/road/versions/3/approve";

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct User {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Make an account and print its token, this once; for a name that is there, a new token and role
    Add {
        /// The name, as the journal will show it
        name: String,
        /// contributor, coordinator or data_officer
        #[arg(long)]
        role: Role,
        #[command(flatten)]
        place: Place,
    },
    /// List the accounts
    List {
        #[command(flatten)]
        place: Place,
    },
    /// Take an account away; its token stops working at once
    Remove {
        /// The name
        name: String,
        #[command(flatten)]
        place: Place,
    },
}

impl User {
    pub(super) fn run(&self, config: Config) -> Result<Exit, Failure> {
        match &self.what {
            What::Add { name, role, place } => {
                let token = App::open(place.config(config))?.add_user(name, *role)?;
                eprintln!(
                    "{name} is {role}. The token is shown this once; send it as `Authorization: Bearer TOKEN`:"
                );
                terminal::out(&format!("{token}\n"))?;
            }
            What::List { place } => {
                let users = App::open(place.config(config))?.users();
                if users.is_empty() {
                    eprintln!("no accounts: whoever sits at the machine may do everything");
                }
                for user in users {
                    terminal::out(&format!(
                        "{:<24} {:<13} {}\n",
                        user.name, user.role, user.at
                    ))?;
                }
            }
            What::Remove { name, place } => {
                App::open(place.config(config))?.remove_user(name)?;
            }
        }
        Ok(Exit::Good)
    }
}
