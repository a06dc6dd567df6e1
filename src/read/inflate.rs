//! Members of an archive unpacked: at once where the header tells the truth, else piece by piece up to a bound.

use std::{
    fs::File,
    io::{Read, Write},
    path::Path,
};

/// Why a member was not taken to its end.
pub(super) enum Stopped {
    Damaged,
    TooLong,
}

/// What a stream of deflated bytes comes to, if it is that long and has that sum.
pub(super) fn decompress(packed: &[u8], said: usize, crc: u32) -> Option<Vec<u8>> {
    let mut bytes = vec![0; said];
    let count = libdeflater::Decompressor::new()
        .deflate_decompress(packed, &mut bytes)
        .ok()?;
    let mut sum = libdeflater::Crc::new();
    sum.update(&bytes);
    (count == said && sum.sum() == crc).then_some(bytes)
}

/// A member into memory, whatever its header says of its length.
pub(super) fn inflate(member: &mut impl Read, said: u64, allowed: u64) -> Result<Vec<u8>, Stopped> {
    // Pages that are never reached cost nothing, whatever was said.
    let mut bytes = vec![0; said.min(allowed) as usize + 1];
    let mut written = 0;
    loop {
        match member.read(&mut bytes[written..]) {
            Ok(0) => break,
            Ok(count) => written += count,
            Err(_broken) => return Err(Stopped::Damaged),
        }
        if written as u64 > allowed {
            return Err(Stopped::TooLong);
        }
        if written == bytes.len() {
            bytes.resize((written * 2).min(allowed as usize + 1), 0);
        }
    }
    bytes.truncate(written);
    Ok(bytes)
}

/// A member into a file.
pub(super) fn copy(
    member: &mut impl Read,
    to: &Path,
    allowed: u64,
) -> std::io::Result<Result<(), Stopped>> {
    let mut out = File::create(to)?;
    let mut buffer = vec![0; 1 << 16];
    let mut written = 0;
    loop {
        let count = match member.read(&mut buffer) {
            Ok(0) => return Ok(Ok(())),
            Ok(count) => count,
            Err(_broken) => return Ok(Err(Stopped::Damaged)),
        };
        written += count as u64;
        if written > allowed {
            return Ok(Err(Stopped::TooLong));
        }
        out.write_all(&buffer[..count])?;
    }
}
