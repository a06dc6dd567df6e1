//! Vector tiles under their three addresses: XYZ, a collection's OGC tileset, the dataset's OGC tileset.
//!
//! A tile that depends on nothing but versions is made and compressed once and kept. A filtered or joined
//! one is made for the request. All sizes are bounded by the cache's weight.

use std::{
    sync::{Arc, LazyLock},
    time::Instant,
};

use axum::{
    body::Bytes,
    extract::{Path, State},
    http::{HeaderMap, header, request::Parts},
    response::Response,
};
use moka::sync::Cache;

use super::{
    collections::{is_placed, shown},
    error::{self, Problem},
    extract::{Ask, layer},
    grid::{self, Limits},
    items::PATIENCE,
    negotiate::TILE,
    ops,
    reply::{BRIEF, FOREVER, Reply, empty, strong},
    select::{Selection, VALUE, is_queryable},
    site::Site,
};
use crate::{
    model::LayerId,
    query::{self, Budget, Query},
    snapshot::{Rows, Snapshot},
    tile::{self, ExtraColumn, Losses, TileId, TileOptions},
};

/// Bytes of compressed tiles that are kept.
const KEPT_BYTES: u64 = 64 << 20;
/// The most collections that one dataset tile may be asked for by name.
const MOST_COLLECTIONS: usize = 64;

/// Tiles by what they were made from; any version of any layer of this process.
static KEPT: LazyLock<Cache<String, Arc<Made>>> = LazyLock::new(|| {
    Cache::builder()
        .weigher(|key: &String, made: &Arc<Made>| (key.len() + made.gzip.len() + 128) as u32)
        .max_capacity(KEPT_BYTES)
        .build()
});

/// A tile, made and compressed.
struct Made {
    gzip: Bytes,
    tag: String,
    losses: Losses,
}

/// What a tile is made from.
struct Recipe {
    snapshots: Vec<Arc<Snapshot>>,
    id: TileId,
    /// Filter, properties and indicator, for a tile of one layer.
    selection: Option<Selection>,
}

impl Recipe {
    fn is_plain(&self) -> bool {
        self.selection
            .as_ref()
            .is_none_or(|chosen| chosen.takes_all() && !chosen.named && chosen.indicator.is_none())
    }

    fn key(&self) -> String {
        let mut key = format!("{}/{}/{}", self.id.z(), self.id.x(), self.id.y());
        for snapshot in &self.snapshots {
            let info = snapshot.info();
            super::html::put(&mut key, format_args!("/{}@{}", info.id, info.hash));
        }
        key
    }

    /// The tile, not compressed.
    fn make(&self) -> Result<tile::Tile, Problem> {
        let snapshots: Vec<&Snapshot> = self.snapshots.iter().map(Arc::as_ref).collect();
        let (Some(chosen), [snapshot]) = (&self.selection, &snapshots[..]) else {
            return Ok(tile::tile(&snapshots, self.id, &[]));
        };
        let rows = if chosen.takes_all() {
            None
        } else {
            Some(self.rows(chosen, snapshot)?)
        };
        let joined = chosen
            .indicator
            .as_ref()
            .map(|(stored, period)| crate::indicator::join(snapshot, &stored.table, period).values);
        let extra = joined.as_ref().map(|values| ExtraColumn {
            name: VALUE,
            values,
        });
        let options = TileOptions {
            properties: chosen.named.then_some(&chosen.fields[..]),
            rows: rows.as_ref(),
            extra: extra.as_slice(),
            ..TileOptions::default()
        };
        Ok(tile::tile(&snapshots, self.id, &[options]))
    }

    /// The rows near the tile that pass the filter.
    fn rows(&self, chosen: &Selection, snapshot: &Snapshot) -> Result<Rows, Problem> {
        let deadline = Instant::now() + PATIENCE;
        let expired = || Instant::now() > deadline;
        let near = Query {
            // A tile's width more on each side holds any buffer.
            bbox: Some(around(self.id)),
            where_: chosen.query.where_.clone(),
            filter: chosen.query.filter.clone(),
            offset: 0,
            limit: u64::MAX,
        };
        let found = query::rows(snapshot, &near, &Budget::until(&expired))?;
        Ok(Rows::from_list(snapshot.len(), found))
    }
}

