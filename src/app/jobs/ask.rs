//! What is asked about a delivery: said with it, changed later, remembered for the next of its source.

use serde_json::{Map, Value};

use super::{
    super::{Actor, App},
    DeliverError, Live, may,
};
use crate::{
    model::{LayerId, Say},
    store::{Job, JobAsk, JobId, JobState, Remembered},
    validate::{CodeMap, Confirmed, RepairKind, Repairs, Report, Said},
};

/// The longest text of one value.
const VALUE_BYTES: usize = 200;
/// How many elements a map may have.
const MOST_ENTRIES: usize = 200;
/// How many texts may be mapped to codes.
const MOST_CODES: usize = 2_000;

/// A change of what is asked, as a JSON merge patch (RFC 7396): null takes a value away.
pub type AskPatch = Map<String, Value>;

/// One value of a form or of an upload's metadata into what is asked. True when there is such a value.
pub fn stated(patch: &mut AskPatch, name: &str, text: &str) -> Result<bool, DeliverError> {
    let text = text.trim();
    let value = match name {
        "layer" | "crs" | "encoding" | "repairs" | "columns" | "codes" | "metadata"
            if text.is_empty() =>
        {
            return Ok(true);
        }
        "layer" | "crs" | "encoding" | "repairs" => Value::from(text),
        "set_aside" => Value::Bool(match text {
            "true" | "1" | "on" | "yes" => true,
            "" | "false" | "0" | "off" | "no" => false,
            _ => return Err(DeliverError::bad(name, "it is true or false")),
        }),
        "columns" | "codes" | "metadata" => serde_json::from_str(text).map_err(|error| {
            DeliverError::bad(name, format!("it is not a JSON object: {error}"))
        })?,
        _ => return Ok(false),
    };
    patch.insert(name.to_owned(), value);
    Ok(true)
}

impl App {
    /// What is asked after a change; refuses what cannot be meant.
    pub(super) fn merged(&self, ask: &JobAsk, patch: &AskPatch) -> Result<JobAsk, DeliverError> {
        let mut next = ask.clone();
        for (name, value) in patch {
            let text = || match value {
                Value::Null => Ok(None),
                Value::String(text) if text.trim().is_empty() => Ok(None),
                Value::String(text) if text.len() <= VALUE_BYTES => {
                    Ok(Some(text.trim().to_owned()))
                }
                _ => Err(DeliverError::bad(name, "it is a short text, or null")),
            };
            match name.as_str() {
                "layer" => {
                    let layer: Option<LayerId> = text()?
                        .map(|text| {
                            text.parse()
                                .map_err(|error| DeliverError::bad(name, format!("{error}")))
                        })
                        .transpose()?;
                    if let Some(layer) = &layer
                        && self.standards().layer(layer).is_none()
                    {
                        return Err(DeliverError::bad(
                            name,
                            format!(
                                "there is no standard for a layer `{layer}`; /accepted-inputs lists them"
                            ),
                        ));
                    }
                    next.layer = layer;
                }
                "crs" => {
                    next.crs = text()?;
                    let plain = |text: &str| {
                        !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
                    };
                    if next.crs.as_ref().is_some_and(|crs| {
                        !crs.split_once(':')
                            .is_some_and(|(name, code)| plain(name) && plain(code))
                    }) {
                        return Err(DeliverError::bad(name, "it is a code such as EPSG:32643"));
                    }
                }
                "encoding" => {
                    next.encoding = text()?;
                    if next
                        .encoding
                        .as_deref()
                        .is_some_and(|label| !crate::read::is_encoding(label))
                    {
                        return Err(DeliverError::bad(
                            name,
                            "it is the name of an encoding such as UTF-8 or windows-1252",
                        ));
                    }
                }
                "columns" => merge_columns(&mut next, name, value)?,
                "codes" => merge_codes(&mut next, name, value)?,
                "repairs" => {
                    next.repairs = match value {
                        Value::Null | Value::Bool(false) => Repairs::none(),
                        Value::Bool(true) => Repairs::safe(),
                        Value::String(text) => text
                            .parse()
                            .map_err(|error| DeliverError::bad(name, format!("{error}")))?,
                        Value::Array(kinds) => kinds
                            .iter()
                            .map(|kind| kind.as_str().unwrap_or("?"))
                            .collect::<Vec<_>>()
                            .join(",")
                            .parse()
                            .map_err(|error| DeliverError::bad(name, format!("{error}")))?,
                        _ => return Err(DeliverError::bad(name, "it is a list of kinds")),
                    };
                }
                "set_aside" => {
                    next.set_aside = match value {
                        Value::Null => false,
                        Value::Bool(yes) => *yes,
                        _ => return Err(DeliverError::bad(name, "it is true or false")),
                    };
                }
                "metadata" => {
                    let Value::Object(elements) = value else {
                        if value.is_null() {
                            next.metadata.0.clear();
                            continue;
                        }
                        return Err(DeliverError::bad(name, "it is an object of elements"));
                    };
                    for (element, said) in elements {
                        if said.is_null() {
                            next.metadata.0.remove(element);
                        } else {
                            next.metadata.0.insert(element.clone(), said.clone());
                        }
                    }
                    if next.metadata.0.len() > MOST_ENTRIES {
                        return Err(DeliverError::bad(name, "it has too many elements"));
                    }
                }
                _ => {
                    return Err(DeliverError::bad(
                        name,
                        "it is none of layer, crs, encoding, columns, codes, repairs, set_aside, metadata",
                    ));
                }
            }
        }
        Ok(next)
    }

