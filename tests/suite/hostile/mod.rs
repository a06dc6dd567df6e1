//! Archives and files that are damaged, cut short or made to do harm, through the child process.

mod archives;
mod child;
mod contents;

use std::{
    fs,
    io::{Cursor, Write},
    path::{Path, PathBuf},
};

use crate::{
    geopackage::geopackage,
    hindi::{told, told_of},
};

use parat::{
    read::{Delivery, ReadOptions},
    worker::{self, Limits, WorkerError},
};

use zip::{CompressionMethod, ZipWriter, write::SimpleFileOptions};

const POINT: &str = r#"{"type":"FeatureCollection","features":[{"type":"Feature","geometry":{"type":"Point","coordinates":[77.5,12.9]},"properties":{"name":"वार्ड"}}]}"#;

/// A folder for the test, gone afterwards.
struct Place(tempfile::TempDir);

impl Place {
    fn new() -> Self {
        worker::set_program(PathBuf::from(env!("CARGO_BIN_EXE_parat")));
        Self(tempfile::tempdir().unwrap())
    }

    fn file(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.0.path().join(name);
        fs::write(&path, bytes).unwrap();
        path
    }

    /// [`geopackage`] as a file.
    fn geopackage(&self, more: &str, listed: &str) -> PathBuf {
        self.file("x.gpkg", &geopackage(more, listed))
    }

    fn read(&self, name: &str, bytes: &[u8]) -> Delivery {
        read(&self.file(name, bytes)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }
}

/// What the child makes of a file, all of it said in Hindi too.
fn read(path: &Path) -> Result<Delivery, WorkerError> {
    read_within(path, &ReadOptions::default(), &Limits::default())
}

fn read_within(
    path: &Path,
    options: &ReadOptions,
    limits: &Limits,
) -> Result<Delivery, WorkerError> {
    let read = worker::read(path, options, limits);
    match &read {
        Ok(delivery) => told(delivery),
        Err(error) => error.refused("x").iter().for_each(told_of),
    }
    read
}

fn archive(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(vec![]));
    for (name, bytes) in members {
        if name.ends_with('/') {
            zip.add_directory(*name, SimpleFileOptions::default())
                .unwrap();
            continue;
        }
        zip.start_file(
            *name,
            SimpleFileOptions::default().compression_method(CompressionMethod::Deflated),
        )
        .unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

fn codes(delivery: &Delivery) -> Vec<&str> {
    delivery
        .refused
        .iter()
        .map(|refused| refused.code.as_str())
        .collect()
}

/// Where `needle` begins in `bytes`, the `nth` time.
fn find(bytes: &[u8], needle: &[u8], nth: usize) -> usize {
    (0..bytes.len() - needle.len())
        .filter(|at| &bytes[*at..*at + needle.len()] == needle)
        .nth(nth)
        .unwrap()
}

const CENTRAL: &[u8] = b"PK\x01\x02";
const LOCAL: &[u8] = b"PK\x03\x04";
