"""Sections 4.10 and 4.11 of the standard, line by line: a small file for each fault, written by GDAL (pyogrio) and not
by Parat, and the rule that must find it; and its sound twin, in which the rule must find nothing.

    PARAT=target/release/parat python rules.py
"""

import json
import os
import pathlib
import subprocess
import sys
import tempfile
import zipfile

import geopandas as gp
import pandas
from shapely.geometry import LineString, MultiPolygon, Point, Polygon, box

PARAT = os.environ.get("PARAT", "target/release/parat")
STEP = 0.01
WEST, SOUTH = 75.80, 26.90


def wards(count=9, side=3, **columns):
    shapes = [box(WEST + STEP * (k % side), SOUTH + STEP * (k // side), WEST + STEP * (k % side + 1), SOUTH + STEP * (k // side + 1))
              for k in range(count)]
    said = {"feature_id": [f"w{k}" for k in range(count)], "ulb_lgd": 251530, "updated_on": "2026-01-05",
            "ward_no": [str(k + 1) for k in range(count)], "name": [f"Quarter {k + 1}" for k in range(count)],
            "delim_id": "251530-2022", "delim_year": 2022} | columns
    return gp.GeoDataFrame(said, geometry=shapes, crs=4326)


def roads(shapes, **columns):
    count = len(shapes)
    said = {"feature_id": [f"r{k}" for k in range(count)], "ulb_lgd": 251530, "updated_on": "2026-01-05",
            "road_id": [f"R{k}" for k in range(count)], "road_class": "local", "surface": "bitumen", "width_m": 6.0} | columns
    return gp.GeoDataFrame(said, geometry=[LineString(shape) for shape in shapes], crs=4326)


def moved(frame, row, shape):
    frame = frame.copy()
    frame.loc[row, "geometry"] = shape
    return frame


def at(x, y):
    return (WEST + x * STEP, SOUTH + y * STEP)


def report(path, layer, *more):
    out = subprocess.run([PARAT, "check", str(path), *(["--as", layer] if layer else []), "--format", "json", "--lang", "en", *more],
                         capture_output=True, text=True)
    found = json.loads(out.stdout)
    return found[0] if isinstance(found, list) else found


def cases():
    """name, rule, layer, bad frame or bytes, good frame or None, ending"""
    w = wards()
    line = [at(0, 0), at(1, 0)]
    yield "T01 bow-tie", "T01", "ward_boundary", moved(w, 4, Polygon([at(1, 1), at(2, 2), at(2, 1), at(1, 2)])), w, "gpkg"
    yield "T01 null", "T01", "ward_boundary", moved(w, 4, None), w, "geojson"
    yield "T01 empty", "T01", "ward_boundary", moved(w, 4, Polygon()), w, "gpkg"
    yield "T02 same vertex twice", "T02", "ward_boundary", moved(w, 4, Polygon([at(1, 1), at(2, 1), at(2, 1), at(2, 2), at(1, 2)])), w, "gpkg"
    yield "T02 spike", "T02", "ward_boundary", moved(w, 8, Polygon([at(2, 2), at(3, 2), at(3, 3), at(3.4, 3.0001), at(3, 3.0001), at(2, 3)])), w, "gpkg"
    yield "T03 one row outside India", "T03", "ward_boundary", moved(w, 8, box(10.0, 50.0, 10.01, 50.01)), w, "gpkg"
    yield "T04 overlap", "T04", "ward_boundary", moved(w, 4, box(*at(0.9, 1), *at(2, 2))), w, "gpkg"
    old = wards(delim_id="251530-2012", delim_year=2012, feature_id=[f"o{k}" for k in range(9)])
    both = gp.GeoDataFrame(pandas.concat([w, old], ignore_index=True), crs=4326)
    yield "T04 not between delimitations", None, "ward_boundary", both, None, "gpkg"
    yield "T05 gap", "T05", "ward_boundary", w.drop(index=4).reset_index(drop=True), w, "gpkg"
    two = MultiPolygon([box(*at(0, 0), *at(0.001, 0.001)), box(*at(0.01, 0), *at(0.011, 0.001))])
    one = box(*at(0, 0), *at(0.01, 0.01))
    building = lambda shape: gp.GeoDataFrame({"feature_id": ["b1"], "ulb_lgd": [251530], "updated_on": ["2026-01-05"], "bldg_use": ["residential"]}, geometry=[shape], crs=4326)
    yield "T06 two parts", "T06", "building", building(two), building(one), "gpkg"
    cross = [line, [at(0.5, 0.0005), at(0.5, 1)]]
    yield "T07 undershoot", "T07", "road", roads(cross), roads([line[:1] + [at(0.5, 0)] + line[1:], [at(0.5, 0), at(0.5, 1)]]), "gpkg"
    yield "T08 stub", "T08", "road", roads([line, [at(1, 0), at(1.00005, 0.00005)]]), roads([line]), "shp"
    yield "T08 pieces of two roads on one another", "T08", "road", roads([line, [at(0.3, -1), at(0.3, 0), at(0.6, 0), at(0.6, 1)]]), roads([line, [at(0.3, -1), at(0.6, 1)]]), "gpkg"
    yield "T08 the same road twice, the other way", "T08", "road", roads([line, [line[1], at(0.4, 0), line[0]]]), roads([line]), "shp"
    yield "T08 over itself later", "T08", "road", roads([[at(0, 0), at(1, 0), at(1, 1), at(0.5, 1), at(0.5, 0), at(0.2, 0), at(0.2, -1)]]), roads([line]), "gpkg"
    yield "T10 the same number", "T10", "ward_boundary", wards(ward_no=["1", "2", "3", "4", "W5", "05.0", "7", "8", "9"]), w, "shp"
    yield "T10 numbers missing", "T10", "ward_boundary", wards(ward_no=["1", None, "3", "4", None, "6", "7", "8", "9"]), w, "gpkg"
    yield "T11 too small", "T11", "building", building(box(*at(0, 0), at(0, 0)[0] + 1e-5, at(0, 0)[1] + 1e-5)), building(one), "gpkg"
    yield "T12 the same shape twice", "T12", "ward_boundary", moved(w, 4, w.geometry[3]), w, "gpkg"
    light = lambda *places: gp.GeoDataFrame({"feature_id": [f"l{k}" for k in range(len(places))], "ulb_lgd": 251530, "updated_on": "2026-01-05", "pole_no": [f"P{k}" for k in range(len(places))], "lamp_type": "led", "watt": 60}, geometry=[Point(p) for p in places], crs=4326)
    yield "T12 two lamps on one spot", "T12", "street_light", light(at(0, 0), at(0.00002, 0)), light(at(0, 0), at(0.1, 0)), "gpkg"
    pipe = lambda up, down, nodes: gp.GeoDataFrame({"feature_id": ["s1", "s2"], "ulb_lgd": 251530, "updated_on": "2026-01-05", "diam_mm": 300.0, "material": "rcc", "sew_type": "main", "inv_up_m": [up, 9.0], "inv_dn_m": [down, 8.0], "from_node": ["A", nodes], "to_node": ["B", "C"]}, geometry=[LineString([at(0, 0), at(1, 0)]), LineString([at(1, 0), at(1, 1)])], crs=4326)
    yield "N01 a node in two places", "N01", "sewer_pipe", pipe(10.0, 9.0, "A"), pipe(10.0, 9.0, "B"), "gpkg"
    yield "N02 uphill", "N02", "sewer_pipe", pipe(8.0, 9.0, "B"), pipe(10.0, 9.0, "B"), "gpkg"
    yield "P01 mobile numbers", "P01", "ward_boundary", wards(officer=[f"R. Sharma 98290{k}1234" for k in range(9)]), w, "gpkg"
    yield "4.11 web-Mercator without a member", "C02", "ward_boundary", w.to_crs(3857).set_crs(4326, allow_override=True), w, "geojson"
    yield "4.11 a bare id", "A01", "ward_boundary", w[["feature_id", "geometry"]], w, "gpkg"
    yield "4.11 zone of another place", "C02", "ward_boundary", w.to_crs(32643).set_crs(32647, allow_override=True), w.to_crs(32643), "gpkg"
    yield "A04 unknown code", "A04", "road", roads([line], surface="bitumin"), roads([line]), "gpkg"


def main():
    wrong = 0
    with tempfile.TemporaryDirectory() as folder:
        for number, (name, rule, layer, bad, good, ending) in enumerate(cases()):
            for frame, wanted in ((bad, True), (good, False)):
                if frame is None:
                    continue
                path = pathlib.Path(folder) / f"case{number}_{'bad' if wanted else 'good'}.{ending}"
                if ending == "geojson":
                    frame.to_file(path, driver="GeoJSON", RFC7946="NO", WRITE_BBOX="NO")
                else:
                    frame.to_file(path)
                if ending == "shp":
                    with zipfile.ZipFile(path.with_suffix(".zip"), "w") as archive:
                        for part in sorted(path.parent.glob(path.stem + ".*")):
                            if part.suffix != ".zip":
                                archive.write(part, f"a folder/{part.name}")
                    path = path.with_suffix(".zip")
                rules = {one["code"]: one for one in report(path, layer)["rules"]}
                if rule is None:
                    right = all(rules[code]["outcome"] == "passed" for code in ("T04", "T12", "T10"))
                    said = [finding["message"] for code in ("T04", "T10", "T12") for finding in rules[code].get("findings", [])][:2]
                else:
                    right = (rules[rule]["outcome"] == "failed") == wanted and rules[rule]["outcome"] != "not_run"
                    said = [finding["message"] for finding in rules[rule].get("findings", [])][:2] or [rules[rule]["outcome"]]
                wrong += not right
                print(f"{'ok   ' if right else 'WRONG'} {name}{'' if wanted else ' (sound twin)'}: {'; '.join(said)}")
    print(f"{wrong} wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
