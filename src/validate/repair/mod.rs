//! What may be mended, and the record that it was.
//!
//! A repair is of a [`RepairKind`]; a person chooses kinds ([`Repairs`]), and each judging makes the chosen
//! ones on its own copy of the layer, before the rules look. The file itself is never touched, so a repair is
//! undone by judging again without it. Safe kinds change what nobody meant and keep every meaning; the others
//! rest on a guess or move things, so they are made only when they are asked for by name.

mod bench;
mod even_odd;
mod geojson;
mod ground;
mod plan;
mod snap;
mod text;
mod thin;
mod turn;
mod valid;
mod work;

use std::{collections::BTreeSet, fmt, str::FromStr};

use serde::{Deserialize, Serialize};

pub use self::geojson::geometry as geojson_geometry;
pub(in crate::validate) use plan::{Log, Plan};
pub(in crate::validate) use text::confirmed;
pub(in crate::validate) use work::Work;

use super::Subject;

/// A kind of repair, by the name that options, reports and the API use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RepairKind {
    /// The first vertex is put behind the last of an open ring.
    CloseRing,
    /// An invalid area is made valid: each ring by the even-odd rule, then holes are taken off and parts joined.
    MakeValid,
    /// A vertex that repeats the one before it is left out.
    DropRepeated,
    /// Rings are turned to run as their format says.
    Wind,
    /// Heights are left out.
    DropZ,
    /// Text that was encoded twice is decoded once more.
    Recode,
    /// A number's `.0` is taken off where the number is a name.
    StripZero,
    /// Dates and numbers that stand as text are read as what they are.
    ReadTypes,
    /// A label, or a code in other letters, becomes the code.
    MapCodes,
    /// A text near a code becomes the code.
    GuessCodes,
    /// x and y change places where the feature then lies where it should.
    SwapAxes,
    /// A feature of several parts becomes a row for each part.
    SplitParts,
    /// Ends and edges within the tolerance of one another are drawn together.
    Snap,
    /// The tip of an edge that runs out and straight back is left out.
    CutSpikes,
}

impl RepairKind {
    /// Every kind, in the order in which they are listed.
    pub const ALL: [Self; 14] = [
        Self::CloseRing,
        Self::MakeValid,
        Self::DropRepeated,
        Self::Wind,
        Self::DropZ,
        Self::Recode,
        Self::StripZero,
        Self::ReadTypes,
        Self::MapCodes,
        Self::GuessCodes,
        Self::SwapAxes,
        Self::SplitParts,
        Self::Snap,
        Self::CutSpikes,
    ];

    /// The name: `make_valid`.
    pub fn name(self) -> &'static str {
        match self {
            Self::CloseRing => "close_ring",
            Self::MakeValid => "make_valid",
            Self::DropRepeated => "drop_repeated",
            Self::Wind => "wind",
            Self::DropZ => "drop_z",
            Self::Recode => "recode",
            Self::StripZero => "strip_zero",
            Self::ReadTypes => "read_types",
            Self::MapCodes => "map_codes",
            Self::GuessCodes => "guess_codes",
            Self::SwapAxes => "swap_axes",
            Self::SplitParts => "split_parts",
            Self::Snap => "snap",
            Self::CutSpikes => "cut_spikes",
        }
    }

    /// The name of what it does among the messages.
    pub fn word(self) -> &'static str {
        match self {
            Self::CloseRing => "repair_close_ring",
            Self::MakeValid => "repair_make_valid",
            Self::DropRepeated => "repair_drop_repeated",
            Self::Wind => "repair_wind",
            Self::DropZ => "repair_drop_z",
            Self::Recode => "repair_recode",
            Self::StripZero => "repair_strip_zero",
            Self::ReadTypes => "repair_read_types",
            Self::MapCodes => "repair_map_codes",
            Self::GuessCodes => "repair_guess_codes",
            Self::SwapAxes => "repair_swap_axes",
            Self::SplitParts => "repair_split_parts",
            Self::Snap => "repair_snap",
            Self::CutSpikes => "repair_cut_spikes",
        }
    }

    /// The order in which repairs are made: text first, because column names and codes are text; then the
    /// place, then each geometry, then neighbours, and rows last.
    pub(in crate::validate) const ORDER: [Self; 14] = [
        Self::Recode,
        Self::StripZero,
        Self::ReadTypes,
        Self::MapCodes,
        Self::GuessCodes,
        Self::DropZ,
        Self::SwapAxes,
        Self::CloseRing,
        Self::DropRepeated,
        Self::CutSpikes,
        Self::MakeValid,
        Self::Snap,
        Self::SplitParts,
        Self::Wind,
    ];

    /// What it would change.
    pub(in crate::validate) fn plan(self, subject: &Subject<'_>) -> Plan {
        match self {
            Self::CloseRing => valid::close_ring(subject),
            Self::MakeValid => valid::make_valid(subject),
            Self::DropRepeated => thin::drop_repeated(subject),
            Self::CutSpikes => thin::cut_spikes(subject),
            Self::Wind => turn::wind(subject),
            Self::SwapAxes => turn::swap_axes(subject),
            Self::DropZ => turn::drop_z(subject),
            Self::SplitParts => turn::split_parts(subject),
            Self::Recode => text::recode(subject),
            Self::StripZero => text::strip_zero(subject),
            Self::ReadTypes => text::read_types(subject),
            Self::MapCodes => text::map_codes(subject),
            Self::GuessCodes => text::guess_codes(subject),
            Self::Snap => snap::snap(subject),
        }
    }

    /// The rules whose findings it may mend; none where only its plan can tell.
    pub(in crate::validate) fn mends(self) -> &'static [&'static str] {
        match self {
            Self::CloseRing | Self::MakeValid => &["T01"],
            Self::DropRepeated => &["T02"],
            Self::CutSpikes => &["T02", "T08"],
            Self::Recode => &["E01"],
            Self::SwapAxes => &["C02", "T03"],
            Self::SplitParts => &["T06"],
            Self::Snap => &["T04", "T05", "T07"],
            Self::Wind
            | Self::DropZ
            | Self::StripZero
            | Self::ReadTypes
            | Self::MapCodes
            | Self::GuessCodes => &[],
        }
    }

    /// True when it must know where the layer lies, in metres.
    pub(in crate::validate) fn measures(self) -> bool {
        matches!(
            self,
            Self::DropRepeated | Self::CutSpikes | Self::SwapAxes | Self::Snap
        )
    }

    /// True when it keeps every meaning, so that asking for repairs at all is asking for it.
    pub fn is_safe(self) -> bool {
        !matches!(
            self,
            Self::GuessCodes | Self::SwapAxes | Self::SplitParts | Self::Snap | Self::CutSpikes
        )
    }
}

