//! Vector tiles under their three addresses: XYZ, a collection's OGC tileset, the dataset's OGC tileset.
//!
//! A tile of published versions is taken from the pyramid that publication made, or from the memory of
//! tiles made before, or it is made now; see [`super::recipe`] and [`super::kept`].

use std::sync::Arc;

use axum::{
    extract::{Path, State},
    http::{HeaderMap, request::Parts},
    response::Response,
};

use super::{
    actor::caller,
    collections::{is_placed, shown},
    error::{self, Problem},
    extract::{Ask, layer},
    indicators::layer_of,
    kept::{self, Gone, Made},
    losses,
    negotiate::{Coding, Codings, TILE},
    ops,
    prepared::{Prepared, asked},
    recipe::{Layers, Part, Recipe},
    reply::{BRIEF, FOREVER, PRIVATE, Reply, empty},
    scheme::{Scheme, number, square_tile},
    select::{Selection, is_queryable, pinned},
    site::Site,
    which::Which,
};
use crate::{
    app::{AppError, LiveLayers, Pick},
    model::LayerId,
    snapshot::Snapshot,
    standard::Standards,
    tile::{Place, Tile},
};

/// The most collections that one dataset tile may be asked for by name.
const MOST_COLLECTIONS: usize = 64;

/// A tile from the pyramid, from memory, or made now: here when it is short, else on a thread of its own.
///
/// It is compressed as its client likes best when it is made now, and otherwise as it is kept, where the client
/// takes that.
async fn made(site: &Site, recipe: Recipe, codings: Codings) -> Result<Arc<Made>, Problem> {
    let beforehand = recipe
        .plain()
        .and_then(|(snapshot, id)| Made::beforehand(snapshot, id));
    if let Some(made) = beforehand {
        site.metrics().tile_beforehand();
        return Ok(Arc::new(made));
    }
    let key = recipe.key();
    if let Some(made) = at_once(site, &recipe, &key, codings) {
        return Ok(made);
    }
    let metered = site.clone();
    // Dropped with this future, when the client hangs up.
    let waiting = Gone::default();
    let gone = waiting.flag();
    site.app()
        .compute(move |_| {
            // Whoever waited for a permit may find that another has made it meanwhile.
            if let Some(made) = from_memory(&key, codings) {
                return Ok(Ok(made));
            }
            let tile = recipe.make(&gone);
            Ok(tile.map(|tile| finished(&metered, &recipe, &key, &tile, codings)))
        })
        .await?
}

/// A tile from memory, or made here; none for one that is long to make.
pub(super) fn at_once(
    site: &Site,
    recipe: &Recipe,
    key: &str,
    codings: Codings,
) -> Option<Arc<Made>> {
    if let Some(made) = from_memory(key, codings) {
        site.metrics().tile_kept();
        return Some(made);
    }
    site.app().compute_here(|| {
        let tile = recipe.make_if_short()?;
        Some(finished(site, recipe, key, &tile, codings))
    })?
}

/// A tile from memory. One kept as zstd is kept as gzip from then on, when somebody comes who takes only that:
/// everybody takes it.
fn from_memory(key: &str, codings: Codings) -> Option<Arc<Made>> {
    let made = kept::get(key)?;
    match codings.best() {
        Some(best) if !codings.takes(made.coding) => {
            let made = Arc::new(made.recoded(best)?);
            kept::keep(key.to_owned(), Arc::clone(&made));
            Some(made)
        }
        _ => Some(made),
    }
}

/// Compresses, counts and keeps a tile.
fn finished(site: &Site, recipe: &Recipe, key: &str, tile: &Tile, codings: Codings) -> Arc<Made> {
    let coding = codings.best().unwrap_or(Coding::Gzip);
    let dropped = tile.losses.dropped;
    site.metrics().tile(tile.bytes.len(), dropped);
    let made = Arc::new(Made::of(&recipe.name(key), tile, coding));
    kept::keep(key.to_owned(), Arc::clone(&made));
    made
}