    /// Changes what is asked about a delivery and has it judged again, without its bytes being sent again.
    /// Before they all arrived, only the question changes. Blocks.
    pub fn ask_again(
        &self,
        id: JobId,
        actor: &Actor,
        patch: &AskPatch,
    ) -> Result<Job, DeliverError> {
        self.open_for_deliveries()?;
        let (job, _) = self.delivery(id)?;
        may(actor, &job)?;
        let ask = self.merged(&job.ask, patch)?;
        let confirmed = answers(&job.ask, &ask, patch);
        match job.state {
            JobState::Receiving | JobState::Queued => {
                let live = self.inner.jobs.live().get(&job.id).cloned();
                let Some(live) = live else {
                    return Err(DeliverError::Conflict(format!(
                        "{} has just changed; ask again",
                        job.id
                    )));
                };
                let mut now = live.job();
                if !matches!(now.state, JobState::Receiving | JobState::Queued) {
                    return Err(DeliverError::Conflict(format!(
                        "{} is being judged this moment; wait for its end, or call it off",
                        job.id
                    )));
                }
                now.ask = ask;
                now.asked_by = Some(actor.name.clone());
                self.store().save_job(&now)?;
                drop(now);
                live.tell();
            }
            JobState::Reading | JobState::Checking | JobState::Publishing => {
                return Err(DeliverError::Conflict(format!(
                    "{} is being judged this moment; wait for its end, or call it off",
                    job.id
                )));
            }
            JobState::Judged | JobState::Failed | JobState::Cancelled => {
                if job.files.is_empty() || job.files.iter().any(|file| file.hash.is_none()) {
                    return Err(DeliverError::Conflict(format!(
                        "the bytes of {} never arrived in full; send the file again",
                        job.id
                    )));
                }
                self.room_in_queue()?;
                let mut again = Job {
                    ask,
                    asked_by: Some(actor.name.clone()),
                    state: JobState::Queued,
                    reason: None,
                    reason_say: Say::default(),
                    attempts: 0,
                    ..job.clone()
                };
                self.recall(&mut again)?;
                self.store().save_job(&again)?;
                self.inner
                    .jobs
                    .live()
                    .insert(again.id, Live::new(again.clone()));
                self.inner.jobs.queue.push(&again.actor, again.id);
            }
        }
        if !confirmed.is_empty() {
            self.store()
                .remember(&job.source, job.id, &actor.name, &confirmed)?;
        }
        Ok(self.delivery(job.id)?.0)
    }

    /// Fills in what nobody said this time but somebody confirmed for this source before.
    pub(super) fn recall(&self, job: &mut Job) -> Result<(), DeliverError> {
        job.remembered = None;
        let Some(known) = self.store().remembered(&job.source)? else {
            return Ok(());
        };
        if known.from == job.id {
            return Ok(());
        }
        let Confirmed {
            layer,
            crs,
            encoding,
            columns,
            codes,
            said,
        } = known.answers;
        let mut new = Confirmed {
            layer: layer
                .filter(|layer| job.ask.layer.is_none() && self.standards().layer(layer).is_some()),
            crs: crs.filter(|_| job.ask.crs.is_none()),
            encoding: encoding.filter(|_| job.ask.encoding.is_none()),
            columns: columns
                .into_iter()
                .filter(|(field, _)| !job.ask.columns.contains_key(field))
                .collect(),
            codes,
            said,
        };
        let parts = new.parts();
        new.said.retain(|part, _| parts.contains(&part.as_str()));
        if !new.is_empty() {
            job.remembered = Some(Remembered {
                answers: new,
                from: known.from,
                at: known.at,
            });
        }
        Ok(())
    }

    /// Refuses when too many wait already.
    pub(super) fn room_in_queue(&self) -> Result<(), DeliverError> {
        let most = self.config().limits.waiting;
        if self.inner.jobs.queue.len() < most {
            return Ok(());
        }
        Err(DeliverError::TooMany {
            what: "too many deliveries wait to be judged; come again in a while".to_owned(),
            limit: "waiting",
            value: most as u64,
        })
    }
}

