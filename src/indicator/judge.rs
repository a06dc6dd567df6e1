//! The judges of joins: the real tables and layers whose counts are known, and tables made up to be odd.

#[cfg(test)]
mod tests {
    use std::{
        fmt::Write as _,
        path::{Path, PathBuf},
    };

    use super::super::{
        Declared, JoinReport, Joined, LayerKeys, Parsed, Quality, Shape, Sheet, TableOptions,
        join_keys, key, parse, rollup,
    };

    fn shared(path: &str) -> Option<PathBuf> {
        let root = std::env::var("PARAT_SHARED")
            .unwrap_or_else(|_| concat!(env!("CARGO_MANIFEST_DIR"), "/../shared").to_owned());
        let found = Path::new(&root).join("data").join(path);
        if !found.exists() {
            #[expect(clippy::print_stdout, reason = "a skipped judge must be seen")]
            {
                println!("skipped: 1 real file (shared data absent)");
            }
        }
        found.exists().then_some(found)
    }

    fn declared(rollup: &str, unit: &str) -> Declared {
        Declared {
            id: "X-TEST".parse().unwrap(),
            title: "made up".to_owned(),
            unit: unit.to_owned(),
            direction: "higher".to_owned(),
            rollup: rollup.to_owned(),
            factor: 100.0,
        }
    }

    /// The keys of a GeoJSON layer, as its snapshot would give them.
    fn layer(path: &str, scheme: &str) -> Option<LayerKeys> {
        let text = std::fs::read_to_string(shared(path)?).unwrap();
        let json: serde_json::Value = serde_json::from_str(&text).unwrap();
        let features = json["features"].as_array().unwrap();
        let headers: Vec<&str> = features[0]["properties"]
            .as_object()
            .unwrap()
            .keys()
            .map(String::as_str)
            .collect();
        let column = |at: usize| -> Vec<Option<String>> {
            features
                .iter()
                .map(|feature| match &feature["properties"][headers[at]] {
                    serde_json::Value::Null => None,
                    serde_json::Value::String(text) => Some(text.clone()),
                    number => Some(number.as_f64().unwrap().to_string()),
                })
                .collect()
        };
        Some(LayerKeys {
            layer: "ward_boundary".to_owned(),
            version: 1,
            delim: None,
            ids: (0..features.len() as u64).collect(),
            candidates: key::columns(scheme, &headers)
                .into_iter()
                .map(|at| (headers[at].to_owned(), column(at)))
                .collect(),
            names: key::name_columns(&headers)
                .into_iter()
                .map(column)
                .collect(),
        })
    }

    fn table(path: &str, value: &str, period: Option<&str>) -> Option<Parsed> {
        let sheet = Sheet::read(&std::fs::read(shared(path)?).unwrap()).unwrap();
        let options = TableOptions {
            value: Some(value.to_owned()),
            period: period.map(str::to_owned),
            ..TableOptions::default()
        };
        Some(parse(&sheet, &declared("ratio", "%"), &options).unwrap())
    }

    fn joined(layer: &LayerKeys, parsed: &Parsed) -> Joined {
        let found = join_keys(layer, &parsed.table, &parsed.table.periods[0]);
        assert!(found.report.reconciles(), "{:#?}", found.report);
        found
    }

    const RESULTS: &str = "bengaluru/tables/bbmp_2010_election_results_by_ward.csv";
    const FACTS: &str = "pune/tables/pune-wards-info.csv";

    #[test]
    fn the_election_results_meet_the_wards_they_were_held_in() {
        let (Some(wards), Some(parsed)) = (
            layer("bengaluru/BBMP_oldWards.geojson", key::WARD_NO),
            table(RESULTS, "Voter_turnout_2010", None),
        ) else {
            return;
        };
        assert_eq!(
            (parsed.rows, parsed.finding_count),
            (199, 0),
            "{:?}",
            parsed.findings
        );
        assert_eq!(parsed.table.periods[0].label, "2010");
        let Joined { values, report } = joined(&wards, &parsed);
        assert_eq!((report.matched, report.matched_exactly), (198, 198));
        assert_eq!((report.rows_without_key, report.total_rows), (1, 1));
        assert_eq!(report.features_without_value_count, 0);
        assert_eq!(report.quality, Quality::Good, "{}", report.summary);
        assert_eq!(report.key_field.as_deref(), Some("WARD_NO"));
        assert!(values.contains(&54.09));
    }