/// A tile's box, an eighth of its width wider on each side and within the world.
fn around(id: TileId) -> crate::model::Bbox {
    let inner = id.bbox();
    let (wide, high) = (
        (inner.east - inner.west) / 8.0,
        (inner.north - inner.south) / 8.0,
    );
    crate::model::Bbox {
        west: (inner.west - wide).max(-180.0),
        south: (inner.south - high).max(-90.0),
        east: (inner.east + wide).min(180.0),
        north: (inner.north + high).min(90.0),
    }
}

async fn answer(
    site: &Site,
    asked: &HeaderMap,
    recipe: Recipe,
    cache: &'static str,
    version: Option<String>,
) -> Result<Response, Problem> {
    let plain = recipe.is_plain();
    let key = recipe.key();
    let made = if let Some(made) = plain.then(|| KEPT.get(&key)).flatten() {
        made
    } else {
        let metered = site.clone();
        let made = site
            .app()
            .compute(move |_| {
                Ok(recipe.make().map(|tile| {
                    metered
                        .metrics()
                        .tile(tile.bytes.len(), tile.losses.dropped);
                    let gzip = if tile.bytes.is_empty() {
                        Bytes::new()
                    } else {
                        tile::gzip(&tile.bytes).into()
                    };
                    Arc::new(Made {
                        tag: strong(&[&tile.bytes]),
                        gzip,
                        losses: tile.losses,
                    })
                }))
            })
            .await??;
        if plain {
            KEPT.insert(key, Arc::clone(&made));
        }
        made
    };
    if made.gzip.is_empty() {
        return Ok(empty(asked, &made.tag, cache));
    }
    let losses = &made.losses;
    let mut reply = if accepts_gzip(asked) {
        Reply::tagged(TILE, made.gzip.clone(), made.tag.clone()).header("content-encoding", "gzip")
    } else {
        let bytes = tile::gunzip(&made.gzip)
            .ok_or_else(|| Problem::new(error::INTERNAL, "nothing more can be said here"))?;
        Reply::tagged(TILE, bytes, made.tag.clone())
    };
    reply = reply.header("vary", "Accept-Encoding").header(
        "parat-losses",
        &format!(
            "matched={}, dropped={}, as-points={}, simplified={}",
            losses.features_matched, losses.dropped, losses.as_points, losses.simplified
        ),
    );
    if let Some(version) = version {
        reply = reply.header("parat-version", &version);
    }
    Ok(reply.cached(cache).send(asked))
}

fn accepts_gzip(headers: &HeaderMap) -> bool {
    let mut any = None;
    for part in headers
        .get_all(header::ACCEPT_ENCODING)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
    {
        let (name, rest) = part.split_once(';').unwrap_or((part, ""));
        let refused = rest
            .trim()
            .strip_prefix("q=")
            .is_some_and(|q| q.parse::<f32>().is_ok_and(|q| q <= 0.0));
        match name.trim() {
            "gzip" | "x-gzip" => return !refused,
            "*" => any = Some(!refused),
            _ => {}
        }
    }
    any.unwrap_or(false)
}

