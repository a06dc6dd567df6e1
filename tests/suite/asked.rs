//! The gate asked in the plainest way: what a test says nothing of is not given.

use std::{collections::BTreeMap, sync::LazyLock};

use parat::{
    model::{LayerId, Metadata},
    standard::Standards,
    validate::{Ask, Repairs, alone},
};

static NO_METADATA: LazyLock<Metadata> = LazyLock::new(Metadata::default);
static NO_REPAIRS: LazyLock<Repairs> = LazyLock::new(Repairs::none);
static NO_COLUMNS: BTreeMap<String, String> = BTreeMap::new();

/// Is this layer what it should be, by the standards in the program? Without a name the best fit is used.
pub(crate) fn ask(layer: Option<&LayerId>) -> Ask<'_> {
    Ask {
        standards: Standards::builtin(),
        layer,
        metadata: &NO_METADATA,
        city: None,
        others: &alone,
        columns: &NO_COLUMNS,
        repairs: &NO_REPAIRS,
        set_aside: false,
        confirmed: None,
    }
}
