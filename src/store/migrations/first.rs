//! Schema 1: layers, versions, deliveries with their reports, indicator tables, the journal.

/// The tables as the first Parat made them.
pub(super) const SQL: &str = "
CREATE TABLE meta (
    name TEXT PRIMARY KEY,
    value INTEGER NOT NULL
) STRICT;
INSERT INTO meta VALUES ('schema', 0), ('generation', 0);

-- Every delivery that came to the gate, with its report as JSON.
CREATE TABLE deliveries (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    layer TEXT NOT NULL,
    file TEXT NOT NULL,
    verdict TEXT NOT NULL,
    summary TEXT NOT NULL,
    became TEXT NOT NULL,
    version INTEGER,
    features INTEGER NOT NULL,
    at TEXT NOT NULL,
    report TEXT NOT NULL
) STRICT;
CREATE INDEX deliveries_of_layer ON deliveries (layer, id);

-- Every version that was ever public. Rows are added, never changed.
CREATE TABLE versions (
    layer TEXT NOT NULL,
    version INTEGER NOT NULL,
    hash TEXT NOT NULL,
    -- What else makes a version another one: metadata, title, standard.
    identity TEXT NOT NULL,
    -- Below the data folder.
    folder TEXT NOT NULL,
    features INTEGER NOT NULL,
    delivery INTEGER NOT NULL REFERENCES deliveries (id),
    at TEXT NOT NULL,
    PRIMARY KEY (layer, version)
) STRICT;

-- Which version of a layer is public.
CREATE TABLE layers (
    layer TEXT PRIMARY KEY,
    version INTEGER NOT NULL
) STRICT;

-- Indicator tables, as JSON; the newest version of each is the one that answers.
CREATE TABLE indicator_tables (
    indicator TEXT NOT NULL,
    version INTEGER NOT NULL,
    hash TEXT NOT NULL,
    file TEXT NOT NULL,
    at TEXT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (indicator, version)
) STRICT;

CREATE TABLE join_reports (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    layer TEXT NOT NULL,
    indicator TEXT NOT NULL,
    at TEXT NOT NULL,
    report TEXT NOT NULL
) STRICT;

-- Append only; each row's hash covers the row before it, so that a change in the past shows.
CREATE TABLE journal (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at TEXT NOT NULL,
    actor TEXT NOT NULL,
    what TEXT NOT NULL,
    subject TEXT NOT NULL,
    detail TEXT NOT NULL,
    hash TEXT NOT NULL
) STRICT;
";
