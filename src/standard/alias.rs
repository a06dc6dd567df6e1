//! The headers people really write, to the names of the standard.
//!
//! A column answers at most one field and a field has at most one column. What is surest goes first: the
//! name itself, then an alias (in the order of the standard), then an alias cut to the ten bytes that a
//! shapefile leaves. Where only an alias speaks for a column, its values may say no ([`Veto`]), and a column of blanks
//! comes last. A column that looks like a name but holds only ward numbers is taken as the number.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;

use super::{
    FieldRule, LayerStandard, Standards, Veto, normal_key,
    veto::{Look, Looked, look},
};
use crate::model::{Table, Value};

/// Which column was taken for which field, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mapping {
    /// The field of the standard.
    pub field: String,
    /// The column of the file.
    pub column: String,
    /// `same name`, `alias`, `cut alias`, `holds numbers`, `given`.
    pub why: String,
}

/// A mapping that somebody gave and that cannot be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadMapping {
    /// The standard has no such field.
    #[error("the standard has no field `{0}`")]
    Field(String),
    /// The file has no such column.
    #[error("the file has no column `{0}`")]
    Column(String),
}

/// Which column of a table answers which field of a standard.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ColumnMap {
    entries: Vec<(Mapping, usize)>,
    vetoes: Vec<Veto>,
}

/// A header without case, blanks, dots, dashes, brackets and underscores, in one Unicode form.
pub(super) fn squash(text: &str) -> String {
    text.nfc()
        .filter(|letter| {
            letter.is_ascii_alphanumeric() || !(letter.is_ascii() || letter.is_whitespace())
        })
        .flat_map(char::to_lowercase)
        .collect()
}

/// From this rank on a header is a hint only.
const FIRST_ALIAS: usize = 2;

/// What headers mean a field, made ready once for all columns of a table: a file may have thousands.
struct Called<'a> {
    field: &'a FieldRule,
    squashed: String,
    /// Each alias, and as DBF cuts it: it keeps ten bytes of a field's name.
    aliases: Vec<(String, Option<String>)>,
}

impl<'a> Called<'a> {
    fn of(field: &'a FieldRule) -> Self {
        Self {
            field,
            squashed: squash(&field.name),
            aliases: field
                .aliases
                .iter()
                .map(|alias| {
                    let cut = alias.len() > 10 && alias.is_char_boundary(10);
                    (squash(alias), cut.then(|| squash(&alias[..10])))
                })
                .collect(),
        }
    }

    /// How sure a header is to mean the field: 0 the name itself, then the aliases in order, then cut ones.
    /// The second is why, as [`Mapping::why`] says it.
    fn sureness(&self, header: &str, squashed: &str) -> Option<(usize, &'static str)> {
        if header == self.field.name {
            return Some((0, "same name"));
        }
        if squashed == self.squashed {
            return Some((1, "same name"));
        }
        if let Some(at) = self.aliases.iter().position(|(alias, _)| alias == squashed) {
            return Some((FIRST_ALIAS + at, "alias"));
        }
        let cut = |(_, cut): &(String, Option<String>)| cut.as_deref() == Some(squashed);
        (header.len() == 10)
            .then(|| self.aliases.iter().position(cut))
            .flatten()
            .map(|at| (1000 + at, "cut alias"))
    }
}

impl FieldRule {
    /// True when a header is this field's name or one of its usual names.
    pub fn is_called(&self, header: &str) -> bool {
        Called::of(self).sureness(header, &squash(header)).is_some()
    }
}

impl ColumnMap {
    /// What the headers of a table, and where they leave a doubt its values, say.
    pub fn of(standards: &Standards, standard: &LayerStandard, table: &Table) -> Self {
        Self::default().completed(standards, standard, table, Looked::Some)
    }

    /// The same, but what somebody gave as (field, column) stands first.
    pub fn given(
        standards: &Standards,
        standard: &LayerStandard,
        table: &Table,
        pairs: &[(String, String)],
    ) -> Result<Self, BadMapping> {
        let mut map = Self::default();
        for (field, column) in pairs {
            if standards.field(standard, field).is_none() {
                return Err(BadMapping::Field(field.clone()));
            }
            let at = table
                .position(column)
                .ok_or_else(|| BadMapping::Column(column.clone()))?;
            map.add(field, column, "given", at);
        }
        Ok(map.completed(standards, standard, table, Looked::Whole))
    }

    /// The same, but a field or column that is not there is passed over: what a person confirmed for one
    /// delivery is offered to the next, whose columns may differ. `told` holds what was said with the word that
    /// [`Mapping::why`] gets, the strongest first.
    pub fn told(
        standards: &Standards,
        standard: &LayerStandard,
        table: &Table,
        told: &[(&str, &BTreeMap<String, String>)],
    ) -> Self {
        let mut map = Self::default();
        for (why, columns) in told {
            for (field, column) in *columns {
                if standards.field(standard, field).is_some()
                    && map.column(field).is_none()
                    && let Some(at) = table.position(column)
                    && !map.takes(at)
                {
                    map.add(field, column, why, at);
                }
            }
        }
        map.completed(standards, standard, table, Looked::Whole)
    }

