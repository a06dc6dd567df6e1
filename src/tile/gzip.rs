//! Tiles are compressed once and kept compressed; the rare client without gzip pays for its own.

use std::cell::RefCell;

use super::Losses;
use crate::snapshot::gzip_header;

/// Level 1 costs a tenth of level 6 and gives up an eighth of its saving.
const FAST: i32 = 1;

thread_local! {
    static COMPRESSOR: RefCell<libdeflater::Compressor> = RefCell::new(libdeflater::Compressor::new(
        libdeflater::CompressionLvl::new(FAST).expect("level 1 exists"),
    ));
}

/// Compresses to a gzip member that begins at `from` in a new buffer.
fn member(bytes: &[u8], from: usize) -> Vec<u8> {
    COMPRESSOR.with_borrow_mut(|compressor| {
        let mut out = vec![0; from + compressor.gzip_compress_bound(bytes.len())];
        let len = compressor
            .gzip_compress(bytes, &mut out[from..])
            .expect("the bound is large enough");
        out.truncate(from + len);
        out
    })
}

/// The bytes as a gzip member (RFC 1952).
pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    member(bytes, 0)
}

/// As [`gzip`], with what the tile leaves out in the member's header; see
/// [`losses_of`](crate::snapshot::losses_of).
pub fn gzip_telling(bytes: &[u8], losses: &Losses) -> Vec<u8> {
    let head = gzip_header(losses);
    // The plain header of ten bytes ends where the longer one does.
    let mut out = member(bytes, head.len() - 10);
    out[..head.len()].copy_from_slice(&head);
    out
}

/// What [`gzip`] was given; none for bytes that it did not make.
pub fn gunzip(gzip: &[u8]) -> Option<Vec<u8>> {
    // RFC 1952: the last four bytes are the size. The member is our own, so the size is true.
    let size = gzip
        .last_chunk::<4>()
        .map(|bytes| u32::from_le_bytes(*bytes))?;
    let mut out = vec![0; size as usize];
    libdeflater::Decompressor::new()
        .gzip_decompress(gzip, &mut out)
        .ok()?;
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_come_back() {
        let bytes: Vec<u8> = (0..50_000_u32).map(|at| ((at * at) >> 7) as u8).collect();
        assert_eq!(gunzip(&gzip(&bytes)), Some(bytes.clone()));
        assert_eq!(gunzip(&[]), None);
        let losses = Losses {
            features_matched: 70_000,
            dropped: 3,
            as_points: 0,
            simplified: 1 << 40,
        };
        let told = gzip_telling(&bytes, &losses);
        assert_eq!(gunzip(&told), Some(bytes.clone()));
        let capped = Losses {
            simplified: u64::from(u32::MAX),
            ..losses
        };
        assert_eq!(crate::snapshot::losses_of(&told), Some(capped));
        assert_eq!(crate::snapshot::losses_of(&gzip(&bytes)), None);
    }
}
