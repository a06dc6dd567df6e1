//! The repairs that were asked for, made before the rules look.

use super::Ask;
use crate::{
    standard::LayerStandard,
    validate::{
        RepairKind, Stop, Subject,
        placing::{Placed, place},
        repair::{self, Log, Work},
    },
};

/// Makes the repairs that were asked for, and maps the codes that were confirmed, one kind after the other. True when
/// some code was mapped because it was confirmed; none once nobody waits.
pub(super) fn mend(
    work: &mut Work,
    standard: Option<&LayerStandard>,
    ask: &Ask<'_>,
    stop: Stop<'_>,
    log: &mut Log,
) -> Option<bool> {
    let read = work.raw.len();
    let mut mapped_codes = false;
    let nowhere = || Placed {
        lonlat: None,
        metres: None,
    };
    for kind in RepairKind::ORDER {
        let confirmed = ask
            .confirmed
            .filter(|confirmed| kind == RepairKind::MapCodes && !confirmed.codes.is_empty());
        if !ask.repairs.has(kind) && confirmed.is_none() {
            continue;
        }
        if stop.is_on() {
            return None;
        }
        let map = ask.map(&work.raw, standard);
        if kind == RepairKind::SplitParts {
            let distinct = standard.into_iter().flat_map(|standard| {
                let fields = ask.standards.fields(standard).filter(|field| field.unique);
                fields
                    .filter_map(|field| map.column(&field.name))
                    .collect::<Vec<_>>()
            });
            work.keep_distinct(distinct.collect());
        }
        let plans = {
            let placed = if kind.measures() {
                place(&work.raw)
            } else {
                nowhere()
            };
            let subject = Subject {
                stop,
                ..ask.subject(work, &placed, standard, &map, read)
            };
            let mut plans = vec![];
            if let Some(confirmed) = confirmed {
                let plan = repair::confirmed(&subject, &confirmed.codes);
                mapped_codes = !plan.is_empty();
                plans.push(plan);
            }
            if ask.repairs.has(kind) {
                plans.push(kind.plan(&subject));
            }
            plans.retain(|plan| !plan.is_empty());
            for plan in &plans {
                plan.note(&subject, log);
            }
            plans
        };
        for plan in plans {
            plan.carry_out(work);
        }
    }
    (!stop.is_on()).then_some(mapped_codes)
}
