//! What tiles leave out, in words: the header of a tile, and the member `losses` of a TileJSON.
//!
//! A header says what its own tile leaves out. A TileJSON speaks of tiles that nobody has made yet, so it
//! says only what follows from those that publication made and counted, zoom by zoom:
//!
//! - a layer that fits into its share of a tile with several layers, as do all before it, is there the same
//!   as alone: `exact`;
//! - a filter, a moment or fewer properties never make a tile fuller, so where the whole layer fits and
//!   nothing is left out, nothing is left out of a part of it, and no more features are drawn as dots or
//!   simplified: `most`;
//! - of other zooms nothing is known beforehand, and it says so.

use std::{io::Write as _, sync::Arc};

use axum::http::HeaderValue;
use serde_json::{Map, Value, json};

use super::select::Selection;
use crate::{
    model::LayerId,
    snapshot::{Pyramid, Snapshot, ZoomLosses},
    tile::{Losses, MAX_BYTES, MAX_ZOOM},
};

/// The most bytes of a header; proxies often take no more than 4 kB for all of them.
const HEADER: usize = 2000;
/// What is said of the rest.
const NOTE: &str = "of the other zooms nothing is counted beforehand; the header Parat-Losses of each tile says what it leaves out";
/// The most bytes that an indicator adds to a feature: a key, a slot, a value of its own.
const INDICATOR_BYTES: u64 = 20;

fn member(losses: &Losses, of: &str, out: &mut Vec<u8>) -> std::io::Result<()> {
    write!(
        out,
        "{of}matched={}, {of}dropped={}, {of}as-points={}, {of}simplified={}",
        losses.features_matched, losses.dropped, losses.as_points, losses.simplified
    )
}

/// A dictionary (RFC 8941): the sums, and of several layers `road.dropped=3` and so on. Layers beyond the
/// length that proxies take are counted in `untold`.
pub(super) fn header(sum: &Losses, layers: &[(LayerId, Losses)]) -> Option<HeaderValue> {
    let mut text = Vec::with_capacity(160);
    member(sum, "", &mut text).ok()?;
    for (at, (layer, losses)) in layers.iter().enumerate() {
        if text.len() > HEADER {
            write!(text, ", untold={}", layers.len() - at).ok()?;
            break;
        }
        text.extend_from_slice(b", ");
        member(losses, &format!("{layer}."), &mut text).ok()?;
    }
    HeaderValue::from_maybe_shared(axum::body::Bytes::from(text)).ok()
}

/// The member `losses` of a TileJSON, layer by layer.
pub(super) fn of_tiles(snapshots: &[Arc<Snapshot>], chosen: &[Selection]) -> Value {
    let mut all = Map::new();
    let room = (MAX_BYTES / snapshots.len().max(1)) as u64;
    // The zooms at which every layer so far keeps to its share, so that the next one has its own.
    let mut sound: Vec<u8> = (0..=MAX_ZOOM).collect();
    for (snapshot, chosen) in snapshots.iter().zip(chosen) {
        let pyramid = snapshot.pyramid().map(Pyramid::info);
        let own = pyramid.map_or(&[][..], |info| &info.losses);
        let wanted = Wanted::of(chosen);
        sound.retain(|&zoom| {
            let fits = |own: &ZoomLosses| own.zoom == zoom && wanted.bytes(own) <= room;
            own.iter().any(fits)
        });
        let value = match pyramid {
            // The tiles that were counted, and no others.
            Some(info) if wanted == Wanted::default() && snapshots.len() == 1 => json!({
                "known": true, "zooms": info.losses, "made_at_publication": info.zooms,
            }),
            _ => json!({"known": false, "zooms": bounded(own, &wanted, &sound), "note": NOTE}),
        };
        all.insert(snapshot.info().id.to_string(), value);
    }
    Value::Object(all)
}

/// What the counts of a layer's own tiles say of those that are wanted, zoom by zoom.
fn bounded(own: &[ZoomLosses], wanted: &Wanted, sound: &[u8]) -> Vec<Value> {
    own.iter()
        .filter(|own| sound.contains(&own.zoom))
        .filter_map(|own| {
            Some(json!({
                "zoom": own.zoom, "bound": wanted.bound(own)?, "sum": own.sum, "most": own.most,
            }))
        })
        .collect()
}

