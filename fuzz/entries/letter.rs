//! Mapbox Vector Tile 2.1 to the letter: what a decoder may lean on is asserted on the way.

use std::collections::{BTreeMap, HashSet};

/// A feature: its id, its kind, its paths in units, its tags as bytes.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Seen {
    pub(super) id: Option<u64>,
    pub(super) kind: u64,
    pub(super) paths: Vec<Vec<[i64; 2]>>,
    pub(super) tags: BTreeMap<Vec<u8>, Vec<u8>>,
}

fn varint(bytes: &mut &[u8]) -> u64 {
    let mut number = 0;
    for shift in (0..64).step_by(7) {
        let (&byte, rest) = bytes.split_first().expect("a varint ends");
        *bytes = rest;
        number |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return number;
        }
    }
    panic!("a varint has ten bytes at most")
}

fn fields(mut bytes: &[u8]) -> Vec<(u64, u64, &[u8])> {
    let mut found = vec![];
    while !bytes.is_empty() {
        let key = varint(&mut bytes);
        let length = match key & 7 {
            0 => {
                found.push((key >> 3, varint(&mut bytes), &[][..]));
                continue;
            }
            1 => 8,
            2 => varint(&mut bytes) as usize,
            5 => 4,
            other => panic!("wire type {other}"),
        };
        let (own, rest) = bytes.split_at(length);
        bytes = rest;
        found.push((key >> 3, 0, own));
    }
    found
}

fn numbers(mut bytes: &[u8]) -> Vec<u64> {
    let mut all = vec![];
    while !bytes.is_empty() {
        all.push(varint(&mut bytes));
    }
    all
}

/// Twice the signed area of a ring in tile units.
pub(super) fn area(ring: &[[i64; 2]]) -> i64 {
    (0..ring.len())
        .map(|at| {
            let (a, b) = (ring[at], ring[(at + 1) % ring.len()]);
            a[0] * b[1] - b[0] * a[1]
        })
        .sum()
}

/// Paths from commands (4.3.3), held to what 4.3.4 says of each kind and to the buffer.
fn paths(kind: u64, commands: &[u64], buffer: i64) -> Vec<Vec<[i64; 2]>> {
    let mut rest = commands.iter().copied();
    let (mut at, mut last) = ([0_i64; 2], 0);
    let mut found: Vec<Vec<[i64; 2]>> = vec![];
    while let Some(command) = rest.next() {
        let (id, count) = (command & 7, command >> 3);
        let order = match (kind, last) {
            (1, 0) | (2, 0 | 2) | (3, 0 | 7) => id == 1,
            (2 | 3, 1) => id == 2,
            (3, 2) => id == 7,
            _ => false,
        };
        assert!(
            order && count > 0,
            "command {id} after {last} in kind {kind}"
        );
        assert!(
            kind == 1 || id == 2 || count == 1,
            "one MoveTo, one ClosePath"
        );
        assert!(
            id != 2 || kind == 2 || count > 1,
            "a ring has three corners"
        );
        for _ in 0..if id == 7 { 0 } else { count } {
            let before = at;
            for axis in &mut at {
                let number = rest.next().expect("a parameter for each");
                *axis += (number >> 1) as i64 ^ -((number & 1) as i64);
                assert!(
                    (-buffer..=4096 + buffer).contains(axis),
                    "{axis} is outside"
                );
            }
            if id == 1 {
                found.push(vec![at]);
            } else {
                assert_ne!(before, at, "a LineTo goes somewhere");
                found.last_mut().expect("a path is open").push(at);
            }
        }
        last = id;
    }
    assert_eq!(last, [0, 1, 2, 7][kind as usize], "the last path is whole");
    if kind == 1 {
        assert_eq!(
            found.iter().collect::<HashSet<_>>().len(),
            found.len(),
            "no point twice"
        );
    }
    if kind == 3 {
        assert!(
            found
                .iter()
                .all(|ring| area(ring) != 0 && ring.first() != ring.last())
        );
        assert!(area(&found[0]) > 0, "the first ring is an outer one");
    }
    found
}

/// Layers by name; a tile that breaks the letter panics.
pub(super) fn read(tile: &[u8], buffer: i64) -> BTreeMap<Vec<u8>, Vec<Seen>> {
    let mut layers = BTreeMap::new();
    for (number, _, layer) in fields(tile) {
        assert_eq!(number, 3, "a tile has layers and nothing else");
        let layer = fields(layer);
        let all = |number: u64| layer.iter().filter(move |field| field.0 == number);
        assert_eq!(
            all(15).map(|field| field.1).collect::<Vec<_>>(),
            [2],
            "version"
        );
        assert_eq!(
            all(5).map(|field| field.1).collect::<Vec<_>>(),
            [4096],
            "extent"
        );
        let keys: Vec<&[u8]> = all(3).map(|field| field.2).collect();
        let values: Vec<&[u8]> = all(4).map(|field| field.2).collect();
        assert_eq!(
            keys.iter().collect::<HashSet<_>>().len(),
            keys.len(),
            "keys are distinct"
        );
        let features: Vec<Seen> = all(2)
            .map(|field| {
                let (mut id, mut kind, mut tags, mut commands) = (None, 0, BTreeMap::new(), vec![]);
                for (number, value, bytes) in fields(field.2) {
                    match number {
                        1 => id = Some(value),
                        2 => {
                            for pair in numbers(bytes).chunks_exact(2) {
                                let value = values[pair[1] as usize].to_vec();
                                let known = tags.insert(keys[pair[0] as usize].to_vec(), value);
                                assert!(known.is_none(), "a key comes once");
                            }
                        }
                        3 => kind = value,
                        4 => commands = numbers(bytes),
                        other => panic!("feature field {other}"),
                    }
                }
                assert!((1..=3).contains(&kind));
                let paths = paths(kind, &commands, buffer);
                Seen {
                    id,
                    kind,
                    paths,
                    tags,
                }
            })
            .collect();
        assert!(!features.is_empty(), "a layer has features");
        let ids: Vec<u64> = features.iter().filter_map(|one| one.id).collect();
        assert_eq!(
            ids.iter().collect::<HashSet<_>>().len(),
            ids.len(),
            "ids are distinct"
        );
        let name = all(1).next().expect("a layer has a name").2.to_vec();
        assert!(
            layers.insert(name, features).is_none(),
            "a layer comes once"
        );
    }
    layers
}
