//! Is the journal whole? Every seal, the numbering, the end, the guards, and whether it tells the same as
//! the catalogue.
//!
//! The chain shows a change, an insertion or a removal in the middle; the count and seal of the last entry
//! that [`super::migrations`] keeps beside it show a removal at the end. Who can rewrite the whole file can
//! rewrite all of it, so a head that was noted elsewhere (`parat journal verify` prints it) is the proof
//! that nobody did.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension};
use serde::Serialize;
use serde_json::Value;

use super::{JournalEntry, StoreError, catalogue::failed};

/// The guards that keep entries from being rewritten in passing.
const GUARDS: i64 = 4;

/// What is broken first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Broken {
    /// At which entry; none where it is no single one.
    pub entry: Option<i64>,
    /// What differs.
    pub what: String,
}

/// What a walk through the journal found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Verified {
    /// True when nothing is broken.
    pub whole: bool,
    /// How many entries there are.
    pub entries: i64,
    /// The seal of the last one, which seals all before it.
    pub head: String,
    /// The first thing that is broken.
    pub broken: Option<Broken>,
}

/// What the journal tells of the versions.
#[derive(Default)]
struct Told {
    /// Layer and version to the hash of its content.
    hashes: BTreeMap<(String, i64), String>,
    /// Layer to its public version.
    public: BTreeMap<String, Option<i64>>,
    /// Layer and version to its last state.
    states: BTreeMap<(String, i64), String>,
}

impl Told {
    fn hear(&mut self, entry: &JournalEntry) {
        let detail: Value = serde_json::from_str(&entry.detail).unwrap_or_default();
        let Some(version) = detail["version"].as_i64() else {
            return;
        };
        let layer = entry.subject.clone();
        let state = match entry.what.as_str() {
            "published" => {
                let before = self.public.insert(layer.clone(), Some(version)).flatten();
                if let Some(before) = before
                    && before != version
                {
                    self.states
                        .insert((layer.clone(), before), "superseded".to_owned());
                }
                "published"
            }
            "retired" => {
                if detail["from"] == "published" {
                    self.public.insert(layer.clone(), None);
                }
                "retired"
            }
            "staged" => "draft",
            "submitted" | "returned" | "approved" => &entry.what,
            _ => return,
        };
        self.states
            .insert((layer.clone(), version), state.to_owned());
        if let Some(hash) = detail["hash"].as_str() {
            self.hashes.insert((layer, version), hash.to_owned());
        }
    }
}

/// Walks the whole journal. Holds one entry at a time.
pub(super) fn verify(connection: &Connection) -> Result<Verified, StoreError> {
    let reading = || failed("read the journal");
    // One moment for all that is read.
    let transaction = connection
        .unchecked_transaction()
        .map_err(failed("read the journal"))?;
    let mut statement = transaction
        .prepare_cached(
            "SELECT id, at, actor, what, subject, detail, hash FROM journal ORDER BY id",
        )
        .map_err(reading())?;
    let mut rows = statement.query([]).map_err(reading())?;
    let (mut entries, mut head) = (0_i64, String::new());
    let mut told = Told::default();
    let mut broken: Option<Broken> = None;
    while let Some(row) = rows.next().map_err(reading())? {
        let entry = super::journal::read(row).map_err(reading())?;
        entries += 1;
        if broken.is_none() {
            broken = fault(&entry, entries, &head);
        }
        told.hear(&entry);
        head = entry.hash;
    }
    let broken = match broken {
        Some(broken) => Some(broken),
        None => match end(&transaction, entries, &head)? {
            Some(broken) => Some(broken),
            None => contradiction(&transaction, &told)?,
        },
    };
    Ok(Verified {
        whole: broken.is_none(),
        entries,
        head,
        broken,
    })
}

fn fault(entry: &JournalEntry, number: i64, before: &str) -> Option<Broken> {
    if entry.id != number {
        return Some(Broken {
            entry: Some(number),
            what: format!(
                "entry {number} is missing; after it comes entry {}",
                entry.id
            ),
        });
    }
    let seal = entry.seal(before);
    (seal != entry.hash).then(|| Broken {
        entry: Some(entry.id),
        what: format!(
            "entry {} ({} {} by {} at {}) is not as it was written: its content seals to {:.16}…, its seal \
             is {:.16}…",
            entry.id, entry.what, entry.subject, entry.actor, entry.at, seal, entry.hash
        ),
    })
}

/// Whether the end is there, and the guards.
fn end(connection: &Connection, entries: i64, head: &str) -> Result<Option<Broken>, StoreError> {
    let kept: Option<(i64, String)> = connection
        .query_row("SELECT count, hash FROM journal_head", [], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .optional()
        .map_err(failed("read the journal"))?;
    let say = |what: String| Some(Broken { entry: None, what });
    Ok(match kept {
        None if entries == 0 => None,
        None => say("the count of the entries is gone".to_owned()),
        Some((count, _)) if count > entries => say(format!(
            "the last entries are missing: {count} were written, {entries} are there"
        )),
        Some((count, _)) if count < entries => say(format!(
            "{} entries were added past the journal",
            entries - count
        )),
        Some((_, hash)) if hash != head => {
            say("the last entry is another one than was written last".to_owned())
        }
        Some(_) => {
            let guards: i64 = connection
                .query_row(
                    "SELECT count(*) FROM sqlite_master WHERE type = 'trigger'
                     AND tbl_name IN ('journal', 'publications')",
                    [],
                    |row| row.get(0),
                )
                .map_err(failed("read the journal"))?;
            if guards < GUARDS {
                say("a guard against rewriting the journal was taken away".to_owned())
            } else {
                None
            }
        }
    })
}

/// Where the catalogue says otherwise than the journal.
fn contradiction(connection: &Connection, told: &Told) -> Result<Option<Broken>, StoreError> {
    let say = |what: String| Some(Broken { entry: None, what });
    let mut statement = connection
        .prepare_cached("SELECT layer, version, hash, state FROM versions ORDER BY layer, version")
        .map_err(failed("list versions"))?;
    let mut rows = statement.query([]).map_err(failed("list versions"))?;
    while let Some(row) = rows.next().map_err(failed("list versions"))? {
        let get = || -> rusqlite::Result<(String, i64, String, String)> {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
        };
        let (layer, version, hash, state) = get().map_err(failed("list versions"))?;
        let key = (layer, version);
        let (layer, version) = (&key.0, key.1);
        if let Some(said) = told.hashes.get(&key)
            && *said != hash
        {
            return Ok(say(format!(
                "version {version} of {layer} has the content {hash:.16}…, the journal tells of {said:.16}…"
            )));
        }
        if let Some(said) = told.states.get(&key)
            && *said != state
        {
            return Ok(say(format!(
                "version {version} of {layer} is {state}, by the journal it is {said}"
            )));
        }
    }
    for (layer, said) in &told.public {
        let is: Option<i64> = connection
            .query_row(
                "SELECT version FROM layers WHERE layer = ?1",
                [layer],
                |row| row.get(0),
            )
            .optional()
            .map_err(failed("find the public version"))?;
        if is != *said {
            let words = |version: Option<i64>| {
                version.map_or_else(|| "none".to_owned(), |version| version.to_string())
            };
            return Ok(say(format!(
                "the public version of {layer} is {}, by the journal it is {}",
                words(is),
                words(*said)
            )));
        }
    }
    Ok(None)
}