/// What is asked of a layer beyond its own tiles.
#[derive(Default, PartialEq, Eq)]
struct Wanted {
    /// True for some features or some properties only.
    part: bool,
    /// True with the values of an indicator.
    indicator: bool,
}

impl Wanted {
    fn of(chosen: &Selection) -> Self {
        Self {
            part: !chosen.takes_all() || chosen.named,
            indicator: chosen.indicator.is_some(),
        }
    }

    /// The most bytes of a tile.
    fn bytes(&self, own: &ZoomLosses) -> u64 {
        let each = if self.indicator { INDICATOR_BYTES } else { 0 };
        own.largest + each * (own.most.features_matched + 1)
    }

    /// How the counts bound those that are wanted, where there is room; none where they do not.
    fn bound(&self, own: &ZoomLosses) -> Option<&'static str> {
        match (self.part, own.most.dropped) {
            (false, _) => Some("exact"),
            (true, 0) => Some("most"),
            (true, _) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn losses(dropped: u64) -> Losses {
        Losses {
            features_matched: 100,
            dropped,
            as_points: 2,
            simplified: 3,
        }
    }

    #[test]
    fn a_header_names_every_layer_until_it_grows_too_long() {
        let one = header(&losses(1), &[]).expect("a header");
        assert_eq!(one, "matched=100, dropped=1, as-points=2, simplified=3");
        let layer = |name: &str| (name.parse().expect("a name"), losses(4));
        let two = header(&losses(8), &[layer("road"), layer("toilet")]).expect("a header");
        assert_eq!(
            two,
            "matched=100, dropped=8, as-points=2, simplified=3, \
             road.matched=100, road.dropped=4, road.as-points=2, road.simplified=3, \
             toilet.matched=100, toilet.dropped=4, toilet.as-points=2, toilet.simplified=3"
        );
        let many: Vec<_> = (0..64).map(|at| layer(&format!("layer_{at}"))).collect();
        let long = header(&losses(8), &many).expect("a header");
        assert!(long.len() < HEADER + 200, "{}", long.len());
        assert!(long.to_str().expect("text").contains("untold="));
    }

    #[test]
    fn what_is_said_of_tiles_beforehand_follows_from_those_that_were_counted() {
        let own = |largest: u64, dropped: u64| ZoomLosses {
            largest,
            most: losses(dropped),
            ..ZoomLosses::default()
        };
        let wanted = |part: bool, indicator: bool| Wanted { part, indicator };
        assert_eq!(wanted(false, false).bound(&own(240_000, 7)), Some("exact"));
        assert_eq!(wanted(true, false).bound(&own(490_000, 0)), Some("most"));
        assert_eq!(wanted(true, false).bound(&own(10_000, 1)), None);
        // An indicator adds to every feature.
        assert_eq!(wanted(false, false).bytes(&own(490_000, 0)), 490_000);
        assert_eq!(wanted(false, true).bytes(&own(490_000, 0)), 492_020);
    }

    #[test]
    fn a_zoom_is_spoken_of_only_where_every_layer_before_keeps_to_its_share() {
        let zooms: Vec<ZoomLosses> = [(3, 0), (4, 5), (5, 0)]
            .map(|(zoom, dropped)| ZoomLosses {
                zoom,
                most: losses(dropped),
                ..ZoomLosses::default()
            })
            .to_vec();
        let said = |wanted: &Wanted, sound: &[u8]| -> Vec<(u64, String)> {
            bounded(&zooms, wanted, sound)
                .iter()
                .map(|one| {
                    let bound = one["bound"].as_str().expect("text").to_owned();
                    (one["zoom"].as_u64().expect("a number"), bound)
                })
                .collect()
        };
        let exact = "exact".to_owned();
        let whole = Wanted::default();
        assert_eq!(said(&whole, &[4]), [(4, exact)]);
        let filtered = Wanted {
            part: true,
            indicator: false,
        };
        let most = "most".to_owned();
        assert_eq!(said(&filtered, &[3, 4, 5]), [(3, most.clone()), (5, most)]);
    }
}
