//! Every operation as data: its path, its parameters, what it answers.
//!
//! A handler reads its parameters through its [`Op`] and the API description is written from the same
//! table, so what is refused and what is described cannot drift apart.

use serde_json::{Value, json};

use super::negotiate::Media;

/// The largest page of features. GDAL takes it as its page size.
pub(super) const MOST_ITEMS: usize = 10_000;
/// The page of a client that names no size.
pub(super) const SOME_ITEMS: usize = 10;

/// Where a parameter stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// In the path.
    Path,
    /// In the query.
    Query,
}

/// A parameter.
#[derive(Clone, Copy)]
pub(super) struct Param {
    /// Its name.
    pub name: &'static str,
    /// Where it stands.
    pub place: Place,
    /// What it does.
    pub about: &'static str,
    /// True when a request needs it.
    pub needed: bool,
    /// Its JSON schema, as OpenAPI 3.0 writes one.
    pub schema: fn() -> Value,
}

/// The method of an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verb {
    /// Reads; `HEAD` comes with it.
    Get,
    /// Makes something, or does something with it.
    Post,
    /// Changes a part.
    Patch,
    /// Takes away.
    Delete,
    /// Asks for the headers alone, where `GET` is not there.
    Head,
}

impl Verb {
    /// As OpenAPI writes it.
    pub(super) fn key(self) -> &'static str {
        match self {
            Self::Get => "get",
            Self::Post => "post",
            Self::Patch => "patch",
            Self::Delete => "delete",
            Self::Head => "head",
        }
    }

    /// True when it changes something, so that the caller must be somebody.
    pub(super) fn writes(self) -> bool {
        matches!(self, Self::Post | Self::Patch | Self::Delete)
    }
}

/// An operation.
pub(super) struct Op {
    /// The method.
    pub verb: Verb,
    /// The name of the body's schema among the components; empty without a body.
    pub body: &'static str,
    /// The media type of the body.
    pub body_type: &'static str,
    /// The status of success.
    pub success: u16,
    /// The `operationId`.
    pub id: &'static str,
    /// The path, as OpenAPI and the router write it.
    pub path: &'static str,
    /// The heading it is described under.
    pub tag: &'static str,
    /// What it does, in a line.
    pub summary: &'static str,
    /// The parameters.
    pub params: &'static [&'static Param],
    /// What it can answer; the first is what a client without wishes gets.
    pub offer: &'static [Media],
    /// The name of the answer's schema among the components.
    pub schema: &'static str,
    /// True when it gives parts of a file.
    pub in_parts: bool,
    /// True when it may answer 204.
    pub may_be_empty: bool,
    /// True for an operation that looks inside layers and so may be turned away as busy.
    pub works: bool,
}

impl Op {
    /// True when the operation has a query parameter of this name.
    pub(super) fn takes(&self, name: &str) -> bool {
        self.params
            .iter()
            .any(|param| param.place == Place::Query && param.name == name)
    }
}

const fn query(name: &'static str, about: &'static str, schema: fn() -> Value) -> Param {
    Param {
        name,
        place: Place::Query,
        about,
        needed: false,
        schema,
    }
}

const fn path(name: &'static str, about: &'static str, schema: fn() -> Value) -> Param {
    Param {
        name,
        place: Place::Path,
        about,
        needed: true,
        schema,
    }
}

fn text() -> Value {
    json!({"type": "string"})
}

fn name_list() -> Value {
    json!({"type": "array", "items": {"type": "string"}, "minItems": 1})
}

fn whole() -> Value {
    json!({"type": "integer", "minimum": 0})
}

macro_rules! params {
    ($($name:ident = $make:ident($($arg:expr),* $(,)?);)*) => {
        $(
            #[doc = concat!("The parameter `", stringify!($name), "`.")]
            pub(super) static $name: Param = $make($($arg),*);
        )*
    };
}

