#!/usr/bin/env python3
"""Exports a layer as PMTiles and as MBTiles and holds what outside readers find in them against the server's tiles:
`pmtiles` of Python, SQLite, GDAL's MBTiles driver, tippecanoe-decode.

usage: archives.py LAYER..."""

import gzip
import json
import os
import sqlite3
import subprocess
import sys
import tempfile

from osgeo import gdal
from pmtiles.reader import MmapSource, Reader, all_tiles

from measure import DATA, PARAT, Line, Parat, unpacked

gdal.UseExceptions()


def main(*layers):
    said = []
    gdal.PushErrorHandler(lambda kind, number, text: said.append(text))
    with tempfile.TemporaryDirectory() as folder, Parat() as parat:
        line = Line(parat.url)
        for layer in layers:
            files = {}
            for form in ("pmtiles", "mbtiles"):
                files[form] = os.path.join(folder, f"{layer}.{form}")
                subprocess.run(
                    [PARAT, "tiles", "export", layer, "--data", DATA, "--format", form, "--out", files[form]],
                    check=True, stdout=subprocess.DEVNULL,
                )
            with open(files["pmtiles"], "rb") as file:
                source = MmapSource(file)
                header = Reader(source).header()
                metadata = Reader(source).metadata()
                packed = {at: gzip.decompress(body) for at, body in all_tiles(source)}
            assert {one["id"] for one in metadata["vector_layers"]} >= {layer}
            rows = sqlite3.connect(files["mbtiles"]).execute("select zoom_level, tile_column, tile_row, tile_data from tiles")
            boxed = {(z, x, (1 << z) - 1 - row): gzip.decompress(body) for z, x, row, body in rows}
            assert packed == boxed, "PMTiles and MBTiles hold other tiles"
            address, deepest = parat.source(layer), max(z for z, _, _ in packed)
            for (z, x, y), body in list(packed.items())[:: max(1, len(packed) // 300)]:
                served = unpacked(*line.get(f"/xyz/{address}/{z}/{x}/{y}.mvt")[1:])
                assert served == body, f"the server gives another {z}/{x}/{y}"
            read = gdal.OpenEx(files["mbtiles"], gdal.OF_VECTOR)
            names = [read.GetLayer(at).GetName() for at in range(read.GetLayerCount())]
            count = read.GetLayerByName(layer).GetFeatureCount()
            decoded = subprocess.run(
                ["tippecanoe-decode", "-z", str(deepest), "-Z", str(deepest), "-l", layer, files["mbtiles"]],
                capture_output=True, text=True, check=True,
            )
            tiles = json.loads(decoded.stdout)["features"]
            features = sum(len(one["features"]) for tile in tiles for one in tile["features"])
            print(
                f"{layer}: {len(packed)} tiles z{header['min_zoom']}-{header['max_zoom']} alike in PMTiles, MBTiles and from the server;"
                f" GDAL reads {names}, {count} features; tippecanoe-decode {features} at z{deepest}; said: {said or 'nothing'}",
                flush=True,
            )
    return 1 if said else 0


sys.exit(main(*sys.argv[1:]))
