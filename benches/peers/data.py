#!/usr/bin/env python3
"""Publishes the city of the figures: 500,000 buildings, 200,000 roads, 1,000,000 trees, 100 wards, and a table for each
of the first three: by ward for the buildings, one row a feature for roads and trees (`by_*.csv` in DATA, which
`postgis.sh` loads too).

usage: data.py CITY        CITY is the folder that `../shared/bench/make_city.py` writes (its `city.gpkg`)

The layers are brought to the standards' columns by ogr2ogr, nothing about their shapes is changed, and each passes
the gate as any delivery does. DATA is the folder they are published in; what stands there already is left alone."""

import csv
import json
import os
import subprocess
import sys
import tempfile

from measure import DATA, PARAT

COMMON = "299901 AS ulb_lgd, '2025-01-01' AS updated_on"
LAYERS = {
    "ward_boundary": f"""SELECT geom, ward_code AS feature_id, ward_code AS ward_no, name, 'D1' AS delim_id,
        2020 AS delim_year, population AS pop_total, {COMMON} FROM wards""",
    "building": f"""SELECT geom, CAST(id AS text) AS feature_id, ward AS ward_no,
        CASE use WHEN 'unknown' THEN 'other' ELSE use END AS bldg_use,
        floors, height AS height_m, {COMMON} FROM buildings""",
    "road": f"""SELECT geom, CAST(id AS text) AS feature_id, 'R' || id AS road_id,
        CASE class WHEN 'residential' THEN 'local' WHEN 'footway' THEN 'lane' WHEN 'tertiary' THEN 'collector'
          WHEN 'secondary' THEN 'sub_arterial' WHEN 'primary' THEN 'arterial' WHEN 'trunk' THEN 'national_highway'
          ELSE class END AS road_class,
        'bitumen' AS surface, 3.5 * lanes AS width_m, lanes, name, {COMMON} FROM streets""",
    "tree": f"""SELECT geom, CAST(id AS text) AS feature_id, category AS species,
        20 + id % 300 AS girth_cm, {COMMON} FROM points""",
}
METADATA = {
    "abstract": "Made by a program, to be measured.",
    "accuracy_m": "1", "catalogue": "None", "contact": "GIS cell, gis@nowhere.example", "keywords": "bench",
    "language": "en", "licence": "GODL-India", "lineage": "Generated; no survey is behind it.",
    "publisher": "Nowhere", "reference_date": "2025-01-01", "scale": "1000",
    "temporal_coverage": "2025-01-01/2025-12-31",
}
PERIOD = "2024-25"


def published(layer):
    return os.path.isdir(os.path.join(DATA, "versions", layer))


def main(city):
    source = os.path.join(city, "city.gpkg")
    with tempfile.TemporaryDirectory() as folder:
        for layer, select in LAYERS.items():
            if published(layer):
                print(f"{layer}: there already")
                continue
            file = os.path.join(folder, f"{layer}.gpkg")
            subprocess.run(["ogr2ogr", "-q", file, source, "-dialect", "SQLite", "-sql", select, "-nln", layer], check=True)
            with open(f"{file}.metadata.json", "w") as out:
                json.dump(METADATA, out)
            done = subprocess.run(
                [PARAT, "ingest", file, "--as", layer, "--set-aside", "--data", DATA], capture_output=True, text=True
            )
            said = [line for line in done.stdout.splitlines() if line.startswith(("published", "tiles", "kept"))]
            print("\n".join(said) or done.stdout + done.stderr, flush=True)
            os.remove(file)
            if done.returncode:
                sys.exit(f"{layer} was kept out")
        with open(os.path.join(city, "indicators.csv")) as rows:
            wards = [(row["ward_code"], row["ind_00"]) for row in csv.DictReader(rows)]
        load("ward", "B-POP", "building", "ward_no", wards)
        load("road", "B-HH", "road", "road_id", ((f"R{at}", at % 1000 / 10) for at in range(1, 200_001)))
        load("tree", "B-AREA", "tree", "feature_id", ((at, at % 1000 / 10) for at in range(1, 1_000_001)))


def load(name, indicator, layer, key, rows):
    """A table of one period, joined to a layer by one of its columns."""
    table = os.path.join(DATA, f"by_{name}.csv")
    with open(table, "w", newline="") as out:
        write = csv.writer(out)
        write.writerow([key, PERIOD])
        write.writerows(rows)
    command = [PARAT, "table", table, "--indicator", indicator, "--layer", layer, "--key", key]
    done = subprocess.run([*command, "--scheme", f"city:{key}", "--data", DATA], capture_output=True, text=True)
    print("\n".join(done.stdout.splitlines()[:3]) or done.stderr)


main(*sys.argv[1:])
