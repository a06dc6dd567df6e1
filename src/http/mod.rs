//! The HTTP interface: every route on this page, and nothing that decides.
//!
//! A handler reads its request through [`extract::Ask`], asks [`App`] once, and renders. What requests may
//! say and what answers are is data in [`ops`]; the API description is written from it. What every answer
//! passes on its way out is in [`edge`].

mod accepted;
mod actor;
mod archive;
mod attachment;
mod body;
mod collections;
mod conformance;
mod datetime;
mod deliveries;
mod delivery_json;
mod delivery_schema;
mod diff;
mod edge;
mod error;
mod events;
mod explain;
mod extract;
mod fonts;
mod form;
pub mod geojson;
mod grid;
mod health;
mod html;
mod indicators;
mod items;
mod joined;
mod journal;
mod kept;
mod landing;
mod lane;
mod language;
mod layers;
mod links;
mod listen;
mod losses;
mod metrics;
mod multipart;
mod negotiate;
mod openapi;
mod ops;
mod page;
mod params;
mod percent;
mod prepared;
mod query;
mod recipe;
mod remembered;
mod reply;
mod reports;
mod scheme;
mod select;
mod set_aside;
mod side_array;
mod site;
mod sprites;
mod standards;
mod styles;
mod tables;
mod tilejson;
mod tiles;
mod tilesets;
mod tus;
mod uploads;
mod versions;
mod wait;
mod which;

use std::future::Future;

use axum::{
    Router,
    extract::DefaultBodyLimit,
    http::StatusCode,
    middleware::from_fn_with_state,
    routing::{get, head, post},
};
use tokio::net::TcpListener;
use tower::ServiceBuilder;
use tower_http::{
    CompressionLevel,
    catch_panic::CatchPanicLayer,
    compression::{
        CompressionLayer,
        predicate::{DefaultPredicate, NotForContentType, Predicate as _},
    },
    timeout::TimeoutLayer,
};

pub use diff::changes_geojson;
pub use openapi::description;
pub use site::Settings;
use site::Site;
pub use styles::static_style;
pub use tilejson::static_tilejson;

use crate::app::App;

/// Every route. The same paths, with their parameters, stand in [`ops`].
fn routes(site: Site) -> Router {
    Router::new()
        .route("/", get(landing::landing))
        .route("/conformance", get(conformance::conformance))
        .route("/api", get(openapi::api))
        .route("/collections", get(collections::collections))
        .route("/collections/{id}", get(collections::collection))
        .route("/collections/{id}/items", get(items::items))
        .route("/collections/{id}/items/{feature}", get(items::item))
        .route("/collections/{id}/queryables", get(collections::queryables))
        .route("/collections/{id}/schema", get(collections::schema))
        .route("/collections/{id}/join", get(indicators::join))
        .route("/collections/{id}/tiles", get(tilesets::of_collection))
        .route(
            "/collections/{id}/tiles/{grid}",
            get(tilesets::one_of_collection),
        )
        .route(
            "/collections/{id}/tiles/{grid}/tilejson.json",
            get(tilejson::of_collection),
        )
        .route(
            "/collections/{id}/tiles/{grid}/{z}/{row}/{col}",
            get(tiles::of_collection),
        )
        .route("/tiles", get(tilesets::of_dataset))
        .route("/tiles/{grid}", get(tilesets::one_of_dataset))
        .route("/tiles/{grid}/tilejson.json", get(tilejson::of_dataset))
        .route("/tiles/{grid}/{z}/{row}/{col}", get(tiles::of_dataset))
        .route("/tileMatrixSets", get(tilesets::grids))
        .route("/tileMatrixSets/{grid}", get(tilesets::grid))
        .route("/collections/{id}/tiles.pmtiles", get(archive::pmtiles))
        .route("/collections/{id}/tiles.mbtiles", get(archive::mbtiles))
        .route("/xyz/{archive}", get(archive::of_version))
        .route("/xyz/{source}/{z}/{x}/{y}", get(tiles::xyz))
        .route("/styles", get(styles::styles))
        .route("/styles/{id}", get(styles::style))
        .route("/sprites/{name}", get(sprites::sprite))
        .route("/fonts", get(fonts::list))
        .route("/fonts/{stack}/{range}", get(fonts::glyphs))
        .route("/collections/{id}/versions", get(versions::versions))
        .route(
            "/collections/{id}/versions/{version}",
            get(versions::version),
        )
        .route("/collections/{id}/versions/{version}/diff", get(diff::diff))
        .route(
            "/collections/{id}/versions/{version}/{action}",
            post(versions::act),
        )
        .route("/workflow", get(versions::workflow))
        .route("/journal", get(journal::journal))
        .route("/journal/verify", get(journal::verify))
        .route("/layers", get(layers::layers))
        .route("/reports/{id}", get(reports::report))
        .route("/reports/{id}/set-aside", get(set_aside::rows))
        .route("/explain/{name}", get(explain::explain))
        .route("/standards/{name}", get(standards::standard))
        .route("/indicators", get(indicators::indicators))
        .route("/indicators/{code}", get(indicators::values))
        .route("/indicators/{code}/values", get(side_array::values))
        .route("/query", get(query::get).post(query::post))
        .route("/health", get(health::health))
        .route("/metrics", get(health::metrics))
        .fallback(page::asset)
        .layer(TimeoutLayer::with_status_code(
            StatusCode::GATEWAY_TIMEOUT,
            site.settings().timeout,
        ))
        .merge(slow())
        .with_state(site)
}

