//! Packs that inherit: another country, and faults in a chain.

use super::*;

fn fixture(pack: &str) -> std::path::PathBuf {
    std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fixtures/packs")
        .join(pack)
}

#[test]
fn another_country_and_its_city_need_data_and_no_code() {
    let standards = Standards::load(&fixture("ke-nakuru")).expect("the packs load");
    let labels: Vec<String> = standards.packs().iter().map(PackInfo::label).collect();
    assert_eq!(labels, ["in@1", "ke@1", "ke-nakuru@2"]);
    let layers: Vec<&str> = standards.layers().map(|one| one.layer.as_str()).collect();
    assert_eq!(
        layers,
        ["city_boundary", "matatu_stage", "road", "ward_boundary"]
    );
    assert_eq!(standards.profile().label(), "ke-county-town@1");
    assert!((standards.profile().bounds.south + 4.8).abs() < f64::EPSILON);

    let layer = |name: &str| {
        let id: LayerId = name.parse().expect("a name");
        standards.layer(&id).expect("kept").clone()
    };
    let ward = layer("ward_boundary");
    assert_eq!(ward.title.say("sw"), "Wadi");
    assert_eq!(
        ward.title.say("hi"),
        "चुनावी वार्ड",
        "what the pack below says stays"
    );
    assert_eq!(ward.key, ["county_no", "delim_id", "ward_no"]);
    assert!(ward.also_called.iter().any(|name| name == "wadi"));
    assert!(ward.also_called.iter().any(|name| name == "wards"));
    assert!(standards.field(&ward, "ulb_lgd").is_none());
    assert!(standards.field(&ward, "pop_sc").is_none());
    assert!(standards.field(&ward, "county_no").is_some());

    let stage = layer("matatu_stage");
    assert!(
        !stage.rules.contains_key("T03"),
        "the city took the rule away"
    );
    assert!(standards.field(&stage, "shelter").is_some());
    let list = standards.codes("STAGE").expect("the country's list");
    assert_eq!(list.nearest("Boda Boda"), Some("boda"));
    assert_eq!(list.nearest("kituo kikuu"), Some("terminus"));
    let of: Vec<&str> = standards
        .packs_of(&stage.layer)
        .map(|pack| pack.id.as_str())
        .collect();
    assert_eq!(of, ["ke", "ke-nakuru"]);
    assert_eq!(standards.indicators().len(), 1);
    assert_ne!(standards.fingerprint(), builtin().fingerprint());
}

#[test]
fn a_fault_in_a_chain_names_the_pack_the_file_and_the_line() {
    let dir = tempfile::tempdir().expect("a folder");
    let write = |pack: &str, file: &str, text: &str| {
        let folder = dir.path().join(pack);
        std::fs::create_dir_all(&folder).expect("a folder");
        std::fs::write(folder.join(file), text).expect("written");
    };
    let manifest = |id: &str, inherits: &str| {
        format!(
            "id = \"{id}\"\nversion = 1\ntitle = {{ en = \"x\" }}\nabout = {{ en = \"x\" }}\n{inherits}"
        )
    };
    let refused = |pack: &str| {
        Standards::load(&dir.path().join(pack))
            .expect_err("refused")
            .to_string()
    };
    let on_builtin = "[inherits]\npack = \"in\"\nversion = 1\n";
    write("state", "pack.toml", &manifest("state", on_builtin));
    write("state", "road.toml", "\nrefresh = \"sometimes\"\n");
    assert_eq!(
        refused("state"),
        "state@1/road.toml:2: `sometimes` is no frequency"
    );
    write("state", "road.toml", "\n\ncolour = 1\n");
    let said = refused("state");
    assert!(
        said.starts_with("state@1/road.toml:3: unknown field `colour`"),
        "{said}"
    );
    write("state", "road.toml", "");
    write(
        "state",
        "pack.toml",
        &manifest("state", "[inherits]\npack = \"in\"\nversion = 9\n"),
    );
    let said = refused("state");
    assert!(
        said.contains("state@1/pack.toml:5: it was written for version 9 of `in`"),
        "{said}"
    );
    write(
        "city",
        "pack.toml",
        &manifest("city", "[inherits]\nfolder = \"../round\"\nversion = 1\n"),
    );
    write(
        "round",
        "pack.toml",
        &manifest("round", "[inherits]\nfolder = \"../city\"\nversion = 1\n"),
    );
    let said = refused("city");
    assert!(said.contains("`city` stands on itself"), "{said}");
    let drops = format!("{on_builtin}[drop]\nlayers = [\"tram\"]\n");
    write("state", "pack.toml", &manifest("state", &drops));
    let said = refused("state");
    assert!(
        said.contains("the packs below have no layer `tram`"),
        "{said}"
    );
}