/// `/xyz/{source}/{z}/{x}/{y}.mvt`.
pub(super) async fn xyz(
    State(site): State<Site>,
    Path((source, z, x, y)): Path<(String, String, String, String)>,
    parts: Parts,
) -> Result<Response, Problem> {
    let (id, hash) = source
        .split_once('@')
        .map_or((source.as_str(), None), |(id, hash)| (id, Some(hash)));
    let id = layer(id)?;
    let snapshot = site.app().snapshot(&id, hash).await?;
    let ask = Ask::with(&ops::XYZ, parts, |name| is_queryable(snapshot.info(), name))?;
    let y = y
        .strip_suffix(".mvt")
        .or_else(|| y.strip_suffix(".pbf"))
        .unwrap_or(&y);
    let [z, x, y] = [number("z", &z)?, number("x", &x)?, number("y", y)?];
    let id = tile_id(z, x, y)?.ok_or_else(|| {
        Problem::parameter(
            "x",
            format!(
                "at zoom {z}, columns and rows run from 0 to {}",
                (1_u64 << z) - 1
            ),
        )
    })?;
    let live = site.app().live();
    let selection = Selection::of(&ask.params, &snapshot, &live)?;
    let joined = selection.indicator.is_some();
    let recipe = Recipe {
        id,
        selection: Some(selection),
        snapshots: vec![Arc::clone(&snapshot)],
    };
    // A joined value may change with the next table though the geometry never does.
    let cache = if hash.is_some() && !joined {
        FOREVER
    } else {
        BRIEF
    };
    let version = snapshot.info().version.to_string();
    answer(&site, &ask.headers, recipe, cache, Some(version)).await
}

/// `/collections/{id}/tiles/WebMercatorQuad/{z}/{row}/{col}`.
pub(super) async fn of_collection(
    State(site): State<Site>,
    Path((id, grid_id, z, row, col)): Path<(String, String, String, String, String)>,
    parts: Parts,
) -> Result<Response, Problem> {
    let live = site.app().live();
    let snapshot = live.snapshot(&layer(&id)?)?.clone();
    known_grid(&grid_id)?;
    let ask = Ask::with(&ops::COLLECTION_TILE, parts, |name| {
        is_queryable(snapshot.info(), name)
    })?;
    let info = snapshot.info();
    let bbox = is_placed(info).then_some(info.bbox);
    let id = within(&z, &row, &col, bbox)?;
    let selection = Selection::of(&ask.params, &snapshot, &live)?;
    let version = info.version.to_string();
    let recipe = Recipe {
        id,
        selection: Some(selection),
        snapshots: vec![snapshot],
    };
    answer(&site, &ask.headers, recipe, BRIEF, Some(version)).await
}

/// `/tiles/WebMercatorQuad/{z}/{row}/{col}`.
pub(super) async fn of_dataset(
    State(site): State<Site>,
    Path((grid_id, z, row, col)): Path<(String, String, String, String)>,
    parts: Parts,
) -> Result<Response, Problem> {
    known_grid(&grid_id)?;
    let ask = Ask::of(&ops::DATASET_TILE, parts)?;
    if let Some(text) = ask.params.get("datetime") {
        super::params::datetime(text)?;
    }
    let live = site.app().live();
    let snapshots = named(&live, ask.params.names("collections").as_deref())?;
    let bbox = snapshots
        .iter()
        .map(|snapshot| snapshot.info())
        .filter(|info| is_placed(info))
        .map(|info| info.bbox)
        .reduce(crate::model::Bbox::with);
    let recipe = Recipe {
        id: within(&z, &row, &col, bbox)?,
        snapshots,
        selection: None,
    };
    answer(&site, &ask.headers, recipe, BRIEF, None).await
}

/// The collections that a request names; all that can be shown when it names none.
pub(super) fn named(
    live: &crate::app::LiveLayers,
    names: Option<&[&str]>,
) -> Result<Vec<Arc<Snapshot>>, Problem> {
    let Some(names) = names else {
        return Ok(shown(live)
            .filter_map(|(layer, _)| layer.snapshot.clone())
            .collect());
    };
    if names.is_empty() || names.len() > MOST_COLLECTIONS {
        return Err(Problem::parameter(
            "collections",
            format!("name 1 to {MOST_COLLECTIONS} collections"),
        ));
    }
    let mut found: Vec<Arc<Snapshot>> = vec![];
    for name in names {
        let unknown = || {
            Problem::parameter(
                "collections",
                "one of them does not exist; see /collections",
            )
        };
        let id: LayerId = name.parse().ok().ok_or_else(unknown)?;
        let snapshot = live.snapshot(&id).ok().ok_or_else(unknown)?;
        if !found.iter().any(|other| other.info().id == id) {
            found.push(Arc::clone(snapshot));
        }
    }
    Ok(found)
}