fn merge_columns(next: &mut JobAsk, name: &str, value: &Value) -> Result<(), DeliverError> {
    let Value::Object(columns) = value else {
        if value.is_null() {
            next.columns.clear();
            return Ok(());
        }
        return Err(DeliverError::bad(
            name,
            "it is an object of field and column",
        ));
    };
    for (field, column) in columns {
        match column {
            Value::Null => {
                next.columns.remove(field);
            }
            Value::String(column) if column.len() <= VALUE_BYTES && field.len() <= VALUE_BYTES => {
                next.columns.insert(field.clone(), column.clone());
            }
            _ => {
                return Err(DeliverError::bad(
                    name,
                    format!("the column of `{field:.60}` is a name"),
                ));
            }
        }
    }
    if next.columns.len() > MOST_ENTRIES {
        return Err(DeliverError::bad(name, "it names too many fields"));
    }
    Ok(())
}

fn merge_codes(next: &mut JobAsk, name: &str, value: &Value) -> Result<(), DeliverError> {
    let Value::Object(fields) = value else {
        if value.is_null() {
            next.codes.clear();
            return Ok(());
        }
        return Err(DeliverError::bad(
            name,
            "it is an object of field, and of text and code in it",
        ));
    };
    for (field, texts) in fields {
        let Value::Object(texts) = texts else {
            if texts.is_null() {
                next.codes.remove(field);
                continue;
            }
            return Err(DeliverError::bad(
                name,
                format!("the codes of `{field:.60}` are an object of text and code"),
            ));
        };
        let known = next.codes.entry(field.clone()).or_default();
        for (text, code) in texts {
            match code {
                Value::Null => {
                    known.remove(text);
                }
                Value::String(code)
                    if [field, text, code]
                        .iter()
                        .all(|one| one.len() <= VALUE_BYTES) =>
                {
                    known.insert(text.clone(), code.clone());
                }
                _ => {
                    return Err(DeliverError::bad(
                        name,
                        format!("the code of `{text:.60}` is a short text"),
                    ));
                }
            }
        }
    }
    next.codes.retain(|_, texts| !texts.is_empty());
    if next
        .codes
        .values()
        .map(std::collections::BTreeMap::len)
        .sum::<usize>()
        > MOST_CODES
    {
        return Err(DeliverError::bad(name, "it holds too many codes"));
    }
    Ok(())
}

/// What a person has confirmed by a change.
pub(super) fn answers(before: &JobAsk, after: &JobAsk, patch: &AskPatch) -> Confirmed {
    let said = |name: &str| patch.contains_key(name);
    let changed = after
        .columns
        .iter()
        .filter(|(field, column)| before.columns.get(*field) != Some(*column));
    Confirmed {
        layer: after.layer.clone().filter(|_| said("layer")),
        crs: after.crs.clone().filter(|_| said("crs")),
        encoding: after.encoding.clone().filter(|_| said("encoding")),
        columns: changed
            .map(|(field, column)| (field.clone(), column.clone()))
            .collect(),
        codes: if said("codes") {
            after.codes.clone()
        } else {
            CodeMap::new()
        },
        ..Confirmed::default()
    }
}

/// The codes that a person confirmed by having texts mapped: as the report tells what was done.
pub(super) fn mapped_codes(job: &Job, report: &Report) -> Confirmed {
    const KINDS: [RepairKind; 2] = [RepairKind::MapCodes, RepairKind::GuessCodes];
    let mut codes = CodeMap::new();
    for repair in &report.repairs {
        let asked = KINDS
            .iter()
            .any(|kind| kind.name() == repair.kind && job.ask.repairs.has(*kind));
        let field = repair.place.field.as_ref().and_then(|column| {
            let mut all = report.columns.iter();
            all.find(|mapping| mapping.column == *column)
        });
        // A text that the report shortened is not the text of the file.
        if let Some(mapping) = field.filter(|_| asked && !repair.before.ends_with('…')) {
            let texts = codes.entry(mapping.field.clone()).or_default();
            if texts.len() < MOST_CODES {
                texts.insert(repair.before.clone(), repair.after.clone());
            }
        }
    }
    Confirmed {
        codes,
        ..Confirmed::default()
    }
}

/// The question put to the gate: what was said, and for the rest what is remembered.
pub(super) fn question(job: &Job) -> super::super::Ask {
    let mut ask = super::super::Ask {
        layer: job.ask.layer.clone(),
        columns: job.ask.columns.clone(),
        repairs: job.ask.repairs.clone(),
        set_aside: job.ask.set_aside,
        ..super::super::Ask::default()
    };
    ask.read.crs.clone_from(&job.ask.crs);
    ask.read.encoding.clone_from(&job.ask.encoding);
    let mut confirmed = job
        .remembered
        .as_ref()
        .map(|known| known.answers.clone())
        .unwrap_or_default();
    if !job.ask.codes.is_empty() {
        // What is said now goes before what was said once; who said it last stands for all.
        let now = Confirmed {
            codes: job.ask.codes.clone(),
            ..Confirmed::default()
        };
        let said = Said {
            by: job.asked_by.clone().unwrap_or_else(|| job.actor.clone()),
            at: job.created_at.clone(),
            from: job.id.to_string(),
        };
        confirmed.learn(&now, &said);
    }
    ask = ask.with(confirmed);
    ask
}
