#!/usr/bin/env python3
"""Four outside decoders on every tile of a running server, held against each other and against the API.

usage: decoders.py URL [most tiles a layer and zoom, 0 for all; 400 without] [the zoom from which on; 0 without]

Walks each layer down from zoom 0 to 18 where tiles are not empty and asks for the pinned address of each. Then
`@mapbox/vector-tile`, Python's `mapbox_vector_tile`, GDAL and vtzero must read it without error or warning, find the same ids,
properties and coordinates; rings must wind as the specification says and be valid (GEOS); every feature must be one of
the API with the same values, lie where the API says, and none that the API has there may be missing beyond what the
header declares. Prints counts, then what was wrong; exit code 1 when something was.

MODULES: the folder of npm's packages. VTZERO: `decoders.cpp`, compiled; without it there are three. Needs osgeo, mapbox_vector_tile, shapely, numpy."""

import collections
import gzip
import json
import math
import os
import random
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request

import mapbox_vector_tile
import numpy as np
import shapely
from osgeo import gdal, ogr

DEEPEST = 18
EXTENT, BUFFER = 4096, 64
# How far rounding and simplifying may carry an edge, in units.
SLACK = 3
HERE = os.path.dirname(os.path.abspath(__file__))


def get(url, **headers):
    request = urllib.request.Request(url, headers=headers)
    with urllib.request.urlopen(request, timeout=120) as answer:
        return answer.status, answer.headers, answer.read()


def items(url):
    """All features of a collection, page by page."""
    found = []
    while url:
        page = json.loads(get(url)[2])
        found += page["features"]
        url = next((link["href"] for link in page["links"] if link["rel"] == "next"), None)
    return found


def to_world(at):
    """Longitude and latitude to the unit square of Web Mercator."""
    lon, lat = at[:, 0], np.clip(at[:, 1], -85.0511287798066, 85.0511287798066)
    return np.c_[(lon + 180) / 360, (1 - np.arcsinh(np.tan(np.radians(lat))) / math.pi) / 2]