impl fmt::Display for RepairKind {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.name())
    }
}

/// A word that names no kind of repair.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{word}` is no repair: write safe, all, none, or some of {}", RepairKind::ALL.map(RepairKind::name).join(", "))]
pub struct UnknownRepair {
    /// The word.
    pub word: String,
}

/// The kinds of repair that a person chose; read from `safe,snap` and written back the same way.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Repairs(BTreeSet<RepairKind>);

impl Repairs {
    /// None at all.
    pub fn none() -> Self {
        Self::default()
    }

    /// Every safe kind.
    pub fn safe() -> Self {
        RepairKind::ALL
            .into_iter()
            .filter(|kind| kind.is_safe())
            .collect()
    }

    /// Every kind.
    pub fn all() -> Self {
        RepairKind::ALL.into_iter().collect()
    }

    /// True when this kind was chosen.
    pub fn has(&self, kind: RepairKind) -> bool {
        self.0.contains(&kind)
    }

    /// True when none was chosen.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The kinds, in the order of [`RepairKind::ALL`].
    pub fn kinds(&self) -> impl Iterator<Item = RepairKind> + '_ {
        self.0.iter().copied()
    }
}

impl FromIterator<RepairKind> for Repairs {
    fn from_iter<T: IntoIterator<Item = RepairKind>>(kinds: T) -> Self {
        Self(kinds.into_iter().collect())
    }
}

impl FromStr for Repairs {
    type Err = UnknownRepair;

    /// Names parted by commas; `safe`, `all` and `none` stand for many, and `-` is as good as `_`.
    fn from_str(text: &str) -> Result<Self, UnknownRepair> {
        let mut chosen = Self::none();
        for word in text
            .split(',')
            .map(str::trim)
            .filter(|word| !word.is_empty())
        {
            let name = word.to_ascii_lowercase().replace('-', "_");
            match name.as_str() {
                "safe" => chosen.0.extend(Self::safe().0),
                "all" => chosen.0.extend(RepairKind::ALL),
                "none" => {}
                name => {
                    let kind = RepairKind::ALL
                        .into_iter()
                        .find(|kind| kind.name() == name)
                        .ok_or_else(|| UnknownRepair {
                            word: word.to_owned(),
                        })?;
                    chosen.0.insert(kind);
                }
            }
        }
        Ok(chosen)
    }
}

impl fmt::Display for Repairs {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.kinds().map(RepairKind::name).collect();
        out.write_str(&names.join(","))
    }
}

impl TryFrom<String> for Repairs {
    type Error = UnknownRepair;

    fn try_from(text: String) -> Result<Self, UnknownRepair> {
        text.parse()
    }
}

impl From<Repairs> for String {
    fn from(repairs: Repairs) -> Self {
        repairs.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_chosen_by_name_and_what_is_unknown_is_refused() {
        let chosen: Repairs = "make-valid, snap".parse().unwrap();
        assert_eq!(chosen.to_string(), "make_valid,snap");
        assert_eq!(chosen.to_string().parse(), Ok(chosen));
        assert_eq!("safe".parse(), Ok(Repairs::safe()));
        assert!(!Repairs::safe().has(RepairKind::SwapAxes));
        assert_eq!("none".parse(), Ok(Repairs::none()));
        assert!(
            "mend"
                .parse::<Repairs>()
                .unwrap_err()
                .to_string()
                .contains("make_valid")
        );
        for kind in RepairKind::ALL {
            let json = serde_json::to_value(kind).unwrap();
            assert_eq!(json, kind.name());
        }
    }
}
