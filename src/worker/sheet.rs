//! A table of indicator values through the child: a workbook is an archive of XML, and as much a stranger's
//! as any layer. Cells are text by then, so the answer is JSON.

use std::{
    fs::File,
    io::{self, BufReader, BufWriter, Read, Write},
    path::Path,
};

use serde::{Deserialize, Serialize};

use super::WorkerError;
use crate::indicator::Sheet;

/// The largest answer: a sheet has at most 128 MB of text, and marks around every cell.
const ANSWER_BYTES: u64 = 1 << 30;

#[derive(Serialize, Deserialize)]
enum Answer {
    Sheet(Sheet),
    No(String),
}

/// What the child does.
pub(super) fn write(path: &Path, answer: impl Write) -> io::Result<()> {
    // One byte beyond the limit is enough for the sheet to refuse it.
    let mut bytes = vec![];
    File::open(path)?
        .take(Sheet::MAX_BYTES as u64 + 1)
        .read_to_end(&mut bytes)?;
    let said = match Sheet::read(&bytes) {
        Ok(sheet) => Answer::Sheet(sheet),
        Err(error) => Answer::No(error.to_string()),
    };
    let mut out = BufWriter::new(answer);
    serde_json::to_writer(&mut out, &said)?;
    out.flush()
}

/// The answer, read with suspicion.
pub(super) fn read(input: impl Read) -> Result<Result<Sheet, WorkerError>, String> {
    let answer: Answer = serde_json::from_reader(BufReader::new(input.take(ANSWER_BYTES)))
        .map_err(|error| format!("it is not one ({error})"))?;
    match answer {
        Answer::Sheet(sheet) if sheet.is_sound() => Ok(Ok(sheet)),
        Answer::Sheet(_) => Err("its rows are not sound".to_owned()),
        Answer::No(text) => Ok(Err(WorkerError::Read(text))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_comes_through_whole_and_a_broken_answer_is_refused() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("t.csv");
        let answer = || {
            let mut answer = vec![];
            write(&file, &mut answer).expect("answered");
            answer
        };
        std::fs::write(&file, "ward,2020\n1,5\n2,\u{935}\n").expect("written");
        let sheet = read(&answer()[..]).expect("an answer").expect("a sheet");
        assert_eq!(
            sheet,
            Sheet::read(&std::fs::read(&file).expect("read")).expect("a sheet")
        );
        std::fs::write(&file, "").expect("written");
        assert!(matches!(read(&answer()[..]), Ok(Err(WorkerError::Read(_)))));
        for bad in [
            "",
            "{}",
            r#"{"Sheet":{"columns":["a"],"rows":[["1","2"]],"numbers":[1],"notes":[],"hash":""}}"#,
            r#"{"Sheet":{"columns":["a"],"rows":[["1"]],"numbers":[],"notes":[],"hash":""}}"#,
        ] {
            assert!(read(bad.as_bytes()).is_err(), "{bad}");
        }
    }
}