/// Refuses a tile matrix set that we do not have.
pub(super) fn known_grid(id: &str) -> Result<(), Problem> {
    if id == grid::ID {
        return Ok(());
    }
    Err(Problem::new(
        error::NOT_FOUND,
        format!("the tile matrix set is {}", grid::ID),
    ))
}

/// A tile of the grid that the box touches; 404 outside (OGC API Tiles 1.0, requirement on limits).
fn within(
    z: &str,
    row: &str,
    col: &str,
    bbox: Option<crate::model::Bbox>,
) -> Result<TileId, Problem> {
    let [z, row, col] = [
        number("tileMatrix", z)?,
        number("tileRow", row)?,
        number("tileCol", col)?,
    ];
    let outside = || {
        Problem::new(
            error::NOT_FOUND,
            "the tile lies outside the limits of the tileset",
        )
    };
    let id = tile_id(z, col, row)?.ok_or_else(outside)?;
    let limits = Limits::of(&bbox.ok_or_else(outside)?, id.z());
    if limits.hold(id.y(), id.x()) {
        Ok(id)
    } else {
        Err(outside())
    }
}

/// The tile; none outside the square. A zoom that is not served is 404 and says which are.
fn tile_id(z: u64, x: u64, y: u64) -> Result<Option<TileId>, Problem> {
    if z > u64::from(grid::DEEPEST) {
        return Err(Problem::new(
            error::NOT_FOUND,
            format!("zooms 0 to {} are served", grid::DEEPEST),
        ));
    }
    let (Ok(x), Ok(y)) = (u32::try_from(x), u32::try_from(y)) else {
        return Ok(None);
    };
    Ok(TileId::new(z as u8, x, y))
}

fn number(name: &str, text: &str) -> Result<u64, Problem> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits {
        return Err(Problem::parameter(
            name,
            "it must be a whole number, not negative",
        ));
    }
    Ok(text.parse().unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gzip_is_sent_only_to_who_takes_it() {
        let accepts = |text: &'static str| {
            accepts_gzip(&HeaderMap::from_iter([(
                header::ACCEPT_ENCODING,
                header::HeaderValue::from_static(text),
            )]))
        };
        for yes in [
            "gzip",
            "br, gzip;q=0.5",
            "deflate,gzip",
            "*",
            "br;q=1, *;q=0.1",
        ] {
            assert!(accepts(yes), "{yes}");
        }
        for no in ["", "br", "gzip;q=0", "identity", "*;q=0", "gzip;q=0, *"] {
            assert!(!accepts(no), "{no}");
        }
        assert!(!accepts_gzip(&HeaderMap::new()));
    }

    #[test]
    fn a_tile_number_is_400_when_it_is_none_and_404_when_it_lies_outside() {
        let city = Some(crate::model::Bbox::from([77.46, 12.83, 77.78, 13.14]));
        let status = |z: &str, row: &str, col: &str| {
            within(z, row, col, city)
                .err()
                .map(|problem| problem.kind().status.as_u16())
        };
        assert_eq!(status("10", "474", "732"), None);
        assert_eq!(status("10", "476", "732"), Some(404));
        assert_eq!(status("10", "2147483647", "2147483647"), Some(404));
        assert_eq!(status("99", "0", "0"), Some(404));
        assert_eq!(status("99999999999999999999999", "0", "0"), Some(404));
        for bad in ["", "-1", "x", "1.0", "+1"] {
            assert_eq!(status("10", bad, "732"), Some(400), "{bad}");
        }
        assert!(within("0", "0", "0", None).is_err());
    }
}
