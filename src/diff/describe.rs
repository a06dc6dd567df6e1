//! A walk in numbers and first rows.

use std::ops::ControlFlow;

use serde_json::Value as Json;

use super::{
    Change, Counts, Difference, FieldChange, Late, MetadataChange, RowChange, SchemaChange, TimeUp,
    ValueChange, key::key_of, pairs, walk_until, wards,
};
use crate::{
    model::FeatureId,
    snapshot::{Snapshot, SnapshotInfo},
};

pub(super) fn describe(
    before: Option<&Snapshot>,
    after: &Snapshot,
    most: usize,
    late: Late<'_>,
) -> Result<Difference, TimeUp> {
    let pairs = before.map_or_else(Vec::new, |before| pairs(before, after));
    let mut counts = Counts {
        before: before.map_or(0, |before| before.len() as u64),
        after: after.len() as u64,
        ..Counts::default()
    };
    let mut by_field = vec![0_u64; pairs.len()];
    let mut rows = vec![];
    let mut differing = 0_u64;
    let mut moved_before = vec![];
    let mut moved_after = vec![];
    let mut add = |id: FeatureId, change: Change| {
        let row = match &change {
            Change::Same => {
                counts.unchanged += 1;
                return ControlFlow::Continue(());
            }
            Change::Added { after: row } => {
                counts.added += 1;
                moved_after.push(*row);
                RowSource(after, *row, "added", true)
            }
            Change::Removed { before: row } => {
                counts.removed += 1;
                moved_before.push(*row);
                RowSource(before.unwrap_or(after), *row, "removed", true)
            }
            Change::Changed {
                before: old,
                after: new,
                moved,
                fields,
            } => {
                counts.changed += 1;
                counts.geometry_changed += u64::from(*moved);
                counts.values_changed += u64::from(!fields.is_empty());
                for &field in fields {
                    by_field[field] += 1;
                }
                if *moved {
                    moved_before.push(*old);
                    moved_after.push(*new);
                }
                RowSource(after, *new, "changed", *moved)
            }
        };
        differing += 1;
        if rows.len() < most {
            let values = match (&change, before) {
                (
                    Change::Changed {
                        before: old,
                        after: new,
                        fields,
                        ..
                    },
                    Some(older),
                ) => fields
                    .iter()
                    .map(|&at| ValueChange {
                        field: pairs[at].name.clone(),
                        before: older.value(*old, pairs[at].before).to_json(),
                        after: after.value(*new, pairs[at].after).to_json(),
                    })
                    .collect(),
                _ => vec![],
            };
            rows.push(RowChange {
                id,
                key: key_of(row.0, row.1),
                change: row.2,
                geometry: row.3,
                values,
            });
        }
        ControlFlow::Continue(())
    };
    walk_until(before, after, &pairs, late, &mut add)?;

    let mut fields: Vec<FieldChange> = pairs
        .iter()
        .zip(by_field)
        .filter(|(_, features)| *features > 0)
        .map(|(pair, features)| FieldChange {
            field: pair.name.clone(),
            features,
        })
        .collect();
    fields.sort_by_key(|field| std::cmp::Reverse(field.features));
    let schema = before.map_or_else(Vec::new, |before| schema(before.info(), after.info()));
    let metadata = before.map_or_else(Vec::new, |before| metadata(before.info(), after.info()));
    Ok(Difference {
        summary: summary(before.is_some(), &counts, &schema, &metadata),
        wards: match before {
            Some(before) => wards::change(before, &moved_before, after, &moved_after, late)?,
            None => None,
        },
        rows_cut: differing > rows.len() as u64,
        counts,
        fields,
        schema,
        metadata,
        rows,
    })
}

/// A row with what happened to it and whether that is to be seen on the map.
struct RowSource<'a>(&'a Snapshot, u32, &'static str, bool);

fn schema(before: &SnapshotInfo, after: &SnapshotInfo) -> Vec<SchemaChange> {
    let find = |info: &SnapshotInfo, name: &str| {
        info.fields.iter().find(|field| field.name == name).cloned()
    };
    let kind = |field: &crate::model::Field| match serde_json::to_value(field.kind) {
        Ok(Json::String(word)) => word,
        _ => String::new(),
    };
    let mut all = vec![];
    let mut say = |field: &str, change, before: Option<String>, after: Option<String>| {
        all.push(SchemaChange {
            field: field.to_owned(),
            change,
            before,
            after,
        });
    };
    for field in &before.fields {
        match find(after, &field.name) {
            None => say(&field.name, "removed", Some(kind(field)), None),
            Some(now) => {
                if now.kind != field.kind {
                    say(&field.name, "type", Some(kind(field)), Some(kind(&now)));
                }
                if now.unit != field.unit {
                    say(&field.name, "unit", field.unit.clone(), now.unit);
                }
            }
        }
    }
    for field in &after.fields {
        if find(before, &field.name).is_none() {
            say(&field.name, "added", None, Some(kind(field)));
        }
    }
    all
}

fn metadata(before: &SnapshotInfo, after: &SnapshotInfo) -> Vec<MetadataChange> {
    let told = |info: &SnapshotInfo| match serde_json::to_value(&info.metadata) {
        Ok(Json::Object(members)) => members,
        _ => serde_json::Map::new(),
    };
    let (old, new) = (told(before), told(after));
    let mut names: Vec<&String> = old.keys().chain(new.keys()).collect();
    names.sort();
    names.dedup();
    let of = |members: &serde_json::Map<String, Json>, name: &String| {
        members.get(name).cloned().unwrap_or(Json::Null)
    };
    let mut all: Vec<MetadataChange> = names
        .into_iter()
        .map(|name| MetadataChange {
            element: name.clone(),
            before: of(&old, name),
            after: of(&new, name),
        })
        .filter(|one| one.before != one.after)
        .collect();
    for (element, old, new) in [
        ("standard", &before.standard, &after.standard),
        ("profile", &before.profile, &after.profile),
    ] {
        if old != new {
            all.push(MetadataChange {
                element: element.to_owned(),
                before: old.as_str().into(),
                after: new.as_str().into(),
            });
        }
    }
    all
}

fn summary(
    has_before: bool,
    counts: &Counts,
    schema: &[SchemaChange],
    metadata: &[MetadataChange],
) -> String {
    if !has_before {
        return format!("the first version: {} features, all new", counts.after);
    }
    let mut parts = vec![];
    let mut say = |count: u64, what: &str| {
        if count > 0 {
            parts.push(format!("{count} {what}"));
        }
    };
    say(counts.added, "added");
    say(counts.removed, "removed");
    say(counts.geometry_changed, "with another geometry");
    say(counts.values_changed, "with other values");
    say(schema.len() as u64, "changes of the schema");
    say(metadata.len() as u64, "changes of the metadata");
    if parts.is_empty() {
        return format!("no difference: {} features, all alike", counts.after);
    }
    format!("{}; {} unchanged", parts.join(", "), counts.unchanged)
}
