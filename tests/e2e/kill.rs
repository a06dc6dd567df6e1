//! Killed at any moment, an ingest leaves the old version or the new one, whole.

use std::{
    collections::BTreeSet,
    fs,
    path::Path,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use parat::{
    config::Config,
    model::LayerId,
    store::{Embedded, LayerStore, first_broken},
};

use super::{
    city::{self, PARAT},
    dice::{Dice, times},
};

fn ingest(data: &Path, file: &Path) -> Command {
    let mut command = Command::new(PARAT);
    command
        .arg("ingest")
        .arg(file)
        .args(["--as", "ward_boundary", "--format", "json", "--data"])
        .arg(data)
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command
}

#[test]
fn killing_an_ingest_at_any_moment_leaves_the_old_or_the_new_version_whole() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data");
    let layer: LayerId = "ward_boundary".parse().expect("a name");
    let deliveries: Vec<_> = ["one", "two"]
        .iter()
        .map(|tale| {
            let place = folder.path().join(tale);
            fs::create_dir(&place).expect("made");
            city::wards(&place, 20, tale)
        })
        .collect();

    // How long an undisturbed one takes, and what whole looks like.
    let mut whole = BTreeSet::new();
    let mut took = Duration::ZERO;
    for file in &deliveries {
        let begin = Instant::now();
        let done = ingest(&data, file).status().expect("ran");
        took = took.max(begin.elapsed());
        assert_eq!(done.code(), Some(0), "the test's own wards conform");
        let store = Embedded::open(&data).expect("opens");
        whole.insert(store.load(&layer, None).expect("loads").info().hash.clone());
    }
    assert_eq!(whole.len(), 2, "two deliveries of different content");

    let mut dice = Dice(0x5eed);
    let (mut killed, mut finished) = (0, 0);
    let mut newest = 2;
    for round in 0..times(25) {
        let file = &deliveries[(dice.below(2)) as usize];
        let mut child = ingest(&data, file).spawn().expect("starts");
        let wait = dice.below(took.as_micros() as u64 * 11 / 10);
        std::thread::sleep(Duration::from_micros(wait));
        child.kill().expect("killed or gone");
        let ended = child.wait().expect("ended");
        if ended.code().is_some() {
            finished += 1;
        } else {
            killed += 1;
        }

        let store = Embedded::open(&data).unwrap_or_else(|error| panic!("round {round}: {error}"));
        let versions = store.versions(Some(&layer)).expect("listed");
        let public = store.list().expect("listed");
        let entry = &public[0];
        let version = entry.version.expect("something stays public").0;
        assert!(version >= newest, "round {round}: a version was lost");
        assert_eq!(
            versions.len() as u32,
            version,
            "round {round}: versions without a gap"
        );
        newest = version;
        // Every version that was ever public opens, says what its entry says, and gives all its features.
        for known in &versions {
            let snapshot = store
                .load(&layer, Some(known.version))
                .unwrap_or_else(|error| panic!("round {round}: {error}"));
            assert_eq!(snapshot.info().hash, known.hash);
            assert_eq!(snapshot.len() as u64, known.features);
            assert!(whole.contains(&snapshot.info().hash));
        }
        let mut shapes = parat::model::Shapes::new();
        let last = store.load(&layer, None).expect("loads");
        for row in 0..last.len() as u32 {
            last.read_lonlat(row, &mut shapes);
        }
        assert_eq!((shapes.len(), shapes.coords.len()), (400, 2000));
        assert_eq!(first_broken(&store.journal(100_000).expect("read")), None);
        // Nothing half-made is left once somebody has opened the folder.
        assert_eq!(
            fs::read_dir(data.join("staging")).expect("there").count(),
            0
        );
        assert_eq!(
            fs::read_dir(data.join("versions/ward_boundary"))
                .expect("there")
                .count(),
            versions.len(),
            "round {round}: a folder for each version and no other"
        );
    }
    // The application on top of it still comes up.
    let app = parat::app::App::open(Config::with_data(&data)).expect("opens");
    assert!(app.live().snapshot(&layer).is_ok());
    println!("{killed} killed, {finished} finished first, {newest} versions, one took {took:?}");
}

#[test]
fn killing_a_roll_back_at_any_moment_leaves_one_public_version_and_a_whole_journal() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data");
    let layer: LayerId = "ward_boundary".parse().expect("a name");
    for tale in ["one", "two"] {
        let place = folder.path().join(tale);
        fs::create_dir(&place).expect("made");
        let done = ingest(&data, &city::wards(&place, 6, tale)).status();
        assert_eq!(done.expect("ran").code(), Some(0));
    }
    let roll = |to: &str| {
        let mut command = Command::new(PARAT);
        command
            .args(["version", "publish", "ward_boundary", to, "--data"])
            .arg(&data)
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        command
    };
    let begin = Instant::now();
    assert!(roll("1").status().expect("ran").success());
    let took = begin.elapsed();
    let mut dice = Dice(0xf10);
    let (mut killed, mut moved) = (0, 0);
    for round in 0..times(25) {
        let before = Embedded::open(&data).expect("opens");
        let public = before.list().expect("listed")[0].version.expect("public");
        drop(before);
        let mut child = roll(if public.0 == 1 { "2" } else { "1" })
            .spawn()
            .expect("starts");
        std::thread::sleep(Duration::from_micros(
            dice.below(took.as_micros() as u64 * 11 / 10),
        ));
        child.kill().expect("killed or gone");
        killed += u32::from(child.wait().expect("ended").code().is_none());

        let store = Embedded::open(&data).expect("opens");
        let versions = store.versions(Some(&layer)).expect("listed");
        let open: Vec<_> = versions
            .iter()
            .filter(|one| one.state == parat::store::VersionState::Published)
            .collect();
        assert_eq!(open.len(), 1, "round {round}: one version is public");
        assert_eq!(
            store.list().expect("listed")[0].version,
            Some(open[0].version)
        );
        let last = store.publications().expect("listed").pop().expect("some");
        assert_eq!(last.version, Some(open[0].version), "round {round}");
        moved += u32::from(open[0].version != public);
        let found = store.verify_journal(true).expect("read");
        assert!(found.whole, "round {round}: {found:?}");
    }
    println!("{killed} killed, {moved} rolled");
}