async fn answer(
    site: &Site,
    asked: &HeaderMap,
    recipe: Recipe,
    cache: &'static str,
    version: Option<String>,
) -> Result<Response, Problem> {
    let codings = Codings::of(asked);
    let made = made(site, recipe, codings).await?;
    if made.body.is_empty() {
        return Ok(empty(asked, &made.tag, cache));
    }
    let mut reply = if codings.takes(made.coding) {
        Reply::tagged(TILE, made.body.clone(), made.tag.clone())
            .header("content-encoding", made.coding.name())
    } else {
        let bytes = made
            .unpacked()
            .ok_or_else(|| Problem::new(error::INTERNAL, "nothing more can be said here"))?;
        Reply::tagged(TILE, bytes, made.tag.clone())
    };
    reply = reply.header("vary", "Accept-Encoding");
    if let Some(told) = losses::header(&made.losses, &made.layers) {
        reply = reply.with("parat-losses", told);
    }
    if let Some(version) = version {
        reply = reply.header("parat-version", &version);
    }
    Ok(reply.cached(cache).send(asked))
}

/// `/xyz/{source}/{z}/{x}/{y}.mvt`. The source is a layer, or several with commas between; each may be
/// pinned to a version with `@` and its hash.
pub(super) async fn xyz(
    State(site): State<Site>,
    Path((source, z, x, y)): Path<(String, String, String, String)>,
    parts: Parts,
) -> Result<Response, Problem> {
    // Before anything is looked up: what is kept of this request is true of this set or a later one.
    let generation = site.app().live().generation;
    let (snapshots, all_pinned, public) = source_of(&site, &source, &parts.headers).await?;
    let query = parts.uri.query().map(str::to_owned);
    let one = match &snapshots[..] {
        [one] => Some(one),
        _ => None,
    };
    let ask = Ask::with(&ops::XYZ, parts, |name| {
        one.is_some_and(|one| is_queryable(one.info(), name))
    })?;
    let y = y
        .strip_suffix(".mvt")
        .or_else(|| y.strip_suffix(".pbf"))
        .unwrap_or(&y);
    let [z, x, y] = [number("z", &z)?, number("x", &x)?, number("y", y)?];
    let id = square_tile(z, x, y)?.ok_or_else(|| {
        Problem::parameter(
            "x",
            format!(
                "at zoom {z}, columns and rows run from 0 to {}",
                (1_u64 << z) - 1
            ),
        )
    })?;
    // A joined value changes with the next table though the geometry never does.
    let lasting = all_pinned
        && ask
            .params
            .get("indicator")
            .is_none_or(|code| pinned(code).1.is_some());
    let live = site.app().live();
    let version = one.map(|one| one.info().version.to_string());
    let layers = Arc::new(layers_of(site.app().standards(), &ask, snapshots, &live)?);
    let cache = match (public, lasting) {
        (false, _) => PRIVATE,
        (true, true) => FOREVER,
        (true, false) => BRIEF,
    };
    if public
        && all_pinned
        && let Some(asked) = query.and_then(|query| asked(&source, &query))
    {
        let prepared = Prepared {
            layers: Arc::clone(&layers),
            version: version.as_ref().and_then(|version| version.parse().ok()),
            cache,
        };
        site.queries().keep(generation, asked, Arc::new(prepared));
    }
    let recipe = Recipe {
        place: Place::Square(id),
        layers,
    };
    answer(&site, &ask.headers, recipe, cache, version).await
}