    #[test]
    fn the_same_results_on_the_wards_of_2022_are_noticed_as_wrong() {
        let (Some(wards), Some(parsed)) = (
            layer("bengaluru/BBMP.geojson", key::WARD_NO),
            table(RESULTS, "Voter_turnout_2010", None),
        ) else {
            return;
        };
        let report = joined(&wards, &parsed).report;
        assert_eq!(report.matched, 198);
        assert_eq!(report.features_without_value_count, 45);
        assert_eq!(
            (report.delimitation.agrees, report.quality),
            (Some(false), Quality::Poor)
        );
        assert!(
            report.summary.contains("different wards"),
            "{}",
            report.summary
        );
    }

    #[test]
    fn the_pune_facts_of_2012_meet_their_wards_and_no_later_ones() {
        for (path, features, matched, wrong) in [
            ("pune/pune-electoral-wards_2012.geojson", 76, 76, false),
            ("pune/pune-electoral-wards_2017.geojson", 41, 41, true),
            ("pune/pune-electoral-wards_2022.geojson", 58, 58, true),
        ] {
            let (Some(wards), Some(parsed)) = (
                layer(path, key::WARD_NO),
                table(FACTS, "voters", Some("2012")),
            ) else {
                return;
            };
            let JoinReport {
                delimitation,
                quality,
                summary,
                rows_without_key,
                total_rows,
                ..
            } = joined(&wards, &parsed).report;
            let report = joined(&wards, &parsed).report;
            assert_eq!(
                (report.features, report.matched),
                (features, matched),
                "{path}"
            );
            // The row of the new ward has a name and money but no number: it is no total.
            assert_eq!((rows_without_key, total_rows), (1, 0), "{path}");
            assert_eq!(
                delimitation.agrees == Some(false),
                wrong,
                "{path}: {summary}"
            );
            assert_eq!(quality == Quality::Poor, wrong, "{path}: {summary}");
        }
    }

    #[test]
    fn bus_stops_meet_155_wards_in_754_rows_and_105_rows_say_ward_nought() {
        let (Some(wards), Some(parsed)) = (
            layer("bengaluru/BBMP_oldWards.geojson", key::WARD_NO),
            table(
                "bengaluru/tables/bmtc_bus_stops_with_ward.csv",
                "X",
                Some("2012"),
            ),
        ) else {
            return;
        };
        let report = joined(&wards, &parsed).report;
        assert_eq!(report.table_rows, 859);
        assert_eq!(
            (report.matched, report.matched + report.duplicate_rows),
            (155, 754)
        );
        assert_eq!(report.keys_without_feature_count, 105);
        assert_eq!(report.keys_without_feature, ["0"]);
        assert_eq!(report.features_with_value, 155);
    }

    #[test]
    fn a_key_that_stands_at_two_wards_doubles_no_row() {
        let (Some(wards), Some(sectors)) = (
            layer("chandigarh/Chandigarh_Wards.geojson", key::WARD_NO),
            shared("chandigarh/Chandigarh_Sectors.geojson"),
        ) else {
            return;
        };
        let json: serde_json::Value =
            serde_json::from_str(&std::fs::read_to_string(sectors).unwrap()).unwrap();
        let mut text = String::from("Ward_name,Area\n");
        for sector in json["features"].as_array().unwrap() {
            let cell = |name: &str| sector["properties"][name].as_str().unwrap().to_owned();
            writeln!(text, "{},{}", cell("Ward_name"), cell("Area")).unwrap();
        }
        let sheet = Sheet::read(text.as_bytes()).unwrap();
        let options = TableOptions {
            value: Some("Area".to_owned()),
            period: Some("2020".to_owned()),
            scheme: Some(key::WARD_NO.to_owned()),
            ..TableOptions::default()
        };
        let parsed = parse(&sheet, &declared("sum", "sq km"), &options).unwrap();
        let report = joined(&wards, &parsed).report;
        assert_eq!(report.table_rows, 63);
        assert_eq!((report.matched, report.duplicate_rows), (21, 42));
        assert_eq!(report.keys_without_feature_count, 0);
        assert_eq!(report.features_sharing_key, ["5"]);
        assert_eq!(report.features_with_value, 22);
    }

