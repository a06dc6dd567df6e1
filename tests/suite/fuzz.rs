//! What the fuzz targets call, with their corpus and with what a die makes of it: nothing may panic, on any
//! machine, without a fuzzer. `PARAT_FUZZ=200000` throws that often.

use std::{fs, path::Path};

#[expect(
    unreachable_pub,
    reason = "the fuzz crate includes the same file as its own library"
)]
#[path = "../../fuzz/entries/mod.rs"]
pub(crate) mod entries;

/// Numbers from a seed, the same on every machine.
struct Dice(u64);

impl Dice {
    fn below(&mut self, count: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % count.max(1) as u64) as usize
    }
}

/// Numbers that break what counts, multiplies or allocates.
const NASTY: [&[u8]; 10] = [
    b"\xff\xff\xff\xff",
    b"\x00\x00\x00\x00",
    b"\x7f\xff\xff\xff",
    b"\xff\xff\xff\x7f",
    b"\x00\x00\x00\x00\x00\x00\xf8\x7f",
    b"\"",
    b"{}[](),;",
    b"'",
    b"\xe0\xa4",
    b"-9223372036854775808",
];

fn bent(dice: &mut Dice, from: &[u8], other: &[u8]) -> Vec<u8> {
    let mut bytes = from.to_vec();
    for _ in 0..=dice.below(4) {
        let at = dice.below(bytes.len() + 1);
        match dice.below(6) {
            0 if at < bytes.len() => bytes[at] ^= 1 << dice.below(8),
            1 => bytes.truncate(at),
            2 => {
                let nasty = NASTY[dice.below(NASTY.len())];
                let end = (at + nasty.len()).min(bytes.len());
                bytes.splice(at..end, nasty.iter().copied());
            }
            3 => {
                let (a, b) = (dice.below(other.len() + 1), dice.below(other.len() + 1));
                bytes.splice(at..at, other[a.min(b)..a.max(b)].iter().copied());
            }
            4 => {
                let end = (at + dice.below(16)).min(bytes.len());
                bytes.drain(at..end);
            }
            _ => {
                let end = (at + dice.below(64)).min(bytes.len());
                let again = bytes[at..end].to_vec();
                bytes.splice(at..at, again);
            }
        }
    }
    bytes
}

#[test]
fn no_bytes_make_an_entry_panic_and_the_corpus_is_understood() {
    let throws: usize = std::env::var("PARAT_FUZZ")
        .ok()
        .and_then(|count| count.parse().ok())
        .unwrap_or(60);
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus");
    let mut dull = vec![];
    for (name, _) in entries::ENTRIES {
        let entry = entries::of(name);
        let mut seeds: Vec<Vec<u8>> = vec![];
        let mut files: Vec<_> = fs::read_dir(root.join(name))
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .collect();
        files.sort();
        for path in files {
            let bytes = fs::read(&path).unwrap();
            let understood = entry(&bytes);
            // What a fuzzer found need not be good; the seeds are.
            let found = path.to_string_lossy().contains("found-");
            if !found && understood == 0 {
                dull.push(path);
            }
            seeds.push(bytes);
        }
        assert!(!seeds.is_empty(), "{name} has no corpus");
        let mut dice = Dice(0x9E37_79B9_7F4A_7C15);
        let mut understood = 0;
        for _ in 0..throws {
            let from = dice.below(seeds.len());
            let other = dice.below(seeds.len());
            let bytes = bent(&mut dice, &seeds[from], &seeds[other]);
            if let Ok(count) = std::panic::catch_unwind(|| entry(&bytes)) {
                understood += usize::from(count > 0);
            } else {
                let kept = std::env::temp_dir().join(format!("parat-found-{name}"));
                fs::write(&kept, &bytes).unwrap();
                panic!("{name} panics; the bytes are in {}", kept.display());
            }
        }
        println!("{name}: {throws} thrown, {understood} understood");
    }
    assert!(dull.is_empty(), "seeds that are not understood: {dull:?}");
}
