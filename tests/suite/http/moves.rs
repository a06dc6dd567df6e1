//! The table of moves in the store: who may, what a slower one is told, and a journal that nobody can rewrite unseen.

use parat::{
    app::{Action, Actor, Role, VersionState},
    model::{Layer, Version},
    store::{Embedded, LayerStore, Seen, StoreError, first_broken},
};
use proptest::prelude::*;

use super::{report, wards};

/// Wards whose people number differs: another content a number.
pub(super) fn content(number: i64) -> Layer {
    let mut layer = wards();
    let column = parat::model::Column::new(parat::model::FieldType::Integer);
    layer.table.columns[2] = column;
    for row in 0..layer.ids.len() {
        layer.table.columns[2].push(parat::model::Value::Integer(number * 100 + row as i64 % 3));
    }
    layer
}

pub(super) fn actor(name: &str, role: Role) -> Actor {
    Actor {
        name: name.to_owned(),
        role,
    }
}

/// What the field's sense allows, written down once more by hand.
fn allowed(by: &Actor, action: Action, state: VersionState, author: &str) -> bool {
    use Action::{Approve, Publish, Retire, Return, Submit};
    use VersionState::{Approved, Draft, Published, Retired, Submitted, Superseded};
    let officer = by.role == Role::DataOfficer;
    let reviewer = officer || by.role == Role::Coordinator;
    match (action, state) {
        (Submit, Draft) => reviewer || (by.role == Role::Contributor && by.name == author),
        (Return, Submitted) => reviewer,
        (Approve, Submitted) => officer || (reviewer && by.name != author),
        (Return, Approved)
        | (Publish, Approved | Superseded | Retired)
        | (Retire, Published | Superseded) => officer,
        _ => false,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10))]

    /// Whatever people try in whatever order: only what is allowed happens, one version at most is public,
    /// and the journal tells all of it.
    #[test]
    fn no_order_of_deeds_reaches_a_state_that_is_not_allowed(
        deeds in prop::collection::vec((0_usize..5, 0_usize..7, 0_u32..5, any::<bool>()), 1..40)
    ) {
        let folder = tempfile::tempdir().expect("a folder");
        let store = Embedded::open(folder.path()).expect("a store");
        let people = [
            actor("nobody", Role::Public),
            actor("arun", Role::Contributor),
            actor("binu", Role::Contributor),
            actor("meera", Role::Coordinator),
            actor("dev", Role::DataOfficer),
        ];
        let id = wards().id;
        let mut hashes = vec![];
        for (who, what, number, says) in deeds {
            let by = &people[who];
            let before = store.versions(Some(&id)).expect("listed");
            let told = store.journal(10_000).expect("read").len();
            if what >= 5 || before.is_empty() {
                if by.role == Role::Public {
                    continue;
                }
                let layer = content(i64::from(number));
                let (version, _) = store.stage(&layer, &report(&layer), None, by).expect("staged");
                if version.version.0 as usize > hashes.len() {
                    hashes.push(version.hash.clone());
                }
                prop_assert_eq!(store.journal(10_000).expect("read").len(), told + 1);
            } else {
                let action = Action::ALL[what];
                let version = Version(1 + number % before.len() as u32);
                let entry = before.iter().find(|one| one.version == version).expect("there").clone();
                let comment = says.then_some("because");
                let done = store.transition(&id, version, action, by, Seen::default(), comment);
                let may = allowed(by, action, entry.state, &entry.author);
                let needs = matches!(action, Action::Return | Action::Retire)
                    || (action == Action::Publish && entry.state == VersionState::Retired);
                prop_assert_eq!(done.is_ok(), may && (says || !needs), "{} {} from {}: {:?}", by.name, action, entry.state, done);
                if done.is_err() {
                    prop_assert_eq!(store.versions(Some(&id)).expect("listed"), before);
                    prop_assert_eq!(store.journal(10_000).expect("read").len(), told);
                }
            }
            let after = store.versions(Some(&id)).expect("listed");
            let open: Vec<Version> = after.iter().filter(|one| one.state == VersionState::Published)
                .map(|one| one.version).collect();
            prop_assert!(open.len() <= 1);
            let public = store.list().expect("listed").into_iter().find(|one| one.layer == id)
                .and_then(|one| one.version);
            prop_assert_eq!(public, open.first().copied());
            for one in &after {
                prop_assert_eq!(&one.hash, &hashes[one.version.0 as usize - 1]);
            }
        }
        let found = store.verify_journal(true).expect("read");
        prop_assert!(found.whole, "{:?}", found);
        prop_assert_eq!(first_broken(&store.journal(10_000).expect("read")), None);
    }
}