class Judge:
    def __init__(self):
        self.counts = collections.Counter()
        self.notes = collections.Counter()
        self.wrong = collections.Counter()
        self.examples = {}
        self.node = subprocess.Popen(
            ["node", os.path.join(HERE, "decoders.mjs")], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        program = os.environ.get("VTZERO")
        self.cpp = program and subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        gdal.UseExceptions()
        gdal.PushErrorHandler(lambda kind, number, text: self.fault("gdal said", text))
        self.where = ""

    def fault(self, what, example=""):
        self.wrong[what] += 1
        self.examples.setdefault(what, f"{self.where}: {str(example)[:300]}")

    def asked(self, name, program, file):
        """What a program of its own says of a file."""
        program.stdin.write(file + "\n")
        program.stdin.flush()
        told = json.loads(program.stdout.readline())
        for fault in told["faults"]:
            self.fault(f"{name}: {fault.split(': ')[-1]}", fault)
        return told["layers"]

    def python(self, body):
        try:
            layers = mapbox_vector_tile.decode(body, default_options={"y_coord_down": True})
        except Exception as error:
            self.fault("mapbox_vector_tile", error)
            return {}
        return {name: layer["features"] for name, layer in layers.items()}

    def gdal(self, file):
        found = {}
        try:
            source = gdal.OpenEx(file, gdal.OF_VECTOR, allowed_drivers=["MVT"], open_options=["CLIP=NO"])
            for at in range(source.GetLayerCount()):
                layer = source.GetLayer(at)
                kept = found.setdefault(layer.GetName(), [])
                shape = layer.GetLayerDefn()
                fields = [shape.GetFieldDefn(at) for at in range(shape.GetFieldCount())]
                for feature in layer:
                    kept.append((*values_of(feature, fields), shapely.from_wkb(bytes(feature.GetGeometryRef().ExportToWkb()))))
        except Exception as error:
            self.fault("gdal", error)
        return found


def values_of(feature, fields):
    """The id and the properties of a feature of GDAL."""
    number, found = None, {}
    for at, field in enumerate(fields):
        if not feature.IsFieldSetAndNotNull(at):
            continue
        value = feature.GetField(at)
        if field.GetName() == "mvt_id":
            number = value
        else:
            found[field.GetName()] = bool(value) if field.GetSubType() == ogr.OFSTBoolean else value
    return number, found


def flat(value):
    """Numbers without the difference of 3 and 3.0."""
    return {key: float(one) if isinstance(one, (int, float)) and not isinstance(one, bool) else one for key, one in value.items()}


def shape_of(kind, rings):
    """The geometry that raw rings mean, by the specification; polygons open at each positive ring."""
    if kind == 1:
        return shapely.MultiPoint([point for ring in rings for point in ring])
    if kind == 2:
        return shapely.MultiLineString(rings)
    parts = []
    for ring in rings:
        at = np.array(ring, float)
        if np.sum(at[:-1, 0] * at[1:, 1] - at[1:, 0] * at[:-1, 1]) > 0:
            parts.append((ring, []))
        elif parts:
            parts[-1][1].append(ring)
    return shapely.MultiPolygon(parts)


def same_ground(one, other):
    """Equal but for the order of parts and where a ring begins."""
    return one.normalize().equals_exact(other.normalize(), 0) or shapely.equals(one, other)


class Layer:
    def __init__(self, url, name):
        self.name = name
        features = items(f"{url}/collections/{name}/items?limit=5000")
        self.values = {feature["id"]: flat({k: v for k, v in feature["properties"].items() if v is not None}) for feature in features}
        placed = [feature for feature in features if feature["geometry"]]
        self.ids = np.array([feature["id"] for feature in placed])
        shapes = shapely.from_geojson([json.dumps(feature["geometry"]) for feature in placed])
        self.shapes = shapely.transform(shapes, to_world)
        self.broken = set(self.ids[~shapely.is_valid(shapes)].tolist())
        self.tree = shapely.STRtree(self.shapes)

    def within(self, z, x, y, margin):
        side, grow = 2.0**-z, margin / EXTENT * 2.0**-z
        box = shapely.box(x * side - grow, y * side - grow, (x + 1) * side + grow, (y + 1) * side + grow)
        return set(self.ids[self.tree.query(box, "intersects")].tolist())


def losses(header):
    return {key: int(value) for key, value in (part.strip().split("=") for part in header.split(","))}


def self_touch(judge, layer, name, number, reason):
    """Rings that cross or touch themselves are what clients draw all the same, and what the specification advises
    against; holes outside their shell it forbids. A draft may be as bad as its source."""
    what, at = reason.split("[")
    if number in layer.broken:
        judge.notes["not valid, nor is the source"] += 1
    elif "elf-intersection" in what or "disconnected" in what:
        edge = set(at.strip("]").split()) & {str(-BUFFER), str(EXTENT + BUFFER)}
        judge.notes["ring touches or crosses itself, " + ("along the tile's edge" if edge else "inside the tile")] += 1
    else:
        judge.fault(f"not valid (GEOS): {what}", f"{name} {number} {reason}")


def hold(judge, layer, z, x, y, body, file, told):
    """One tile before all judges."""
    mine = judge.asked("@mapbox/vector-tile", judge.node, file)
    if judge.cpp and judge.asked("vtzero", judge.cpp, file) != mine:
        judge.fault("vtzero reads something else")
    python = judge.python(body)
    others = judge.gdal(file)
    if not (mine.keys() == python.keys() == others.keys()):
        judge.fault("layers differ", (list(mine), list(python), list(others)))
    for name, features in mine.items():
        judge.counts["features"] += len(features)
        two, three = python.get(name, []), others.get(name, [])
        if not len(features) == len(two) == len(three):
            judge.fault("numbers of features differ", (name, len(features), len(two), len(three)))
            continue
        for (number, kind, properties, rings), second, third in zip(features, two, three):
            properties = flat(properties)
            if not (number == second.get("id") == third[0]):
                judge.fault("ids differ", (name, number, second.get("id"), third[0]))
            if not (properties == flat(second["properties"]) == flat(third[1])):
                judge.fault("properties differ", (name, number, properties, second["properties"], third[1]))
            meant = shape_of(kind, rings)
            judge.counts["rings"] += len(rings)
            if not meant.is_valid:
                self_touch(judge, layer, name, number, shapely.is_valid_reason(meant))
                continue
            read = shapely.geometry.shape(second["geometry"])
            if not same_ground(meant, read):
                judge.fault("mapbox_vector_tile reads another shape", f"{name} {number} {meant.wkt[:100]} {read.wkt[:100]}")
            turned = shapely.transform(third[-1], lambda at: np.c_[at[:, 0], EXTENT - at[:, 1]])
            if not same_ground(meant, turned):
                judge.fault("GDAL reads another shape", f"{name} {number} {meant.wkt[:100]} {turned.wkt[:100]}")
            if name == layer.name and number is not None:
                known = layer.values.get(number)
                if known is None:
                    judge.fault("a feature that the API does not have", (name, number))
                elif any(known.get(key) != value for key, value in properties.items()):
                    judge.fault("other values than in the API", (name, number, properties, known))
                elif properties.keys() != known.keys():
                    judge.fault("fewer properties than in the API", (name, number, sorted(known.keys() - properties.keys())))
    here = {feature[0] for feature in mine.get(layer.name, [])}
    missing = layer.within(z, x, y, -SLACK) - here
    if len(missing) > told.get("dropped", 0):
        judge.fault("more is missing than the header declares", f"{len(missing)}, {told}, {sorted(missing)[:3]}")
    strange = here - layer.within(z, x, y, BUFFER + SLACK)
    if strange:
        judge.fault("features that do not lie there", sorted(strange)[:3])


def walk(judge, url, name, most, cut_from, folder):
    document = json.loads(get(f"{url}/collections/{name}/tiles/WebMercatorQuad/tilejson.json")[2])
    address = document["tiles"][0]
    layer = Layer(url, name)
    level, dice = [(0, 0)], random.Random(name)
    by_zoom = []
    for z in range(DEEPEST + 1):
        there, cut = len(level), z >= cut_from and len(level) > most > 0
        if cut:
            dice.shuffle(level)
            level = level[:most]
        full = []
        for x, y in level:
            judge.where = f"{name}/{z}/{x}/{y}"
            try:
                status, headers, body = get(address.format(z=z, x=x, y=y), **{"Accept-Encoding": "gzip"})
            except urllib.error.HTTPError as error:
                judge.fault("the server refuses", error)
                continue
            if status == 204:
                judge.counts["empty tiles"] += 1
                if layer.within(z, x, y, -SLACK):
                    judge.fault("an empty tile where the API has features")
                continue
            body = gzip.decompress(body) if headers["Content-Encoding"] == "gzip" else body
            judge.counts["tiles"] += 1
            judge.counts["bytes"] += len(body)
            file = os.path.join(folder, "tile.mvt")
            with open(file, "wb") as out:
                out.write(body)
            hold(judge, layer, z, x, y, body, file, losses(headers["Parat-Losses"]))
            full.append((x, y))
        by_zoom.append(f"{len(full)}(of {there})" if cut else f"{len(full)}")
        # All that could hold something, and their empty neighbours beside them.
        level = [(2 * x + i, 2 * y + j) for x, y in full for i in (0, 1) for j in (0, 1)]
        level = [at for at in level if layer.within(z + 1, *at, BUFFER + SLACK) or dice.random() < 0.1]
    print(f"{name:22} {len(layer.values):7} features, tiles with something at z0 to z{DEEPEST}: {' '.join(by_zoom)}", flush=True)


def main(url, most="400", cut_from="0"):
    judge = Judge()
    print("four decoders" if judge.cpp else "three decoders", flush=True)
    names = [one["id"] for one in json.loads(get(f"{url}/collections")[2])["collections"]]
    with tempfile.TemporaryDirectory() as folder:
        for name in names:
            walk(judge, url.rstrip("/"), name, int(most), int(cut_from), folder)
    print(", ".join(f"{count} {what}" for what, count in judge.counts.items()))
    if int(most):
        print(f"(of: {most} tiles of a layer and zoom were drawn at random of those below the tiles before)")
    for what, count in judge.notes.most_common():
        print(f"noted {count:7} {what}")
    for what, count in judge.wrong.most_common():
        print(f"WRONG {count:7} {what}\n      {judge.examples[what]}")
    if not judge.wrong:
        print("all agree")
    return 1 if judge.wrong else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
