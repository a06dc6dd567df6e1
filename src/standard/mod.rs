//! The declared standards: loads `layers/`, cross-checks it, refuses what it does not know.
//!
//! In come the files of a profile, embedded in the binary or from a folder; out comes [`Standards`], in
//! which every name that one file says is known to another. The shape of the files is in `spec.rs`. What a
//! standard says of a given file is [`ColumnMap`] (which column is which field) and [`Fit`] (which standard
//! suits a file that came without a name). Nothing here reads geometry or judges data.

mod alias;
mod check;
mod codes;
mod explain;
mod files;
mod fit;
mod grids;
#[cfg(test)]
mod heard;
mod indicator;
mod key;
mod load;
mod merge;
mod messages;
mod metadata;
mod pack;
mod profile;
pub mod reading;
mod retold;
#[cfg(test)]
mod schema;
mod spec;
mod stack;
mod template;
mod veto;

use std::{
    collections::{BTreeMap, HashMap},
    path::Path,
    sync::LazyLock,
};

use crate::model::{IndicatorId, LayerId, MatrixSet};

pub use alias::{BadMapping, ColumnMap, Mapping};
pub use codes::{CodeEntry, CodeList};
pub use explain::{Page, Section, explain};
pub use files::StandardError;
pub use fit::{FITS, Fit};
pub use indicator::{Direction, IndicatorRule, Rollup};
pub use key::{WardKey, ascii_digit, normal_key};
pub use messages::Messages;
pub use metadata::{MetadataRule, Obligation};
pub use pack::PackInfo;
pub use profile::{CrsCandidate, Frequency, Profile, Thresholds, Tolerance};
pub use spec::{
    Class, FieldRule, Kind, LayerStandard, Only, RuleSettings, RuleWords, Shape, Words,
};
pub use veto::Veto;

/// All that a profile declares: layers, code lists, metadata elements, indicators, rules' words.
#[derive(Debug)]
pub struct Standards {
    profile: Profile,
    layers: Vec<LayerStandard>,
    fields: HashMap<LayerId, Vec<FieldRule>>,
    common_fields: Vec<FieldRule>,
    common_rules: BTreeMap<String, RuleSettings>,
    codes: BTreeMap<String, CodeList>,
    metadata: Vec<MetadataRule>,
    frequencies: Vec<Frequency>,
    indicators: Vec<IndicatorRule>,
    grids: Vec<MatrixSet>,
    words: BTreeMap<String, RuleWords>,
    messages: Messages,
    packs: Vec<PackInfo>,
    fingerprint: String,
}

static NO_SETTINGS: LazyLock<RuleSettings> = LazyLock::new(RuleSettings::default);

static BUILTIN: LazyLock<Standards> = LazyLock::new(|| {
    files::embedded()
        .and_then(|files| load::standards(&[pack::Pack::new(files)?]))
        .unwrap_or_else(|error| unreachable!("the embedded standards do not load: {error}"))
});

impl Standards {
    /// The settings of a rule that a standard says nothing to.
    pub fn no_settings(&self) -> &RuleSettings {
        &NO_SETTINGS
    }

    /// The standards that come with the program; loaded once, at the first call.
    pub fn builtin() -> &'static Self {
        &BUILTIN
    }

    /// The standards of a pack, a folder laid out like `layers/`, with all the packs it inherits from. The
    /// error names the file and the line.
    pub fn load(dir: &Path) -> Result<Self, StandardError> {
        pack::chain(dir).and_then(|packs| load::standards(&packs))
    }

    /// The packs that together declare all this, the one that stands alone first.
    pub fn packs(&self) -> &[PackInfo] {
        &self.packs
    }

    /// The packs that say something of a layer, the lowest first.
    pub fn packs_of(&self, layer: &LayerId) -> impl Iterator<Item = &PackInfo> {
        let file = format!("{layer}.toml");
        self.packs
            .iter()
            .filter(move |pack| pack.files.contains(&file))
    }

    /// Every layer standard, by name.
    pub fn layers(&self) -> impl Iterator<Item = &LayerStandard> {
        self.layers.iter()
    }

    /// The standard of a layer.
    pub fn layer(&self, id: &LayerId) -> Option<&LayerStandard> {
        self.layers
            .binary_search_by(|standard| standard.layer.cmp(id))
            .ok()
            .map(|at| &self.layers[at])
    }

    /// The attributes of a layer: the common block first (an attribute that the layer declares anew stands
    /// in its place there), then the layer's own. For a standard of another profile, only its own.
    pub fn fields<'a>(
        &'a self,
        standard: &'a LayerStandard,
    ) -> impl Iterator<Item = &'a FieldRule> {
        self.fields
            .get(&standard.layer)
            .unwrap_or(&standard.fields)
            .iter()
    }

    /// One attribute of a layer by its canonical name, the common block included.
    pub fn field<'a>(&'a self, standard: &'a LayerStandard, name: &str) -> Option<&'a FieldRule> {
        self.fields(standard).find(|field| field.name == name)
    }

    /// The attributes that every layer has.
    pub fn common_fields(&self) -> &[FieldRule] {
        &self.common_fields
    }

    /// The rules that run on every layer, with or without a standard. Each [`LayerStandard::rules`] holds
    /// them already, with its own settings where it has some.
    pub fn common_rules(&self) -> &BTreeMap<String, RuleSettings> {
        &self.common_rules
    }

    /// A code list by name: `ROADCL`.
    pub fn codes(&self, list: &str) -> Option<&CodeList> {
        self.codes.get(list)
    }

    /// Every code list, by name.
    pub fn code_lists(&self) -> impl Iterator<Item = &CodeList> {
        self.codes.values()
    }

    /// The metadata elements, in the order of the standard.
    pub fn metadata(&self) -> &[MetadataRule] {
        &self.metadata
    }

    /// The profile: the minimum set, the country's box, tolerances, thresholds.
    pub fn profile(&self) -> &Profile {
        &self.profile
    }

    /// The tile grids that the profile offers beside `WebMercatorQuad`, in its order.
    pub fn grids(&self) -> impl Iterator<Item = &MatrixSet> {
        let offered = self.profile.grids.iter();
        offered.filter_map(|id| self.grids.iter().find(|set| set.id == *id))
    }

    /// Every tile grid that is declared, offered or not.
    pub fn declared_grids(&self) -> &[MatrixSet] {
        &self.grids
    }

    /// The update frequencies, from the shortest to the longest.
    pub fn frequencies(&self) -> &[Frequency] {
        &self.frequencies
    }

    /// The templates of sentences, by language.
    pub fn messages(&self) -> &Messages {
        &self.messages
    }

    /// The words of a rule: what it checks, why, and how to mend what it finds.
    pub fn rule_words(&self, code: &str) -> Option<&RuleWords> {
        self.words.get(code)
    }

    /// Every rule that has words, by code.
    pub fn all_rule_words(&self) -> impl Iterator<Item = (&str, &RuleWords)> {
        self.words
            .iter()
            .map(|(code, words)| (code.as_str(), words))
    }

    /// The indicator catalogue, in its order.
    pub fn indicators(&self) -> &[IndicatorRule] {
        &self.indicators
    }

    /// An indicator by its code.
    pub fn indicator(&self, id: &IndicatorId) -> Option<&IndicatorRule> {
        self.indicators.iter().find(|rule| &rule.code == id)
    }

    /// BLAKE3, in hex, of all files the standards were loaded from.
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }
}

#[cfg(test)]
mod tests;
