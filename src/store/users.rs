//! Accounts: a name, a role, and a token that is shown once and kept only as its hash.

use std::io::Read as _;

use rusqlite::params;
use serde::Serialize;

use super::{
    Actor, Embedded, Role, StoreError,
    catalogue::{begin, failed},
    disk::disk,
    journal,
    rows::{now, raise_generation, unword, word},
};

/// What every token begins with, so that people and scanners of leaked secrets know it.
const PREFIX: &str = "parat_";

/// An account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct User {
    /// Its name.
    pub name: String,
    /// What it may do.
    pub role: Role,
    /// BLAKE3 of its token.
    #[serde(skip)]
    pub token: String,
    /// Since when, RFC 3339 in UTC.
    pub at: String,
}

/// A token as it is kept. A token has 256 bits of chance, so one round is enough.
pub fn token_hash(token: &str) -> String {
    blake3::hash(token.as_bytes()).to_hex().to_string()
}

fn new_token() -> Result<String, StoreError> {
    let path = std::path::Path::new("/dev/urandom");
    let mut bytes = [0_u8; 32];
    std::fs::File::open(path)
        .and_then(|mut file| file.read_exact(&mut bytes))
        .map_err(disk("read", path))?;
    Ok(bytes.iter().fold(PREFIX.to_owned(), |token, byte| {
        token + &format!("{byte:02x}")
    }))
}

/// A name that reads the same in a journal, a header and a path.
fn is_name(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-@".contains(&byte);
    (1..=64).contains(&name.len()) && name.bytes().all(plain)
}

impl Embedded {
    pub(super) fn add_account(
        &self,
        name: &str,
        role: Role,
        actor: &Actor,
    ) -> Result<String, StoreError> {
        // These two mean somebody in the journal already.
        if !is_name(name) || ["local", "public"].contains(&name) {
            return Err(StoreError::BadName(name.to_owned()));
        }
        let token = new_token()?;
        let at = now();
        let mut connection = self.connection();
        let transaction = begin(&mut connection)?;
        transaction
            .execute(
                "INSERT INTO users (name, role, token, at) VALUES (?1, ?2, ?3, ?4)
                 ON CONFLICT (name) DO UPDATE SET role = excluded.role, token = excluded.token,
                 at = excluded.at",
                params![name, word(role), token_hash(&token), at],
            )
            .map_err(failed("keep the account"))?;
        journal::append(
            &transaction,
            &at,
            actor,
            "user_added",
            name,
            &serde_json::json!({ "user_role": role }),
        )?;
        raise_generation(&transaction)?;
        transaction.commit().map_err(failed("commit"))?;
        Ok(token)
    }

    pub(super) fn remove_account(&self, name: &str, actor: &Actor) -> Result<(), StoreError> {
        let mut connection = self.connection();
        let transaction = begin(&mut connection)?;
        let gone = transaction
            .execute("DELETE FROM users WHERE name = ?1", [name])
            .map_err(failed("remove the account"))?;
        if gone == 0 {
            return Err(StoreError::NotFound {
                what: format!("user `{name}`"),
            });
        }
        journal::append(
            &transaction,
            &now(),
            actor,
            "user_removed",
            name,
            &serde_json::json!({}),
        )?;
        raise_generation(&transaction)?;
        transaction.commit().map_err(failed("commit"))
    }

    pub(super) fn accounts(&self) -> Result<Vec<User>, StoreError> {
        let connection = self.connection();
        let mut statement = connection
            .prepare_cached("SELECT name, role, token, at FROM users ORDER BY name")
            .map_err(failed("list users"))?;
        statement
            .query_map([], |row| {
                Ok(User {
                    name: row.get(0)?,
                    role: unword(row, 1)?,
                    token: row.get(2)?,
                    at: row.get(3)?,
                })
            })
            .and_then(Iterator::collect)
            .map_err(failed("list users"))
    }
}
