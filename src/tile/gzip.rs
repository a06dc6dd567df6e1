//! Tiles are compressed once and kept compressed; the rare client without gzip pays for its own.

use std::cell::RefCell;

/// The bytes as a gzip member (RFC 1952) at level 1, which costs a tenth of level 6 and gives up an eighth
/// of its saving.
pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    thread_local! {
        static COMPRESSOR: RefCell<libdeflater::Compressor> =
            RefCell::new(libdeflater::Compressor::new(libdeflater::CompressionLvl::new(1).expect("level 1 exists")));
    }
    COMPRESSOR.with_borrow_mut(|compressor| {
        let mut out = vec![0; compressor.gzip_compress_bound(bytes.len())];
        let len = compressor
            .gzip_compress(bytes, &mut out)
            .expect("the bound is large enough");
        out.truncate(len);
        out
    })
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
        assert_eq!(gunzip(&gzip(&bytes)), Some(bytes));
        assert_eq!(gunzip(&[]), None);
    }
}