params! {
    F_PAGE = query("f", "The media type, before `Accept`.", || json!({"type": "string", "enum": ["json", "html"]}));
    F_ITEMS = query("f", "The media type, before `Accept`.", || json!({"type": "string", "enum": ["geojson", "json", "html"]}));
    F_JSON = query("f", "The media type, before `Accept`.", || json!({"type": "string", "enum": ["json"]}));
    F_TILE = query("f", "The media type, before `Accept`.", || json!({"type": "string", "enum": ["mvt", "pbf"]}));
    F_VALUES = query("f", "The media type, before `Accept`.", || json!({"type": "string", "enum": ["json", "bin"]}));
    F_QUERY = query("f", "The media type, before `Accept`.", || json!({"type": "string", "enum": ["geojson", "json", "csv"]}));
    LIMIT = query("limit", "How many features a page has at most. More than the maximum is served as the maximum.",
        || json!({"type": "integer", "minimum": 1, "maximum": MOST_ITEMS, "default": SOME_ITEMS}));
    OFFSET = query("offset", "How many features to leave out; the links `next` and `prev` carry it.", whole);
    BBOX = query("bbox", "Only features that meet the box: west, south, east, north in CRS84. West beyond east crosses the 180th meridian.",
        || json!({"type": "array", "items": {"type": "number"}, "minItems": 4, "maxItems": 6}));
    DATETIME = query("datetime", "Only features that are valid at a date or date-time, or in an interval of them with `..` for an open end (RFC 3339).", text);
    FILTER = query("filter", "Only features for which a CQL2 expression is true.", text);
    FILTER_LANG = query("filter-lang", "The language of `filter`.",
        || json!({"type": "string", "enum": ["cql2-text", "cql2-json"], "default": "cql2-text"}));
    FILTER_CRS = query("filter-crs", "The CRS of geometries in `filter`.",
        || json!({"type": "string", "format": "uri", "enum": [super::collections::CRS84], "default": super::collections::CRS84}));
    PROPERTIES = query("properties", "Only these properties, by name.", name_list);
    LABELS = query("labels", "False to leave out the layers of label points, `{layer}_label`.",
        || json!({"type": "boolean", "default": true}));
    INDICATOR = query("indicator", "The code of an indicator; its value is joined to each feature as `value`. `@` and the version of its table behind it pin it.", text);
    PERIOD = query("period", "The period of the indicator; without it, the latest.", text);
    COLLECTIONS = query("collections", "Only these collections, by id; without it, all.", name_list);
    LAYER = query("layer", "The layer, by id.", text);
    RELATION = query("relation", "How the wanted features lie to the others.",
        || json!({"type": "string", "enum": ["within", "intersects", "distance"]}));
    OF = query("of", "The other layer, by id.", text);
    OF_FILTER = query("of-filter", "Which features of the other layer, as a CQL2 expression.", text);
    GEOMETRY = query("geometry", "In place of another layer: a GeoJSON geometry.", text);
    DISTANCE = query("distance_m", "For `distance`: how far, in metres.", || json!({"type": "number", "minimum": 0}));
    AGGREGATE = query("aggregate", "What to work out of the other layer's features within each wanted area.",
        || json!({"type": "string", "enum": ["count", "sum", "density", "length", "area"]}));
    AGGREGATE_OF = query("aggregate-of", "The layer to work it out of.", text);
    AGGREGATE_FIELD = query("aggregate-field", "For `sum`: the field.", text);
    NEAREST = query("nearest", "Longitude and latitude: the nearest features to it, nearest first.",
        || json!({"type": "array", "items": {"type": "number"}, "minItems": 2, "maxItems": 2}));
    K = query("k", "For `nearest`: how many.", || json!({"type": "integer", "minimum": 1, "maximum": 1000, "default": 10}));
    COLLECTION_ID = path("collectionId", "The id of a collection.", text);
    FEATURE_ID = path("featureId", "The id of a feature.", text);
    GRID_ID = path("tileMatrixSetId", "The tile matrix set.", text);
    MATRIX = path("tileMatrix", "The zoom.", text);
    ROW = path("tileRow", "The row, from the north.", whole);
    COL = path("tileCol", "The column, from the west.", whole);
    SOURCE = path("source", "A layer's id, or several with commas between; `@` and the hash of a version behind an id pin it.", text);
    Z = path("z", "The zoom.", whole);
    X = path("x", "The column, from the west.", whole);
    Y = path("y", "The row, from the north, with `.mvt` behind it.", || json!({"type": "string", "pattern": "^[0-9]+\\.(mvt|pbf)$"}));
    REPORT_ID = path("reportId", "A layer's id, or a delivery's; `.html`, `.geojson` or `.csv` behind it asks for that form.", text);
    LANG = query("lang", "The language of the sentences, as a BCP 47 tag, before `Accept-Language`; English stands in for what it lacks.", text);
    TABLE_KEY = query("key", "The column with the keys.", text);
    TABLE_VALUE = query("value", "The column with the values, in a sheet of one period.", text);
    TABLE_SCHEME = query("scheme", "What the keys are, such as `city:ward_no`.", text);
    TABLE_DELIM = query("delim", "The set of wards that the keys belong to.", text);
    TABLE_NAME = query("name", "What the file is called.", text);
    CODE = path("code", "The code of an indicator.", text);
    AS_OF = query("as-of", "What was public then: the end of a day in UTC, or a moment (RFC 3339).",
        || json!({"type": "string", "example": "2026-03-31"}));
    VERSION_NO = path("version", "The number of a version.", || json!({"type": "integer", "minimum": 1}));
    ACTION = path("action", "What to do with the version.",
        || json!({"type": "string", "enum": ["submit", "return", "approve", "publish", "retire"]}));
    AGAINST = query("against", "The number of the version to compare with; without it, what is public, or was before it.",
        || json!({"type": "integer", "minimum": 1}));
    ROWS = query("rows", "How many rows are listed at most.", || json!({"type": "integer", "minimum": 0, "maximum": 10_000}));
    BEFORE = query("before", "Only entries before the one with this number.", whole);
    SUBJECT = query("subject", "Only entries of this layer, indicator or account.", text);
    JOURNAL_ACTOR = query("actor", "Only entries by this account.", text);
    WHAT = query("what", "Only entries of these kinds.", name_list);
    F_DIFF = query("f", "The media type, before `Accept`.", || json!({"type": "string", "enum": ["json", "geojson", "csv"]}));
    F_ROWS = query("f", "The media type, before `Accept`.", || json!({"type": "string", "enum": ["geojson", "csv"]}));
    NAME = path("name", "The name of a layer, a rule, a metadata element, a code list or an indicator.", text);
    STANDARD_NAME = path("standardName", "The id of a layer, or `metadata`.", text);
    DELIVERY_ID = path("deliveryId", "The number of a delivery, `d-12`.", || json!({"type": "string", "pattern": "^d-[0-9]+$"}));
    PART = query("part", "Which file of the delivery, counted from 0.", whole);
    STATE = query("state", "Only deliveries in this state.", || json!({"type": "string",
        "enum": ["receiving", "queued", "reading", "checking", "publishing", "judged", "failed", "cancelled"]}));
    FONTSTACK = path("fontstack", "Names of fonts with commas between; those that are not here are passed over.", text);
    RANGE = path("range", "The first and the last letter, as 0-255.pbf.", || json!({"type": "string", "pattern": r"^[0-9]+-[0-9]+\.pbf$"}));
    ARCHIVE_NAME = path("archive", "A layer's id, `@`, the hash of a version, and `.pmtiles` or `.mbtiles`.", text);
    SPRITE_NAME = path("sprite", "Which sheet, and whether its index or its picture.",
        || json!({"type": "string", "enum": ["parat.json", "parat.png", "parat@2x.json", "parat@2x.png"]}));
    STYLE_ID = path("styleId", "The id of a style.", text);
}

