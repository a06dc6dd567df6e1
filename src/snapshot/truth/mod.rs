//! The truth of a version: a FlatGeobuf file that QGIS and GDAL open, with every attribute and the
//! feature's id, in WGS 84 longitude/latitude and with a spatial index.
//!
//! Why we write the flatbuffers ourselves and take only the generated types from the `flatgeobuf` crate:
//! its writer sorts by its own curve through a temporary copy of the file, and a snapshot needs the order
//! and the offset of every feature, because rows, columns and truth share one order.
//!
//! FlatGeobuf has no date without a time, so dates are written as `DateTime` with only a date in it; our
//! own reader knows better from the description in the header's metadata. Single and multi parts in one
//! layer are all written as multi, as other tools want one type a layer.

mod feature;
mod read;
mod rows;
mod write;

pub(super) use read::Truth;
pub(super) use rows::Rows;
pub(super) use write::write;

/// `fgb`, major version 3, `fgb`, patch version 0.
const MAGIC: [u8; 8] = *b"fgb\x03fgb\x00";
/// Children of an index node, as every FlatGeobuf has it.
const NODE: usize = 16;
/// Bytes of an index node: four doubles and an offset.
const NODE_BYTES: usize = 40;

/// How many nodes each level has, leaves first.
fn index_levels(leaves: usize) -> Vec<usize> {
    let mut levels = vec![];
    let mut count = leaves;
    while count > 0 {
        levels.push(count);
        if count == 1 {
            // A lone leaf still has a root above it in FlatGeobuf.
            if levels.len() == 1 {
                levels.push(1);
            }
            break;
        }
        count = count.div_ceil(NODE);
    }
    levels
}
