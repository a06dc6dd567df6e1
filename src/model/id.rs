//! Names that cannot be wrong, because only parsing makes them.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// Why a text is not a name of this kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not {wanted}")]
pub struct BadName {
    text: String,
    wanted: &'static str,
}

/// The name of a layer: `ward_boundary`. A lower-case letter, then up to 62 lower-case letters, digits
/// and underscores, so that it is safe in a path, a file name and an MVT layer name.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(try_from = "String", into = "String")]
pub struct LayerId(String);

impl LayerId {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The nearest name to any text: `2011 Wards-SHP` becomes `layer_2011_wards_shp`.
    pub fn slug(text: &str) -> Self {
        let mut slug = String::new();
        for letter in text.chars().flat_map(char::to_lowercase) {
            if letter.is_ascii_alphanumeric() {
                slug.push(letter);
            } else if !slug.ends_with('_') && !slug.is_empty() {
                slug.push('_');
            }
        }
        if !slug.starts_with(|letter: char| letter.is_ascii_lowercase()) {
            slug.insert_str(0, if slug.is_empty() { "layer" } else { "layer_" });
        }
        slug.truncate(63);
        Self(slug.trim_end_matches('_').to_owned())
    }
}

impl FromStr for LayerId {
    type Err = BadName;

    fn from_str(text: &str) -> Result<Self, BadName> {
        let good = text.len() <= 63
            && text.starts_with(|letter: char| letter.is_ascii_lowercase())
            && text.chars().all(|letter| {
                letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '_'
            });
        if good {
            Ok(Self(text.to_owned()))
        } else {
            Err(BadName {
                text: text.chars().take(80).collect(),
                wanted: "a layer name: a lower-case letter, then lower-case letters, digits and underscores, 63 at most",
            })
        }
    }
}

impl TryFrom<String> for LayerId {
    type Error = BadName;

    fn try_from(text: String) -> Result<Self, BadName> {
        text.parse()
    }
}

impl From<LayerId> for String {
    fn from(id: LayerId) -> Self {
        id.0
    }
}

impl fmt::Display for LayerId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

/// The code of an indicator, as its catalogue writes it: `SLB-2.1.1`, `EC: I: T: 2A`. Printable, not
/// blank, at most 64 bytes.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(try_from = "String", into = "String")]
pub struct IndicatorId(String);

impl IndicatorId {
    /// The code as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for IndicatorId {
    type Err = BadName;

    fn from_str(text: &str) -> Result<Self, BadName> {
        let code = text.trim();
        if code.is_empty() || code.len() > 64 || code.chars().any(char::is_control) {
            return Err(BadName {
                text: text.chars().take(80).collect(),
                wanted: "an indicator code: 1 to 64 printable bytes",
            });
        }
        Ok(Self(code.to_owned()))
    }
}

impl TryFrom<String> for IndicatorId {
    type Error = BadName;

    fn try_from(text: String) -> Result<Self, BadName> {
        text.parse()
    }
}

impl From<IndicatorId> for String {
    fn from(id: IndicatorId) -> Self {
        id.0
    }
}

impl fmt::Display for IndicatorId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

/// The number of a published version of a layer, from 1 upwards.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Version(pub u32);

impl fmt::Display for Version {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}", self.0)
    }
}

/// The stable whole number of a feature, the same in every tile and in the API, below 2^53 so that
/// JavaScript holds it exactly.
///
/// It comes from the business key alone, so it survives re-ingest, reordering and a change of format: a
/// key that is a plain number below 2^48 is its own id (short in a tile), any other text is hashed to 51
/// bits with bit 52 set, so the two kinds never meet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct FeatureId(pub u64);

impl FeatureId {
    /// The id that a key asks for. Two texts may hash alike; [`crate::normalise`] settles that.
    pub fn of_key(key: &str) -> Self {
        let plain = !key.is_empty()
            && key.len() <= 15
            && key.bytes().all(|byte| byte.is_ascii_digit())
            && (key == "0" || !key.starts_with('0'));
        if plain
            && let Ok(number) = key.parse::<u64>()
            && number < 1 << 48
        {
            return Self(number);
        }
        let hash = blake3::hash(key.as_bytes());
        let mut bytes = [0; 8];
        bytes.copy_from_slice(&hash.as_bytes()[..8]);
        Self(1 << 52 | u64::from_le_bytes(bytes) >> 13)
    }
}

impl fmt::Display for FeatureId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_refused_or_mended_but_never_unsafe() {
        assert!("ward_boundary".parse::<LayerId>().is_ok());
        for bad in ["", "Ward", "1ward", "../etc", "a b", &"a".repeat(64)] {
            assert!(bad.parse::<LayerId>().is_err(), "{bad}");
        }
        for (text, slug) in [
            ("2011 Wards-SHP", "layer_2011_wards_shp"),
            ("वार्ड", "layer"),
            ("BBMP", "bbmp"),
        ] {
            assert_eq!(LayerId::slug(text).as_str(), slug);
            assert!(slug.parse::<LayerId>().is_ok());
        }
    }

    #[test]
    fn a_feature_id_is_the_number_itself_or_a_hash_beyond_all_numbers() {
        assert_eq!(FeatureId::of_key("42"), FeatureId(42));
        for text in ["042", "W42", "", "99999999999999999999"] {
            let FeatureId(id) = FeatureId::of_key(text);
            assert!((1 << 52..1 << 53).contains(&id), "{text}");
        }
    }
}