const PAGE: &[Media] = &[Media::Json, Media::Html];
const ITEMS: &[Media] = &[Media::GeoJson, Media::Html];
const SCHEMA: &[Media] = &[Media::Schema, Media::Html];
const JSON: &[Media] = &[Media::Json];

/// A flag that is only named is `true`.
macro_rules! given {
    () => {
        true
    };
    ($value:expr) => {
        $value
    };
}

macro_rules! ops {
    ($($name:ident: $id:literal $path:literal, $tag:literal, $summary:literal,
        [$($param:ident),* $(,)?], $offer:expr, $schema:literal $(, $flag:ident $(= $value:expr)?)*;)*) => {
        $(
            #[doc = $summary]
            pub(super) static $name: Op = {
                let op = Op {
                    id: $id, path: $path, tag: $tag, summary: $summary, params: &[$(&$param),*],
                    offer: $offer, schema: $schema, may_be_empty: false, in_parts: false, works: false, verb: Verb::Get,
                    body: "", body_type: "application/json", success: 200,
                };
                $(let op = Op { $flag: given!($($value)?), ..op };)*
                op
            };
        )*
        /// Every operation, in the order of the description.
        pub(super) static ALL: &[&Op] = &[$(&$name),*];
    };
}

ops! {
    LANDING: "landing" "/", "Start", "The landing page.", [F_PAGE], PAGE, "landingPage";
    CONFORMANCE: "conformance" "/conformance", "Start", "What this interface conforms to.", [F_PAGE], PAGE, "confClasses";
    API: "api" "/api", "Start", "This description.", [F_PAGE], &[Media::OpenApi, Media::Html], "anyObject";
    COLLECTIONS_: "collections" "/collections", "Features", "The collections.", [AS_OF, F_PAGE], PAGE, "collections";
    COLLECTION: "collection" "/collections/{collectionId}", "Features", "A collection.", [COLLECTION_ID, AS_OF, F_PAGE], PAGE, "collection";
    ITEMS_: "items" "/collections/{collectionId}/items", "Features", "The features of a collection, a page at a time.",
        [COLLECTION_ID, AS_OF, LIMIT, OFFSET, BBOX, DATETIME, FILTER, FILTER_LANG, FILTER_CRS, PROPERTIES, INDICATOR, PERIOD, F_ITEMS],
        ITEMS, "featureCollectionGeoJSON", works;
    ITEM: "item" "/collections/{collectionId}/items/{featureId}", "Features", "One feature.",
        [COLLECTION_ID, AS_OF, FEATURE_ID, PROPERTIES, INDICATOR, PERIOD, F_ITEMS], ITEMS, "featureGeoJSON", works;
    QUERYABLES: "queryables" "/collections/{collectionId}/queryables", "Features", "What filters may name.",
        [COLLECTION_ID, AS_OF, F_PAGE], SCHEMA, "anyObject";
    SCHEMA_: "schema" "/collections/{collectionId}/schema", "Features", "What features carry.",
        [COLLECTION_ID, AS_OF, F_PAGE], SCHEMA, "anyObject";
    JOIN: "join" "/collections/{collectionId}/join", "Indicators", "How well an indicator's table meets the collection.",
        [COLLECTION_ID, INDICATOR, PERIOD, F_JSON], JSON, "joinReport", works;
    COLLECTION_TILESETS: "tilesets.collection.vector.getTileSetsList" "/collections/{collectionId}/tiles", "Tiles",
        "The tilesets of a collection.", [COLLECTION_ID, AS_OF, F_PAGE], PAGE, "tileSets";
    COLLECTION_TILESET: "tileset.collection.vector.getTileSet" "/collections/{collectionId}/tiles/{tileMatrixSetId}", "Tiles",
        "A tileset of a collection.", [COLLECTION_ID, AS_OF, GRID_ID, F_PAGE], PAGE, "tileSet";
    COLLECTION_TILE: "tile.collection.vector.getTile" "/collections/{collectionId}/tiles/{tileMatrixSetId}/{tileMatrix}/{tileRow}/{tileCol}",
        "Tiles", "A tile of a collection; row before column.",
        [COLLECTION_ID, AS_OF, GRID_ID, MATRIX, ROW, COL, DATETIME, FILTER, FILTER_LANG, FILTER_CRS, PROPERTIES, LABELS, INDICATOR, PERIOD, F_TILE],
        &[Media::Tile], "", may_be_empty, works;
    TILEJSON: "tilejson" "/collections/{collectionId}/tiles/{tileMatrixSetId}/tilejson.json", "Tiles",
        "A collection's tiles as TileJSON 3.0. What it chooses is chosen in the tiles it names, and their versions are pinned.",
        [COLLECTION_ID, AS_OF, GRID_ID, DATETIME, FILTER, FILTER_LANG, FILTER_CRS, PROPERTIES, LABELS, INDICATOR, PERIOD, F_JSON], JSON, "tileJson";
    DATASET_TILEJSON: "tilejsonOfDataset" "/tiles/{tileMatrixSetId}/tilejson.json", "Tiles",
        "Tiles of several collections as TileJSON 3.0, each pinned to one version.",
        [GRID_ID, COLLECTIONS, DATETIME, FILTER, FILTER_LANG, FILTER_CRS, PROPERTIES, LABELS, INDICATOR, PERIOD, F_JSON], JSON, "tileJson";
    DATASET_TILESETS: "tilesets.dataset.vector.getTileSetsList" "/tiles", "Tiles", "The tilesets of all collections together.",
        [F_PAGE], PAGE, "tileSets";
    DATASET_TILESET: "tileset.dataset.vector.getTileSet" "/tiles/{tileMatrixSetId}", "Tiles",
        "A tileset of all collections together.", [GRID_ID, COLLECTIONS, F_PAGE], PAGE, "tileSet";
    DATASET_TILE: "tile.dataset.vector.getTile" "/tiles/{tileMatrixSetId}/{tileMatrix}/{tileRow}/{tileCol}", "Tiles",
        "A tile of all collections together, or of those named; row before column.",
        [GRID_ID, MATRIX, ROW, COL, COLLECTIONS, DATETIME, FILTER, FILTER_LANG, FILTER_CRS, PROPERTIES, LABELS, INDICATOR, PERIOD, F_TILE], &[Media::Tile], "", may_be_empty, works;
    GRIDS: "tileMatrixSets" "/tileMatrixSets", "Tiles", "The tile matrix sets.", [F_PAGE], PAGE, "tileMatrixSets";
    GRID: "tileMatrixSet" "/tileMatrixSets/{tileMatrixSetId}", "Tiles", "A tile matrix set.", [GRID_ID, F_PAGE], PAGE, "tileMatrixSet";
    XYZ: "xyz" "/xyz/{source}/{z}/{x}/{y}", "Tiles", "A tile by zoom, column and row. With a version's hash it never changes.",
        [SOURCE, Z, X, Y, DATETIME, FILTER, FILTER_LANG, FILTER_CRS, PROPERTIES, LABELS, INDICATOR, PERIOD], &[Media::Tile], "", may_be_empty, works;
    PMTILES: "pmtiles" "/collections/{collectionId}/tiles.pmtiles", "Tiles",
        "A collection's tiles as one PMTiles file, or a range of its bytes.", [COLLECTION_ID], &[Media::Pmtiles], "", in_parts;
    MBTILES: "mbtiles" "/collections/{collectionId}/tiles.mbtiles", "Tiles",
        "A collection's tiles as one MBTiles file, or a range of its bytes.", [COLLECTION_ID], &[Media::Mbtiles], "", in_parts, works;
    ARCHIVE: "archive" "/xyz/{archive}", "Tiles", "The tiles of a version as one file, or a range of its bytes. It never changes.",
        [ARCHIVE_NAME], &[Media::Pmtiles, Media::Mbtiles], "", in_parts, works;
    STYLES: "styles" "/styles", "Styles", "The styles.", [F_JSON], JSON, "anyObject";
    STYLE: "style" "/styles/{styleId}", "Styles", "A style of the MapLibre specification.", [STYLE_ID, F_JSON], &[Media::Style], "anyObject";
    FONTS: "fonts" "/fonts", "Styles", "The fonts that labels can be written with.", [F_JSON], JSON, "anyObject";
    GLYPHS: "glyphs" "/fonts/{fontstack}/{range}", "Styles", "The glyphs of 256 letters, for labels.",
        [FONTSTACK, RANGE], &[Media::Glyphs], "", works;
    SPRITE: "sprite" "/sprites/{sprite}", "Styles", "Pictures of the standard layers of points: where they are on the sheet, and the sheet.",
        [SPRITE_NAME], &[Media::Json, Media::Png], "anyObject";
    LAYERS: "layers" "/layers", "City", "Every layer that was asked for or delivered, and where it stands.", [F_JSON], JSON, "anyObject";
    VERSIONS: "versions" "/collections/{collectionId}/versions", "Versions", "Every version of a collection and where it stands.",
        [COLLECTION_ID, F_PAGE], PAGE, "anyObject";
    VERSION: "version" "/collections/{collectionId}/versions/{version}", "Versions", "One version, and what you may do with it.",
        [COLLECTION_ID, VERSION_NO, F_PAGE], PAGE, "anyObject";
    VERSION_ACTION: "versionAction" "/collections/{collectionId}/versions/{version}/{action}", "Versions",
        "Moves a version along its way; `If-Match` or `from` guards against somebody who was quicker.",
        [COLLECTION_ID, VERSION_NO, ACTION], JSON, "anyObject", verb = Verb::Post, body = "versionAction", works;
    VERSION_DIFF: "versionDiff" "/collections/{collectionId}/versions/{version}/diff", "Versions",
        "What changed between two versions: numbers and first rows, a table, or for the map.",
        [COLLECTION_ID, VERSION_NO, AGAINST, ROWS, F_DIFF], &[Media::Json, Media::GeoJson, Media::Csv], "anyObject", works;
    WORKFLOW: "workflow" "/workflow", "Versions", "The states of a version, who may do what, and who you are.", [F_JSON], JSON, "anyObject";
    JOURNAL: "journal" "/journal", "Versions", "What happened, newest first.", [BEFORE, ROWS, SUBJECT, JOURNAL_ACTOR, WHAT, F_JSON],
        JSON, "anyObject", works;
    JOURNAL_VERIFY: "journalVerify" "/journal/verify", "Versions", "Whether the journal is as it was written.", [F_JSON], JSON, "anyObject", works;
    REPORT: "report" "/reports/{reportId}", "City", "What the gate said of a layer or a delivery.", [REPORT_ID, LANG],
        &[Media::Json, Media::Html, Media::GeoJson, Media::Csv], "anyObject";
    SET_ASIDE: "setAside" "/reports/{reportId}/set-aside", "City",
        "The rows that were set aside so that the others could go on, as they came, each with its row and the reasons.",
        [REPORT_ID, LAYER, LANG, F_ROWS], &[Media::GeoJson, Media::Csv], "featureCollectionGeoJSON";
    ACCEPTED: "acceptedInputs" "/accepted-inputs", "Deliveries", "What is taken, and within which limits.", [F_PAGE], PAGE, "anyObject";
    DELIVERIES: "deliveries" "/deliveries", "Deliveries", "Deliveries, newest first.", [LIMIT, LAYER, STATE, LANG, F_JSON], JSON, "deliveries";
    DELIVER: "deliver" "/deliveries", "Deliveries", "Hands files in as a form. They are judged next; the report has its address at once.",
        [], JSON, "delivery", verb = Verb::Post, body = "deliveryForm", body_type = "multipart/form-data", success = 202;
    DELIVERY: "delivery" "/deliveries/{deliveryId}", "Deliveries", "A delivery: how far it is, and what became of it.",
        [DELIVERY_ID, LANG, F_JSON], JSON, "delivery";
    ASK_AGAIN: "askAgain" "/deliveries/{deliveryId}", "Deliveries", "Changes what is asked about a delivery; it is judged again without its bytes being sent again.",
        [DELIVERY_ID], JSON, "delivery", verb = Verb::Patch, body = "deliveryAsk", body_type = "application/merge-patch+json", success = 202;
    CANCEL: "cancelDelivery" "/deliveries/{deliveryId}", "Deliveries", "Calls a delivery off. Its file and its reports stay.",
        [DELIVERY_ID], JSON, "delivery", verb = Verb::Delete;
    DELIVERY_EVENTS: "deliveryEvents" "/deliveries/{deliveryId}/events", "Deliveries",
        "Server-sent events: `progress` until the one `end`; the data of each is the delivery.", [DELIVERY_ID], &[Media::Events], "";
    DELIVERY_FILE: "deliveryFile" "/deliveries/{deliveryId}/file", "Deliveries", "The bytes as they came.", [DELIVERY_ID, PART], &[Media::Bytes], "";
    CREATE_UPLOAD: "createUpload" "/uploads", "Deliveries", "Begins an upload by tus 1.0.0, which can break off and go on.",
        [], &[], "", verb = Verb::Post, success = 201;
    UPLOAD: "upload" "/uploads/{deliveryId}", "Deliveries", "Where an upload stands (tus 1.0.0).", [DELIVERY_ID], &[], "", verb = Verb::Head;
    APPEND: "append" "/uploads/{deliveryId}", "Deliveries", "Goes on with an upload (tus 1.0.0).",
        [DELIVERY_ID], &[], "", verb = Verb::Patch, body = "uploadBytes", body_type = "application/offset+octet-stream", success = 204;
    TERMINATE: "terminateUpload" "/uploads/{deliveryId}", "Deliveries", "Gives an upload up (tus 1.0.0).",
        [DELIVERY_ID], &[], "", verb = Verb::Delete, success = 204;
    EXPLAIN: "explain" "/explain/{name}", "City", "What a layer, a rule, a metadata element, a code list or an indicator is.",
        [NAME, F_PAGE], PAGE, "anyObject";
    STANDARD: "standard" "/standards/{standardName}", "City", "A standard as data: a layer's fields, or, by the name `metadata`, the metadata elements.",
        [STANDARD_NAME, F_JSON], JSON, "anyObject";
    INDICATORS: "indicators" "/indicators", "Indicators", "The indicators with data.", [F_JSON], JSON, "anyObject";
    INDICATOR_: "indicator" "/indicators/{code}", "Indicators", "The values of an indicator for a period, by feature id.",
        [CODE, PERIOD, LAYER, F_JSON], JSON, "anyObject", works;
    INDICATOR_VALUES: "indicatorValues" "/indicators/{code}/values", "Indicators",
        "The values of an indicator as arrays, one a period, in the order of the feature ids: for a map whose geometry stays. Without a period, all of them.",
        [CODE, LAYER, PERIOD, F_VALUES], &[Media::Json, Media::Values], "anyObject", works;
    PUT_TABLE: "putTable" "/indicators/{code}/tables", "Indicators",
        "Hands in a table of values, CSV or a workbook; it is judged, kept as the next version, and joined. A form with a part `file` is taken too.",
        [CODE, TABLE_KEY, TABLE_VALUE, PERIOD, LAYER, TABLE_SCHEME, TABLE_DELIM, TABLE_NAME], JSON, "anyObject",
        verb = Verb::Post, body = "uploadBytes", body_type = "application/octet-stream", success = 201, works;
    QUERY: "query" "/query", "Features", "Features by where they lie, what lies in them, or what is nearest.",
        [LAYER, RELATION, OF, OF_FILTER, GEOMETRY, DISTANCE, AGGREGATE, AGGREGATE_OF, AGGREGATE_FIELD, NEAREST, K, FILTER,
         BBOX, AS_OF, INDICATOR, PERIOD, LIMIT, OFFSET, F_QUERY],
        &[Media::GeoJson, Media::Csv], "featureCollectionGeoJSON", works;
    HEALTH: "health" "/health", "Server", "Whether the server is well.", [F_JSON], JSON, "anyObject";
    METRICS: "metrics" "/metrics", "Server", "Counters, as Prometheus reads them.", [], &[Media::Text], "";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_path_parameter_is_described_and_every_operation_has_its_own_id() {
        for op in ALL {
            for param in op.params {
                let in_path = op.path.contains(&format!("{{{}}}", param.name));
                assert_eq!(
                    in_path,
                    param.place == Place::Path,
                    "{} {}",
                    op.id,
                    param.name
                );
            }
            let variables = op.path.matches('{').count();
            let described = op
                .params
                .iter()
                .filter(|param| param.place == Place::Path)
                .count();
            assert_eq!(variables, described, "{}", op.id);
            assert_eq!(
                ALL.iter().filter(|other| other.id == op.id).count(),
                1,
                "{}",
                op.id
            );
        }
    }
}