#[test]
fn what_does_not_conform_stays_a_draft_and_who_was_slower_is_told() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = Embedded::open(folder.path()).expect("a store");
    let officer = Actor::local();
    let mut layer = content(1);
    layer.verdict = parat::model::Verdict::DoesNotConform;
    let (bad, _) = store
        .stage(&layer, &report(&layer), None, &officer)
        .expect("staged");
    assert!(bad.possible(&officer).is_empty());
    let refused = store.transition(
        &layer.id,
        bad.version,
        Action::Submit,
        &officer,
        Seen::default(),
        None,
    );
    assert!(
        matches!(refused, Err(StoreError::Conflict { .. })),
        "{refused:?}"
    );
    // The same content, found good later, is another version.
    let good = content(1);
    let reserved = store.reserve_delivery().expect("a number");
    let (good, _) = store
        .stage(&good, &report(&good), Some(reserved), &officer)
        .expect("staged");
    assert_eq!((bad.version.0, good.version.0), (1, 2));
    assert_eq!(good.report_id, format!("d-{reserved}"));
    let slow = Seen {
        state: None,
        revision: Some(good.revision),
    };
    let act = |seen| {
        store.transition(
            &layer.id,
            good.version,
            Action::Submit,
            &officer,
            seen,
            None,
        )
    };
    assert!(
        act(Seen {
            state: Some(VersionState::Approved),
            revision: None
        })
        .is_err()
    );
    assert!(act(slow).is_ok());
    assert!(matches!(act(slow), Err(StoreError::Moved { .. })));
}

#[test]
fn a_journal_that_was_rewritten_cut_or_contradicted_says_where() {
    let folder = tempfile::tempdir().expect("a folder");
    let tamper = |sql: &str| {
        let store = Embedded::open(folder.path()).expect("a store");
        drop(store);
        let done = std::process::Command::new("sqlite3")
            .arg(folder.path().join("catalogue.sqlite"))
            .arg(sql)
            .status();
        done.is_ok_and(|status| status.success())
    };
    {
        let store = Embedded::open(folder.path()).expect("a store");
        for number in 0..3 {
            let layer = content(number);
            store
                .publish(&layer, &report(&layer), None)
                .expect("published");
        }
        assert!(store.verify_journal(true).expect("read").whole);
    }
    let broken = || {
        let store = Embedded::open(folder.path()).expect("a store");
        store.verify_journal(true).expect("read").broken
    };
    if !tamper("SELECT 1") {
        println!("skipped: the program sqlite3 is not here");
        return;
    }
    assert!(
        !tamper("UPDATE journal SET actor = 'x' WHERE id = 2"),
        "the guard holds"
    );
    assert!(tamper("UPDATE layers SET version = 1"));
    assert!(broken().expect("seen").what.contains("public version"));
    assert!(tamper(
        "UPDATE layers SET version = 3; DROP TRIGGER journal_is_not_rewritten"
    ));
    assert!(broken().expect("seen").what.contains("guard"));
    assert!(tamper(
        "DROP TRIGGER journal_is_not_shortened; DELETE FROM journal WHERE id = 3"
    ));
    assert!(broken().expect("seen").what.contains("missing"));
    assert!(tamper("UPDATE journal SET actor = 'x' WHERE id = 2"));
    assert_eq!(broken().expect("seen").entry, Some(2));
}
