"""Every geometry of every file, valid or not: Parat's T01 beside GEOS (through shapely), with GEOS's reasons.

    PARAT=target/release/parat python validity.py FOLDER...

GDAL reads the files here, so the reader is judged with the rule. A row is one geometry; a row without one is
invalid for the gate and nothing for GEOS, and is counted apart.
"""

import json
import os
import pathlib
import subprocess
import sys

import geopandas
import pyogrio
import shapely

PARAT = os.environ.get("PARAT", "target/release/parat")


def reports(path):
    out = subprocess.run([PARAT, "check", str(path), "--format", "json"], capture_output=True, text=True).stdout
    found = json.loads(out)
    return {one["source"]["layer"]: one for one in (found if isinstance(found, list) else [found])}


def main():
    total = layers = missing = 0
    apart, invalid = [], []
    for folder in sys.argv[1:]:
        for path in sorted(pathlib.Path(folder).rglob("*")):
            if path.suffix not in {".geojson", ".kml", ".zip", ".shp", ".gpkg", ".fgb"} or "schemas" in path.parts:
                continue
            try:
                names = pyogrio.list_layers(path)[:, 0]
            except Exception as error:
                print(f"{path.name}: GDAL cannot read it: {str(error)[:90]}")
                continue
            judged = reports(path)
            for layer in map(str, names):
                frame = pyogrio.read_dataframe(path, layer=layer, columns=[])
                if not isinstance(frame, geopandas.GeoDataFrame) or layer not in judged:
                    print(f"{path.name} / {layer}: without geometry or not judged")
                    continue
                layers += 1
                rule = next(rule for rule in judged[layer]["rules"] if rule["code"] == "T01")
                if rule["outcome"] == "not_run" or rule.get("count", 0) > 1000:
                    apart.append(f"{path.name} / {layer}: {rule['outcome']}, {rule.get('count')}")
                said = {}
                for finding in rule.get("findings", []):
                    said.setdefault(finding["place"]["row"], finding["message"])
                for row, shape in enumerate(frame.geometry, 1):
                    total += 1
                    if shape is None or shape.is_empty:
                        missing += 1
                        if row not in said:
                            apart.append(f"{path.name} / {layer} row {row}: no geometry, and the gate says nothing")
                        continue
                    reason = shapely.is_valid_reason(shape)
                    good = reason == "Valid Geometry"
                    if good == (row in said):
                        apart.append(f"{path.name} / {layer} row {row}: GEOS {reason}, ours {said.get(row)}")
                    if not good:
                        invalid.append(f"{path.parent.name}/{path.name} row {row}: {reason} | {said.get(row)}")
    print("\n".join(invalid))
    print(f"{total} geometries of {layers} layers (GEOS {'.'.join(map(str, shapely.geos_version))}), "
          f"{len(invalid)} invalid, {missing} without geometry, {len(apart)} verdicts apart")
    print("\n".join(apart))
    return 1 if apart else 0


if __name__ == "__main__":
    sys.exit(main())
