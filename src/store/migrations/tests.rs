use super::*;
use crate::store::{Embedded, JournalEntry, LayerStore as _, State, VersionState, first_broken};

/// A data folder as the first Parat left it: two versions of one layer, one delivery kept out.
fn first_folder(folder: &std::path::Path) {
    let connection = Connection::open(folder.join("catalogue.sqlite")).expect("opened");
    connection.execute_batch(first::SQL).expect("made");
    connection
        .execute_batch(
            r"UPDATE meta SET value = 1 WHERE name = 'schema';
            INSERT INTO deliveries (layer, file, verdict, summary, became, version, features, at, report) VALUES
              ('road', 'a.zip', 'conforms', 'good', 'published', 1, 3, '2025-01-01T00:00:00Z', '{}'),
              ('road', 'b.zip', 'does_not_conform', 'bad', 'withheld', NULL, 3, '2025-01-02T00:00:00Z', '{}'),
              ('road', 'c.zip', 'conforms', 'good', 'published', 2, 4, '2025-01-03T00:00:00Z', '{}'),
              ('ward', 'd.zip', 'does_not_conform', 'bad', 'withheld', NULL, 4, '2025-01-04T00:00:00Z', '{}');
            INSERT INTO versions VALUES
              ('road', 1, 'aa', 'i', 'versions/road/aa', 3, 1, '2025-01-01T00:00:00Z'),
              ('road', 2, 'bb', 'i', 'versions/road/bb', 4, 3, '2025-01-03T00:00:00Z');
            INSERT INTO layers VALUES ('road', 2);",
        )
        .expect("filled");
    let mut before = String::new();
    for (id, what) in [(1, "published"), (2, "withheld"), (3, "published")] {
        let mut entry = JournalEntry {
            id,
            at: format!("2025-01-0{id}T00:00:00Z"),
            actor: "local".to_owned(),
            what: what.to_owned(),
            subject: "road".to_owned(),
            detail: "{}".to_owned(),
            hash: String::new(),
        };
        entry.hash = entry.seal(&before);
        connection
            .execute(
                "INSERT INTO journal (at, actor, what, subject, detail, hash) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                rusqlite::params![entry.at, entry.actor, entry.what, entry.subject, entry.detail, entry.hash],
            )
            .expect("told");
        before = entry.hash;
    }
}

#[test]
fn a_data_folder_of_the_first_parat_is_brought_up_to_date_with_all_it_held() {
    let folder = tempfile::tempdir().expect("a folder");
    first_folder(folder.path());
    for name in ["aa", "bb"] {
        std::fs::create_dir_all(folder.path().join("versions/road").join(name)).expect("made");
    }
    for _ in 0..2 {
        // The second time there is nothing to do.
        let store = Embedded::open(folder.path()).expect("opened");
        let road = "road".parse().expect("a name");
        let versions = store.versions(Some(&road)).expect("listed");
        let told: Vec<_> = versions
            .iter()
            .map(|one| {
                (
                    one.version.0,
                    one.state,
                    one.changed_at.as_str(),
                    one.features,
                )
            })
            .collect();
        assert_eq!(
            told,
            [
                (2, VersionState::Published, "2025-01-03T00:00:00Z", 4),
                (1, VersionState::Superseded, "2025-01-03T00:00:00Z", 3)
            ]
        );
        let publications: Vec<_> = store
            .publications()
            .expect("listed")
            .into_iter()
            .map(|one| (one.version.map(|version| version.0), one.at))
            .collect();
        assert_eq!(
            publications,
            [
                (Some(1), "2025-01-01T00:00:00Z".to_owned()),
                (Some(2), "2025-01-03T00:00:00Z".to_owned())
            ]
        );
        let states: Vec<_> = store
            .list()
            .expect("listed")
            .into_iter()
            .map(|entry| (entry.layer.to_string(), entry.state))
            .collect();
        assert_eq!(
            states,
            [
                ("road".to_owned(), State::Published),
                ("ward".to_owned(), State::Withheld)
            ]
        );
        let journal = store.journal(99).expect("read");
        assert_eq!((journal.len(), first_broken(&journal)), (3, None));
        // The numbers of deliveries go on where they were.
        assert!(store.reserve_delivery().expect("numbered") > 4);
        assert!(folder.path().join("versions/road/bb").exists(), "not swept");
    }
}

#[test]
fn a_step_that_fails_leaves_the_old_schema_and_a_newer_schema_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    first_folder(folder.path());
    let path = folder.path().join("catalogue.sqlite");
    {
        // In the way of the second step.
        let connection = Connection::open(&path).expect("opened");
        connection
            .execute_batch("CREATE TABLE journal_head (other TEXT)")
            .expect("made");
    }
    assert!(Embedded::open(folder.path()).is_err());
    let connection = Connection::open(&path).expect("opened");
    assert_eq!(number(&connection, "schema").expect("read"), 1);
    let columns: i64 = connection
        .query_row(
            "SELECT count(*) FROM pragma_table_info('versions')",
            [],
            |row| row.get(0),
        )
        .expect("asked");
    assert_eq!(columns, 8, "nothing of the step is left");
    connection
        .execute_batch("DROP TABLE journal_head; UPDATE meta SET value = 99 WHERE name = 'schema'")
        .expect("done");
    assert!(matches!(
        Embedded::open(folder.path()),
        Err(StoreError::Newer { found: 99, .. })
    ));
}
