//! The coding for tiles made now (RFC 8878), for who takes it, as browsers do: gzip would be a third of what
//! such a tile costs, and this is less than half of that.

use std::cell::RefCell;

use zstd_safe::{CCtx, CParameter, ParamSwitch, Strategy};

/// What costs least without sending much more. A table of 32 kB stays in the processor's nearest memory; what
/// is repeated in a tile is mostly long, names of values and the like, so short repeats are not looked for;
/// what is left is ids and coordinates, which a code by frequency still makes a third shorter.
const HOW: [CParameter; 6] = [
    CParameter::CompressionLevel(1),
    CParameter::Strategy(Strategy::ZSTD_fast),
    CParameter::HashLog(13),
    CParameter::MinMatch(7),
    CParameter::TargetLength(2),
    CParameter::LiteralCompressionMode(ParamSwitch::Enable),
];

/// A compressor, and memory for what it makes, as in [`super::gzip()`].
struct Press {
    compressor: CCtx<'static>,
    out: Vec<u8>,
}

thread_local! {
    static PRESS: RefCell<Press> = RefCell::new(Press {
        compressor: {
            let mut compressor = CCtx::create();
            for parameter in HOW {
                compressor.set_parameter(parameter).expect("a parameter of the format");
            }
            compressor
        },
        out: vec![],
    });
}

/// The bytes as a frame that says how many there are.
pub fn zstd(bytes: &[u8]) -> Vec<u8> {
    PRESS.with_borrow_mut(|press| {
        let bound = zstd_safe::compress_bound(bytes.len());
        if press.out.len() < bound {
            press.out.resize(bound, 0);
        }
        let len = press
            .compressor
            .compress2(&mut press.out[..], bytes)
            .expect("the bound is large enough");
        press.out[..len].to_vec()
    })
}

/// What [`zstd`] was given; none for bytes that it did not make.
pub fn unzstd(frame: &[u8]) -> Option<Vec<u8>> {
    // The frame is our own, so the size is true.
    let size = zstd_safe::get_frame_content_size(frame).ok()??;
    let mut out = vec![0; usize::try_from(size).ok()?];
    let len = zstd_safe::decompress(&mut out[..], frame).ok()?;
    (len == out.len()).then_some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_come_back_and_other_bytes_are_none() {
        let mixed: Vec<u8> = (0..300_000_u32)
            .map(|at| (at.wrapping_mul(at) >> 7) as u8)
            .collect();
        for len in [0, 1, 100, 70_000, 300_000] {
            let frame = zstd(&mixed[..len]);
            assert_eq!(unzstd(&frame).as_deref(), Some(&mixed[..len]));
            assert!(frame.len() < len + 20);
            assert_eq!(unzstd(&frame[..frame.len() - 1]), None);
        }
        assert_eq!(unzstd(&[]), None);
        assert_eq!(unzstd(b"no frame at all"), None);
    }
}
