//! One version of one layer: the truth as `FlatGeobuf` and the mapped columns we serve from.
