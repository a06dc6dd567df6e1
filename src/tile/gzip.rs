//! The coding that every client reads: what publication makes, and what is made now for who does not take
//! [`super::zstd()`].

use std::cell::RefCell;

use super::Losses;
use crate::snapshot::gzip_header;

/// Level 1 costs a tenth of level 6 and gives up an eighth of its saving.
const FAST: i32 = 1;

/// A compressor, and memory for what it makes: its bound is far above what comes out, so the result is
/// copied once rather than cut from a vast allocation each time.
struct Press {
    compressor: libdeflater::Compressor,
    out: Vec<u8>,
}

thread_local! {
    static PRESS: RefCell<Press> = RefCell::new(Press {
        compressor: libdeflater::Compressor::new(
            libdeflater::CompressionLvl::new(FAST).expect("level 1 exists"),
        ),
        out: vec![],
    });
}

/// A gzip member, with another header in place of its own ten bytes where one is given.
fn member(bytes: &[u8], header: Option<&[u8]>) -> Vec<u8> {
    PRESS.with_borrow_mut(|press| {
        let bound = press.compressor.gzip_compress_bound(bytes.len());
        if press.out.len() < bound {
            press.out.resize(bound, 0);
        }
        let len = press
            .compressor
            .gzip_compress(bytes, &mut press.out)
            .expect("the bound is large enough");
        let (own, rest) = press.out[..len].split_at(10);
        [header.unwrap_or(own), rest].concat()
    })
}

/// The bytes as a gzip member (RFC 1952).
pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    member(bytes, None)
}

/// As [`gzip`], with what the tile leaves out in the member's header; see
/// [`losses_of`](crate::snapshot::losses_of).
pub fn gzip_telling(bytes: &[u8], losses: &Losses) -> Vec<u8> {
    member(bytes, Some(&gzip_header(losses)))
}

/// The checksum and the length of bytes, as a gzip member of them ends (RFC 1952, 2.3.1).
pub fn checksum(bytes: &[u8]) -> u64 {
    u64::from(libdeflater::crc32(bytes)) | (bytes.len() as u64) << 32
}

/// The same of the bytes that a gzip member holds, without reading them.
pub fn checksum_of(gzip: &[u8]) -> Option<u64> {
    gzip.last_chunk::<8>().map(|end| u64::from_le_bytes(*end))
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
        assert_eq!(checksum_of(&gzip(&bytes)), Some(checksum(&bytes)));
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