/// Routes whose requests last as long as their bytes take: those end by silence, not by the clock.
fn slow() -> Router<Site> {
    Router::new()
        .route("/accepted-inputs", get(accepted::accepted))
        .route("/deliveries", get(deliveries::list).post(deliveries::post))
        .route(
            "/deliveries/{id}",
            get(deliveries::get)
                .patch(deliveries::patch)
                .delete(deliveries::delete),
        )
        .route("/deliveries/{id}/events", get(events::events))
        .route("/deliveries/{id}/file", get(deliveries::file))
        .route("/indicators/{code}/tables", post(tables::post))
        .route("/uploads", post(uploads::post))
        .route(
            "/uploads/{id}",
            head(uploads::head)
                .patch(uploads::patch)
                .delete(uploads::delete),
        )
}

/// The whole interface over an application.
pub fn router(app: App, settings: Settings) -> Router {
    whole(Site::new(app, settings))
}

fn whole(site: Site) -> Router {
    site.app().run_deliveries();
    let compressed = DefaultPredicate::new()
        // Tiles are compressed once, when they are made.
        .and(NotForContentType::const_new(negotiate::TILE))
        .and(NotForContentType::const_new(negotiate::PMTILES))
        .and(NotForContentType::const_new(negotiate::MBTILES));
    let layers = ServiceBuilder::new()
        .layer(from_fn_with_state(site.clone(), edge::edge))
        .layer(CatchPanicLayer::new())
        .layer(
            CompressionLayer::new()
                .quality(CompressionLevel::Fastest)
                .compress_when(compressed),
        )
        .layer(DefaultBodyLimit::max(site.settings().body_bytes));
    // Outside the router, so that the public prefix is off the path before a route is chosen.
    Router::new().fallback_service(layers.service(routes(site)))
}

/// Serves until `stop` is done, then lets what has begun come to its end.
pub async fn serve(
    listener: TcpListener,
    app: App,
    settings: Settings,
    stop: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    let site = Site::new(app, settings);
    let lane = lane::Lane::new(site.clone());
    let deliveries = site.app().clone();
    let stop = async move {
        stop.await;
        // Uploads and listeners would keep the server up for hours; both come again.
        deliveries.close_deliveries();
    };
    listen::serve(listener, lane, whole(site), stop).await
}
