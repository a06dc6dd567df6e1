//! Repairs that leave vertices out: those that repeat the one before them, and the tips of spikes.

use super::{Plan, RepairKind};
use crate::{
    model::Shapes,
    validate::{
        Subject,
        ends::runs_back,
        geometry::{SAME_M, Sliver, sliver},
        orient::At,
        validity::Checker,
    },
};

/// Plans to leave out vertices within a millimetre of the one before them; exactly the same ones where nobody
/// knows metres.
pub(super) fn drop_repeated(subject: &Subject<'_>) -> Plan {
    let mut plan = Plan::new(RepairKind::DropRepeated);
    thin(subject, &mut plan, |metres, _, _| {
        let last = metres.len() - 1;
        (1..=last)
            .find(|&at| {
                (metres[at][0] - metres[at - 1][0]).hypot(metres[at][1] - metres[at - 1][1])
                    < SAME_M
            })
            // The last vertex closes the ring or ends the line: the one before it goes.
            .map(|at| if at == last { at - 1 } else { at })
    });
    plan
}

/// Plans to leave out the tips of spikes, and the turns of lines that run back.
pub(super) fn cut_spikes(subject: &Subject<'_>) -> Plan {
    let mut plan = Plan::new(RepairKind::CutSpikes);
    if subject.metres.is_none() {
        return plan;
    }
    thin(subject, &mut plan, |metres, raw, area| {
        match sliver(metres, area) {
            Sliver::Spike(at) => Some(at),
            // Two vertices in one place may hide a spike behind them.
            Sliver::Twice(at) if at + 1 < metres.len() && hides_spike(metres, area) => Some(at),
            _ if !area => raw.windows(3).position(runs_back).map(|turn| turn + 1),
            _ => None,
        }
    });
    plan
}

/// True when there is a spike in a ring or line without the vertices that repeat the one before them.
fn hides_spike(metres: &[At], area: bool) -> bool {
    let mut clean = metres.to_vec();
    clean.dedup_by(|next, before| (next[0] - before[0]).hypot(next[1] - before[1]) < SAME_M);
    if let (Some(first), Some(last)) = (metres.first(), clean.last_mut())
        && metres.last() == Some(first)
    {
        *last = *first;
    }
    matches!(sliver(&clean, area), Sliver::Spike(_))
}

/// Plans a shape with fewer vertices: `worst` names the next one to leave out of a ring or line, given in metres
/// and as it is. A shape that would lose a ring, or its validity, stays.
fn thin(
    subject: &Subject<'_>,
    plan: &mut Plan,
    worst: impl Fn(&[At], &[At], bool) -> Option<usize>,
) {
    let metres = subject.metres.unwrap_or(&subject.raw.shapes);
    let mut checker = Checker::default();
    let mut one = Shapes::new();
    for (row, shape) in subject.raw.shapes.view().iter().enumerate() {
        let area = match shape.kind.dimension() {
            Some(2) => true,
            Some(1) => false,
            _ => continue,
        };
        let least = if area { 4 } else { 2 };
        one.clear();
        let (mut changed, mut whole) = (false, true);
        for (part, part_m) in shape.parts().zip(metres.get(row).parts()) {
            for (ring, ring_m) in part.rings().zip(part_m.rings()) {
                let first = (ring.len() >= 2)
                    .then(|| worst(ring_m, ring, area))
                    .flatten();
                let Some(mut at) = first else {
                    one.coords.extend_from_slice(ring);
                    one.end_ring();
                    continue;
                };
                changed = true;
                let (mut ring, mut ring_m) = (ring.to_vec(), ring_m.to_vec());
                loop {
                    let closed = area && ring.first() == ring.last();
                    for path in [&mut ring, &mut ring_m] {
                        path.remove(at);
                        if at == 0 && closed && !path.is_empty() {
                            let end = path.len() - 1;
                            path[end] = path[0];
                        }
                    }
                    if ring.len() < least {
                        whole = false;
                        break;
                    }
                    match worst(&ring_m, &ring, area) {
                        Some(next) => at = next,
                        None => break,
                    }
                }
                one.coords.extend_from_slice(&ring);
                one.end_ring();
            }
            one.end_part();
        }
        one.end_feature(shape.kind);
        if !changed || !whole {
            continue;
        }
        let faults =
            |checker: &mut Checker, shape| checker.check(shape).map_or(usize::MAX, <[_]>::len);
        if faults(&mut checker, one.get(0)) <= faults(&mut checker, shape) {
            plan.reshape(row, one.get(0));
        }
    }
}
