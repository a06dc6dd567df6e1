//! Chance that comes out the same on every machine: hashes of what is asked about, never of when.

/// A well-mixed number for a question: any list of whole numbers.
pub(super) fn mix(parts: &[i64]) -> u64 {
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    for &part in parts {
        // SplitMix64's finaliser, once a part.
        state = state
            .wrapping_add(part as u64)
            .wrapping_add(0x9E37_79B9_7F4A_7C15);
        state = (state ^ (state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        state = (state ^ (state >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        state ^= state >> 31;
    }
    state
}

/// A share from 0 up to but without 1.
pub(super) fn share(parts: &[i64]) -> f64 {
    (mix(parts) >> 11) as f64 / (1_u64 << 53) as f64
}

/// One of several.
pub(super) fn pick<T: Copy>(from: &[T], parts: &[i64]) -> T {
    from[(mix(parts) % from.len() as u64) as usize]
}

/// Smooth noise from -1 to 1: random values at whole numbers, eased between them.
pub(super) fn noise(kind: i64, x: f64, y: f64) -> f64 {
    let (column, row) = (x.floor(), y.floor());
    let ease = |t: f64| t * t * (3.0 - 2.0 * t);
    let (s, t) = (ease(x - column), ease(y - row));
    let at = |dx: i64, dy: i64| 2.0 * share(&[kind, column as i64 + dx, row as i64 + dy]) - 1.0;
    let south = at(0, 0) + s * (at(1, 0) - at(0, 0));
    let north = at(0, 1) + s * (at(1, 1) - at(0, 1));
    south + t * (north - south)
}
