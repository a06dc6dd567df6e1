//! `/`: the way to everything else, or the map for people.

use axum::{extract::State, http::request::Parts, response::Response};
use serde_json::json;

use super::{
    error::Problem,
    extract::Ask,
    links::{self, link, self_and_alternates},
    negotiate::OPENAPI,
    ops, page, reply,
    site::Site,
};

/// The landing page.
pub(super) async fn landing(State(site): State<Site>, parts: Parts) -> Result<Response, Problem> {
    let ask = Ask::of(&ops::LANDING, parts)?;
    let live = site.app().live();
    if ask.is_page() {
        return Ok(page::root(&site, &live, &ask.headers));
    }
    let mut all = self_and_alternates(&site, ops::LANDING.offer, ask.chosen.media, "/");
    let json = "application/json";
    all.extend([
        link(
            &site,
            "service-desc",
            OPENAPI,
            "The API description",
            "/api",
        ),
        link(
            &site,
            "service-doc",
            "text/html",
            "The API description for people",
            "/api?f=html",
        ),
        link(
            &site,
            "conformance",
            json,
            "What this interface conforms to",
            "/conformance",
        ),
        link(
            &site,
            links::CONFORMANCE,
            json,
            "What this interface conforms to",
            "/conformance",
        ),
        link(&site, "data", json, "The collections", "/collections"),
        link(&site, links::DATA, json, "The collections", "/collections"),
        link(
            &site,
            links::TILESETS,
            json,
            "Vector tiles of all collections",
            "/tiles",
        ),
        link(
            &site,
            links::TILING_SCHEMES,
            json,
            "The tile matrix sets",
            "/tileMatrixSets",
        ),
        link(&site, links::STYLES, json, "The styles", "/styles"),
        link(
            &site,
            "related",
            json,
            "Every layer and where it stands",
            "/layers",
        ),
        link(&site, "related", json, "The indicators", "/indicators"),
        link(
            &site,
            "related",
            json,
            "The states of a version, and who may do what",
            "/workflow",
        ),
        link(&site, "related", json, "What happened", "/journal"),
    ]);
    Ok(reply::json(
        &ask,
        &json!({
            "title": title(&live, site.app().standards()),
            "description": "Layers that a city's offices delivered and a gate has checked, as features, \
                            tiles and joined indicators.",
            "attribution": "",
            "links": all,
        }),
    ))
}

/// What the server is called: after the city where its boundary is known.
pub(super) fn title(
    live: &crate::app::LiveLayers,
    standards: &crate::standard::Standards,
) -> String {
    super::layers::city_name(live, standards)
        .map_or_else(|| "Parat".to_owned(), |city| format!("Parat · {city}"))
}
