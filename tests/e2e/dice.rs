//! Chance for tests that kill: how often, and when.

/// How often; `PARAT_KILLS=500` for a long night.
pub(crate) fn times(short: u32) -> u32 {
    std::env::var("PARAT_KILLS")
        .ok()
        .and_then(|times| times.parse().ok())
        .unwrap_or(short)
}

/// Whole numbers that look random and are the same in every run (xorshift).
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % end
    }
}