/// The layers that a source names, and whether every one of them is pinned to a version.
async fn source_of(
    site: &Site,
    source: &str,
    asked: &HeaderMap,
) -> Result<(Vec<Arc<Snapshot>>, bool, bool), Problem> {
    let names: Vec<&str> = source.split(',').collect();
    if names.len() > MOST_COLLECTIONS {
        return Err(Problem::new(
            error::NOT_FOUND,
            format!("a source names {MOST_COLLECTIONS} layers at most"),
        ));
    }
    let mut found: Vec<Arc<Snapshot>> = vec![];
    let (mut all_pinned, mut all_public) = (true, true);
    for name in names {
        let (id, hash) = pinned(name);
        all_pinned &= hash.is_some();
        let id = layer(id)?;
        let snapshot = match site.app().snapshot(&id, hash).await {
            // Not public: only now it matters who asks, and no cache between may keep it.
            Err(AppError::Nobody(_)) => {
                all_public = false;
                let pick = hash.map_or(Pick::Public, |hash| Pick::Hash(hash.to_owned()));
                let actor = caller(site, asked)?;
                site.app().pick(&id, &pick, &actor).await?.snapshot
            }
            found => found?,
        };
        if found.iter().any(|other| other.info().id == id) {
            return Err(Problem::new(
                error::NOT_FOUND,
                format!("the source names `{id}` twice"),
            ));
        }
        found.push(snapshot);
    }
    Ok((found, all_pinned, all_public))
}

/// The layers of a tile with what the request chose of each.
fn layers_of(
    standards: &Standards,
    ask: &Ask,
    snapshots: Vec<Arc<Snapshot>>,
    live: &LiveLayers,
) -> Result<Layers, Problem> {
    let selections = match &snapshots[..] {
        [one] => vec![Selection::of(&ask.params, one, live)?],
        several => Selection::of_each(&ask.params, several, live, |stored| {
            layer_of(standards, &stored.table, live)
        })?,
    };
    let parts = snapshots
        .into_iter()
        .zip(selections)
        .map(|(snapshot, selection)| Part {
            snapshot,
            selection,
        })
        .collect();
    Ok(Layers::new(parts))
}

/// `/collections/{id}/tiles/{grid}/{z}/{row}/{col}`.
pub(super) async fn of_collection(
    State(site): State<Site>,
    Path((id, grid_id, z, row, col)): Path<(String, String, String, String, String)>,
    parts: Parts,
) -> Result<Response, Problem> {
    let which = Which::of(&site, &id, &parts).await?;
    let cache = match &which.pinned {
        Some(entry) if !entry.state.is_open() => PRIVATE,
        _ => BRIEF,
    };
    let (snapshot, live) = (which.snapshot, which.live);
    let scheme = Scheme::of(&site, &grid_id)?;
    let ask = Ask::with(&ops::COLLECTION_TILE, parts, |name| {
        is_queryable(snapshot.info(), name)
    })?;
    let info = snapshot.info();
    let bbox = is_placed(info).then_some(info.bbox);
    let place = scheme.tile([&z, &row, &col], bbox)?;
    let version = info.version.to_string();
    let recipe = Recipe {
        place,
        layers: Arc::new(layers_of(
            site.app().standards(),
            &ask,
            vec![snapshot],
            &live,
        )?),
    };
    answer(&site, &ask.headers, recipe, cache, Some(version)).await
}

/// `/tiles/{grid}/{z}/{row}/{col}`.
pub(super) async fn of_dataset(
    State(site): State<Site>,
    Path((grid_id, z, row, col)): Path<(String, String, String, String)>,
    parts: Parts,
) -> Result<Response, Problem> {
    let scheme = Scheme::of(&site, &grid_id)?;
    let ask = Ask::of(&ops::DATASET_TILE, parts)?;
    let live = site.app().live();
    let snapshots = named(&live, ask.params.names("collections").as_deref())?;
    let bbox = snapshots
        .iter()
        .map(|snapshot| snapshot.info())
        .filter(|info| is_placed(info))
        .map(|info| info.bbox)
        .reduce(crate::model::Bbox::with);
    let recipe = Recipe {
        place: scheme.tile([&z, &row, &col], bbox)?,
        layers: Arc::new(layers_of(site.app().standards(), &ask, snapshots, &live)?),
    };
    answer(&site, &ask.headers, recipe, BRIEF, None).await
}

/// The collections that a request names; all that can be shown when it names none.
pub(super) fn named(
    live: &LiveLayers,
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