    /// The same without the column of a field.
    pub fn leave(&mut self, field: &str) {
        self.entries.retain(|(mapping, _)| mapping.field != field);
    }

    fn add(&mut self, field: &str, column: &str, why: &str, at: usize) {
        self.entries.retain(|(mapping, _)| mapping.field != field);
        self.entries.push((
            Mapping {
                field: field.to_owned(),
                column: column.to_owned(),
                why: why.to_owned(),
            },
            at,
        ));
    }

    fn completed(
        mut self,
        standards: &Standards,
        standard: &LayerStandard,
        table: &Table,
        looked: Looked,
    ) -> Self {
        let headers: Vec<String> = table
            .fields
            .iter()
            .map(|field| squash(&field.name))
            .collect();
        let mut wishes = vec![];
        for (order, field) in standards.fields(standard).enumerate() {
            let called = Called::of(field);
            for (at, squashed) in headers.iter().enumerate() {
                if let Some((rank, why)) = called.sureness(&table.fields[at].name, squashed) {
                    wishes.push((rank, order, at, why, field.name.as_str()));
                }
            }
        }
        wishes.sort_unstable_by_key(|&(rank, order, at, ..)| (rank, order, at));
        let mut blank = vec![];
        for (rank, order, at, why, field) in wishes {
            if self.column(field).is_some() || self.takes(at) {
                continue;
            }
            let header = &table.fields[at].name;
            if rank >= FIRST_ALIAS
                && let Some(rule) = standards.fields(standard).nth(order)
            {
                match look(rule, header, &table.columns[at], looked) {
                    Look::May => {}
                    Look::Blank => {
                        blank.push((at, why, field));
                        continue;
                    }
                    Look::Cannot(percent, why) => {
                        self.vetoes.push(Veto {
                            field: field.to_owned(),
                            column: at,
                            percent,
                            why,
                        });
                        continue;
                    }
                }
            }
            self.add(field, header, why, at);
        }
        for (at, why, field) in blank {
            if self.column(field).is_none() && !self.takes(at) {
                self.add(field, &table.fields[at].name, why, at);
            }
        }
        self.number_in_the_name(standards, standard, table);
        let order: Vec<&str> = standards
            .fields(standard)
            .map(|field| field.name.as_str())
            .collect();
        self.entries
            .sort_by_key(|(mapping, _)| order.iter().position(|name| *name == mapping.field));
        self
    }

    /// `Ward_name` that holds 1, 2, 3 … is the number, not the name (seen in real files).
    fn number_in_the_name(
        &mut self,
        standards: &Standards,
        standard: &LayerStandard,
        table: &Table,
    ) {
        let (Some(_), None, Some(at)) = (
            standards.field(standard, "ward_no"),
            self.column("ward_no"),
            self.column("name"),
        ) else {
            return;
        };
        if !standard.key.iter().any(|name| name == "ward_no") {
            return;
        }
        let column = &table.columns[at];
        let (mut seen, mut numbers) = (0, 0);
        for row in 0..column.len() {
            let value = column.get(row);
            if value != Value::Null {
                let text = value.to_text();
                let key = normal_key(&text).key;
                seen += 1;
                numbers += usize::from(
                    !text.trim().is_empty() && key.bytes().all(|byte| byte.is_ascii_digit()),
                );
            }
        }
        // A cantonment or a reserve among the wards has a name where they have numbers.
        if seen > 0 && numbers * 10 >= seen * 9 {
            self.entries.retain(|(mapping, _)| mapping.field != "name");
            self.add("ward_no", &table.fields[at].name, "holds numbers", at);
        }
    }

    /// The columns that a field was not given although their header is one of its names; the field has no column.
    pub fn vetoes(&self) -> impl Iterator<Item = &Veto> {
        self.vetoes
            .iter()
            .filter(|veto| self.column(&veto.field).is_none() && !self.takes(veto.column))
    }

    /// True when some field is answered by the column at this position.
    pub fn takes(&self, at: usize) -> bool {
        self.entries.iter().any(|&(_, taken)| taken == at)
    }

    /// The position of the column that answers a field; none where none does.
    pub fn column(&self, field: &str) -> Option<usize> {
        self.entries
            .iter()
            .find(|(mapping, _)| mapping.field == field)
            .map(|&(_, at)| at)
    }

    /// Every mapping with the position of its column, in the order of the standard.
    pub fn entries(&self) -> &[(Mapping, usize)] {
        &self.entries
    }
}
