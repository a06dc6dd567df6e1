//! What a person confirmed for one delivery and the next delivery of that source need not ask again.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::model::LayerId;

/// From field and text to code.
pub type CodeMap = BTreeMap<String, BTreeMap<String, String>>;

/// Answers that a person gave to proposals. Whoever stores it stores it by source; here it is only applied, and the
/// report says where it was.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Confirmed {
    /// The layer that the source sends.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub layer: Option<LayerId>,
    /// The coordinate system of its files where they do not say theirs: `EPSG:32643`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub crs: Option<String>,
    /// The encoding of its text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub encoding: Option<String>,
    /// From field to column.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub columns: BTreeMap<String, String>,
    /// From field and text to code.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub codes: CodeMap,
    /// Who said each part of it last: `layer`, `crs`, `encoding`, `columns`, `codes`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub said: BTreeMap<String, Said>,
}

/// Who confirmed something, when, and for which delivery.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Said {
    /// The name of the account.
    pub by: String,
    /// When, RFC 3339 in UTC.
    pub at: String,
    /// For which delivery: `d-12`.
    pub from: String,
}

/// A part of an answer that was used, as the report tells it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Told")]
pub struct ConfirmedPart {
    /// `layer`, `crs`, `encoding`, `columns` or `codes`.
    pub part: String,
    /// What was taken: `EPSG:32643`, `ward_no = prabhag`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub what: Vec<String>,
    /// Who said so; none where nobody kept it.
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub said: Option<Said>,
}

/// A part as a report holds it; the first reports held its name alone.
#[derive(Deserialize)]
#[serde(untagged)]
enum Told {
    Name(String),
    Part {
        part: String,
        #[serde(default)]
        what: Vec<String>,
        #[serde(default)]
        by: Option<String>,
        #[serde(default)]
        at: String,
        #[serde(default)]
        from: String,
    },
}

impl From<Told> for ConfirmedPart {
    fn from(told: Told) -> Self {
        match told {
            Told::Name(part) => Self {
                part,
                ..Self::default()
            },
            Told::Part {
                part,
                what,
                by,
                at,
                from,
            } => Self {
                part,
                what,
                said: by.map(|by| Said { by, at, from }),
            },
        }
    }
}

impl Confirmed {
    /// True when nothing was confirmed.
    pub fn is_empty(&self) -> bool {
        self.parts().is_empty()
    }

    /// The parts that hold something.
    pub fn parts(&self) -> Vec<&'static str> {
        [
            (self.layer.is_some(), "layer"),
            (self.crs.is_some(), "crs"),
            (self.encoding.is_some(), "encoding"),
            (!self.columns.is_empty(), "columns"),
            (!self.codes.is_empty(), "codes"),
        ]
        .into_iter()
        .filter_map(|(there, part)| there.then_some(part))
        .collect()
    }

    /// These answers over what was known before.
    pub fn learn(&mut self, new: &Self, said: &Said) {
        self.layer = new.layer.clone().or_else(|| self.layer.take());
        self.crs = new.crs.clone().or_else(|| self.crs.take());
        self.encoding = new.encoding.clone().or_else(|| self.encoding.take());
        self.columns.extend(new.columns.clone());
        for (field, texts) in &new.codes {
            let known = self.codes.entry(field.clone()).or_default();
            known.extend(texts.clone());
        }
        for part in new.parts() {
            self.said.insert(part.to_owned(), said.clone());
        }
    }

    /// A part that was used, with who said so.
    pub(super) fn part(&self, part: &str, what: Vec<String>) -> ConfirmedPart {
        ConfirmedPart {
            part: part.to_owned(),
            what,
            said: self.said.get(part).cloned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_reads_back_and_so_does_the_name_that_the_first_reports_held() {
        let part = ConfirmedPart {
            part: "crs".into(),
            what: vec!["EPSG:32643".into()],
            said: Some(Said {
                by: "asha".into(),
                at: "2026-01-01T00:00:00Z".into(),
                from: "d-3".into(),
            }),
        };
        let text = serde_json::to_string(&part).unwrap();
        assert_eq!(serde_json::from_str::<ConfirmedPart>(&text).unwrap(), part);
        let old: ConfirmedPart = serde_json::from_str("\"crs\"").unwrap();
        assert_eq!((old.part.as_str(), old.said), ("crs", None));
    }

    #[test]
    fn what_is_learnt_stands_over_what_was_known_part_by_part() {
        let said = |by: &str| Said {
            by: by.into(),
            ..Said::default()
        };
        let codes = |text: &str, code: &str| {
            CodeMap::from([(
                "surface".into(),
                BTreeMap::from([(text.into(), code.into())]),
            )])
        };
        let mut known = Confirmed::default();
        known.learn(
            &Confirmed {
                crs: Some("EPSG:32643".into()),
                codes: codes("tar", "BT"),
                ..Confirmed::default()
            },
            &said("asha"),
        );
        known.learn(
            &Confirmed {
                codes: codes("mud", "EARTH"),
                ..Confirmed::default()
            },
            &said("ravi"),
        );
        assert_eq!(known.codes["surface"].len(), 2);
        assert_eq!(known.said["crs"].by, "asha");
        assert_eq!(known.said["codes"].by, "ravi");
    }
}
