//! **Parat** turns a city's GIS files into layers people can trust, map, query and join.
//!
//! One way leads through the house, and each stage has a type of its own:
//!
//! ```text
//! file on disk
//!   -> read        GDAL opens it, in a child  RawLayer   (as it came: nothing mended)
//!   -> standard    layers/<layer>.toml says   LayerStandard
//!   -> validate    rules hold one to other    Report, and Accepted if good enough
//!   -> normalise   names, types, lon/lat      Layer      (only an Accepted layer becomes one)
//!   -> snapshot    truth + mapped columns     Snapshot   (immutable; one version of one layer)
//!   -> query | tile | indicator               Page, tile bytes, Joined
//!   -> http | cli                             what people see
//! ```
//!
//! Who may import whom is written in `tests/architecture.rs`.

pub mod app;
pub mod cli;
pub mod config;
pub mod crs;
pub mod demo;
pub mod diff;
pub mod http;
pub mod index;
pub mod indicator;
pub mod model;
pub mod normalise;
pub mod plane;
pub mod query;
pub mod read;
pub mod report;
pub mod snapshot;
pub mod standard;
pub mod store;
pub mod tile;
pub mod validate;
pub mod worker;
