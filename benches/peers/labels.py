#!/usr/bin/env python3
"""Holds a report of `parat check --format json` against the labelled faults of the test city.

usage: labels.py REPORT.json FAULTY.shp.zip

The column `fault` of the layer says what was done to each row. A label survives when the file still holds
the fault (a shapefile re-winds rings and drops what it cannot write). Each survivor must stand in the report
with its row, and with a place where it has one; a rule's count above the thousand kept findings is told.
"""
import collections, json, sys
import numpy as np, pyogrio, shapely

# What each label may be found as.
RULES = {
    "bowtie": {"T01"}, "spike": {"T01", "T02"}, "dup_vertex": {"T02"}, "null": {"T01"},
    "hole_outside": {"T01", "T06"}, "duplicate_feature": {"T12", "T04"}, "swapped_axes": {"T03", "C02"},
}

def main(report, layer):
    frame = pyogrio.read_dataframe(f"/vsizip/{layer}")
    report = json.load(open(report))
    found = collections.defaultdict(dict)
    for rule in report["rules"]:
        if rule["outcome"] != "failed":
            continue
        if rule["count"] > len(rule["findings"]):
            print(f"{rule['code']}: {rule['count']} findings, {len(rule['findings'])} kept with their place")
        for finding in rule["findings"]:
            place = finding["place"]
            found[rule["code"]].setdefault(place.get("row"), place)
    geometry = frame.geometry.values
    # A copy whose original got a fault of its own later is no copy any more.
    twins = collections.Counter(g.normalize().wkb for g in geometry if g is not None)
    missed = 0
    for fault, rules in RULES.items():
        rows = np.flatnonzero(frame.fault.values == fault)
        survived, seen, placed, odd = 0, 0, 0, []
        by = collections.Counter()
        for row in rows:
            shape = geometry[row]
            alive = True
            if fault in ("bowtie", "spike"):
                alive = shape is not None and not shape.is_valid
            elif fault == "dup_vertex":
                at = shapely.get_coordinates(shape)
                alive = bool((np.hypot(*np.diff(at, axis=0).T) < 0.001).any())
            elif fault == "hole_outside":
                alive = shape is not None and (not shape.is_valid or shape.geom_type == "MultiPolygon")
            elif fault == "null":
                alive = shape is None
            elif fault == "duplicate_feature":
                alive = twins[shape.normalize().wkb] > 1
            survived += alive
            hits = [rule for rule in found if row + 1 in found[rule] and rule in rules]
            by.update(hits)
            if hits:
                seen += 1
                place = found[hits[0]][row + 1]
                placed += "at" in place or "bbox" in place
                odd += [int(row) + 1] if fault != "null" and not ("at" in place or "bbox" in place) else []
            elif alive:
                odd.append(int(row) + 1)
        missed += len(odd)
        print(f"{fault:18} {len(rows):4} labelled {survived:4} survive {seen:4} found {placed:4} with place "
              f"{dict(by)} missed rows {odd[:5]}{'…' if len(odd) > 5 else ''}")
    print("missed:", missed)
    return 1 if missed else 0

if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