    #[test]
    fn a_wide_sheet_has_a_column_a_period_and_says_what_it_could_not_read() {
        let sheet = Sheet::read(
            "Coverage of water\nWard No,Ward Name,2020-21,2021-22\n01,Lake Side,\"1,234.5\",60%\n2.0,Old Town,n/a,\n3,Fort,12 km,70\nTotal,,99,99\n".as_bytes(),
        )
        .unwrap();
        let parsed = parse(&sheet, &declared("ratio", "%"), &TableOptions::default()).unwrap();
        assert_eq!(parsed.shape, Shape::Periods);
        assert_eq!(parsed.value_columns, ["2020-21", "2021-22"]);
        assert_eq!(parsed.finding_count, 1);
        assert_eq!(parsed.findings[0].row, Some(5));
        let layer = LayerKeys {
            layer: "ward_boundary".to_owned(),
            ids: vec![1, 2, 3, 4],
            candidates: vec![(
                "ward_no".to_owned(),
                ["1", "2", "3", "4"]
                    .map(|key| Some(key.to_owned()))
                    .to_vec(),
            )],
            ..LayerKeys::default()
        };
        let found = join_keys(&layer, &parsed.table, &parsed.table.periods[0]);
        let report = &found.report;
        assert!(report.reconciles());
        assert_eq!(
            (report.matched_exactly, report.matched_after_normalising),
            (1, 2)
        );
        assert_eq!((report.matched_without_number, report.total_rows), (2, 1));
        assert_eq!(found.values[0], 1234.5);
        let city = rollup(&parsed.table, &parsed.table.periods[1], 4);
        assert_eq!(city.value, None, "a mean of percentages must not be given");
    }

    #[test]
    fn a_ratio_of_the_city_is_the_ratio_of_its_sums() {
        let sheet = Sheet::read(
            b"indicator,geo_scheme,geo_code,delim_id,period_from,period_to,value,numer,denom\nX-TEST,city:ward_no,1,D20,01/04/2021,31/03/2022,,10,100\nX-TEST,city:ward_no,2,D20,01/04/2021,31/03/2022,50,450,900\nX-OTHER,city:ward_no,1,D20,01/04/2021,31/03/2022,1,1,1\n",
        )
        .unwrap();
        let parsed = parse(&sheet, &declared("ratio", "%"), &TableOptions::default()).unwrap();
        assert_eq!((parsed.shape, parsed.other_indicators), (Shape::Long, 1));
        assert_eq!(parsed.table.delim.as_deref(), Some("D20"));
        assert_eq!(parsed.table.observations[0].value, Some(10.0));
        let period = &parsed.table.periods[0];
        assert_eq!(period.label, "2021-22");
        let city = rollup(&parsed.table, period, 4);
        // (10 + 450) / (100 + 900); the mean of 10 % and 50 % would be 30.
        assert_eq!((city.value, city.coverage), (Some(46.0), 0.5));
    }

    #[test]
    fn leftovers_that_look_alike_are_proposed_and_never_joined() {
        let sheet = Sheet::read(b"ward name,2020\nShivajinagar,1\nKothrud,2\n").unwrap();
        let parsed = parse(
            &sheet,
            &declared("sum", "persons"),
            &TableOptions::default(),
        )
        .unwrap();
        assert_eq!(parsed.table.key_scheme, key::NAME);
        let layer = LayerKeys {
            layer: "ward_boundary".to_owned(),
            ids: vec![1, 2],
            candidates: vec![(
                "ward_name".to_owned(),
                ["Shivaji Nagar", "KOTHRUD"]
                    .map(|key| Some(key.to_owned()))
                    .to_vec(),
            )],
            ..LayerKeys::default()
        };
        let report = join_keys(&layer, &parsed.table, &parsed.table.periods[0]).report;
        assert!(report.reconciles());
        assert_eq!(
            (report.matched_by_name, report.keys_without_feature_count),
            (1, 1)
        );
        assert_eq!(report.near_matches[0].feature_key, "Shivaji Nagar");
        assert_eq!(report.quality, Quality::Partial);
    }
}
