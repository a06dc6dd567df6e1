"""T04 and T05 beside PostGIS: every overlap and every gap of every coverage, pair by pair and hole by hole.

    PARAT=target/release/parat PGHOST=... PGPORT=... PGUSER=... python areas.py FOLDER...

Every layer of areas under the folders is judged as a zone layer (which asks for both rules), and the
coverages made here, whose gaps and overlaps are known beforehand, too. Where a file of the same folder is
called ..._Boundary, the coverages are held against it as the city as well.

What both measure: overlaps are common areas of two shapes whose corners were taken to the UTM zone of the
layer's middle and joined by straight lines there; a gap is found in the coordinates of the file (an edge that
is straight in degrees is bent in UTM) and its corners are then taken to the zone. Areas below a square metre
are no findings, nor is what has none in the coordinates of the file: a corner that lies on a straight edge of a
kilometre leaves nothing out, but the edge bends away from it in the zone. So both are told by ST_Intersection, ST_Union and ST_Difference with ST_Transform.

Equal is: within a millionth of the area, or, where a sliver is long and thin, within what its corners can
move by the last bit of its coordinates: its perimeter times two billionths of a metre (metres of a UTM zone
have seven digits before the point, which leaves nine behind it).
"""

import json
import math
import os
import pathlib
import random
import re
import subprocess
import sys
import tempfile

import geopandas
import numpy
import pyogrio
import shapely

PARAT = os.environ.get("PARAT", "target/release/parat")
# The findings that a report keeps of one rule, the largest first.
KEPT = 1000
IGNORED = 1.0
EQUAL = 1e-6
LAST_BIT_M = 2e-9


def sql(text, stdin=None):
    run = subprocess.run(
        ["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-A", "-t", "-F", "\t", "-c", text],
        input=stdin, capture_output=True, text=True)
    if run.returncode:
        raise RuntimeError(run.stderr.strip())
    return [line.split("\t") for line in run.stdout.splitlines() if line]


def load(table, shapes):
    rows = "".join(f"{row}\t{shapely.to_wkb(shapely.force_2d(shape), hex=True)}\n"
                   for row, shape in enumerate(shapes, 1) if shape is not None and not shape.is_empty)
    sql(f"drop table if exists {table}; create table {table} (row int, drawn geometry, metres geometry)")
    sql(f"copy {table} (row, drawn) from stdin", rows)


def theirs(shapes, epsg, zone, city):
    """The overlaps {(row, row): (area, perimeter)} and the gaps [(shape in degrees, area, perimeter)]."""
    load("areas", shapes)
    sql(f"""update areas set drawn = ST_SetSRID(drawn, {epsg});
            update areas set metres = ST_Transform(drawn, {zone});
            create index on areas using gist (metres)""")
    invalid = [int(row) for row, in sql("select row from areas where not ST_IsValid(drawn) order by row")]
    if invalid:
        sql("""update areas set drawn = ST_CollectionExtract(ST_MakeValid(drawn, 'method=structure'), 3),
                                metres = ST_CollectionExtract(ST_MakeValid(metres, 'method=structure'), 3) where not ST_IsValid(drawn)
                                or not ST_IsValid(metres)""")
    overlaps = {(int(one), int(other)): (float(area), float(around)) for one, other, area, around in sql(
        """with common as (select a.row one, b.row other, ST_CollectionExtract(ST_Intersection(a.metres, b.metres), 3) shape
                from areas a join areas b on a.row < b.row and a.metres && b.metres and not ST_Touches(a.metres, b.metres))
           select one, other, ST_Area(shape), ST_Perimeter(shape) from common where ST_Area(shape) > 0""")}
    if city is None:
        found = """select ST_Difference(ST_MakePolygon(ST_ExteriorRing(hole.geom)), u.shape) shape from u,
                   lateral ST_Dump(u.shape) part, lateral ST_DumpRings(part.geom) hole where hole.path[1] > 0"""
    else:
        load("city", city)
        found = f"""select part.geom shape from u, (select ST_Union(ST_SetSRID(drawn, 4326)) city from city) c,
                   lateral ST_Dump(ST_Difference(c.city, u.shape)) part"""
    drawn = "drawn" if city is None else "ST_Transform(drawn, 4326)"
    gaps = [(shapely.from_wkb(shape), float(area), float(around)) for shape, area, around in sql(
        f"""with u as (select ST_Union({drawn}) shape from areas), found as ({found}),
                 placed as (select shape, ST_Transform(shape, {zone}) metres from found where not ST_IsEmpty(shape))
            select ST_AsBinary(ST_Transform(shape, 4326), 'NDR')::text, ST_Area(metres), ST_Perimeter(metres)
            from placed where ST_Area(metres) > 0""".replace("ST_AsBinary", "ST_AsHEXEWKB").replace(", 'NDR')::text", ")"))]
    return overlaps, gaps, invalid


def ours(path, layer, city_path):
    command = [PARAT, "check", str(path), "--as", "zone_boundary", "--layer-in-file", layer, "--format", "json"]
    if city_path:
        command += ["--city", str(city_path)]
    report = json.loads(subprocess.run(command, capture_output=True, text=True).stdout)
    rules = {rule["code"]: rule for rule in report["rules"]}
    overlaps = {}
    for finding in rules["T04"].get("findings", []):
        args = finding["say"]["args"]
        pair = tuple(sorted(int(args[who]["args"]["row"]) for who in ("one", "other")))
        overlaps[pair] = (finding["measure"], finding["place"].get("at"))
    gaps = [(finding["place"].get("at"), finding["measure"]) for finding in rules["T05"].get("findings", [])]
    for rule in ("T04", "T05"):
        if rules[rule]["outcome"] == "not_run":
            print(f"    {rule} NOT RUN: {rules[rule]}")
    return overlaps, gaps, rules["T04"].get("count", 0), rules["T05"].get("count", 0), report


class Tally:
    def __init__(self):
        self.coverages = self.overlaps = self.gaps = 0
        self.worst = {"overlap": 0.0, "gap": 0.0}
        self.parted = self.bent = 0
        self.apart = []

    def hold(self, kind, what, mine, other, around):
        away = abs(mine - other)
        allowed = max(EQUAL * other, around * LAST_BIT_M)
        self.worst[kind] = max(self.worst[kind], away / allowed)
        if away > allowed:
            self.apart.append(f"{kind} {what}: ours {mine:.6f}, theirs {other:.6f}, perimeter {around:.1f} "
                              f"({away / max(other, 1e-300):.1e})")
        setattr(self, kind + "s", getattr(self, kind + "s") + 1)


def drawn_sqm(shape):
    """The size of a shape in degrees, to a hundredth: of its straight edges, not of its corners taken elsewhere."""
    return shape.area * 111_320 ** 2 * math.cos(math.radians(shape.centroid.y if shape.area else 0.0))


def compare(tally, name, path, layer, shapes, epsg, zone, city=None, city_path=None):
    mine = ours(path, layer, city_path)
    overlaps, gaps, invalid = theirs(shapes, epsg, zone, city)
    before, seen = len(tally.apart), (tally.overlaps, tally.gaps)
    tally.coverages += 1
    for pair, (area, _) in mine[0].items():
        if pair not in overlaps:
            tally.apart.append(f"overlap {name} {pair}: ours {area}, theirs none")
    # A report keeps the largest; what is smaller than the smallest kept may be among those that it only counts.
    least = min((area for area, _ in mine[0].values()), default=0.0) if mine[2] > KEPT else 0.0
    for pair, (area, around) in overlaps.items():
        if pair in mine[0]:
            tally.hold("overlap", f"{name} {pair}", mine[0][pair][0], area, around)
        elif area > max(IGNORED, least) * (1 + EQUAL):
            tally.apart.append(f"overlap {name} {pair}: ours none, theirs {area}")
    real = sum(1 for area, _ in overlaps.values() if area > IGNORED)
    if mine[2] != real:
        tally.apart.append(f"overlap {name}: ours count {mine[2]}, theirs {real}")
    # What is nothing in the coordinates of the file and something in the zone is the bend of an edge.
    bent = [k for k, (shape, area, _) in enumerate(gaps) if area > IGNORED and drawn_sqm(shape) <= IGNORED]
    tally.bent += len(bent)
    gaps = [gap for k, gap in enumerate(gaps) if k not in set(bent)]
    large = [gap for gap in gaps if gap[1] > IGNORED]
    tree = shapely.STRtree([gap[0] for gap in gaps])
    met = {}
    for at, area in mine[1]:
        point = shapely.Point(at)
        near = [int(k) for k in tree.query(point.buffer(1e-7)) if gaps[k][0].distance(point) < 1e-9]
        if not near:
            tally.apart.append(f"gap {name} at {at}: ours {area}, theirs none")
            continue
        # Inside one of theirs, else the one on whose edge it lies.
        best = min(near, key=lambda k: (not gaps[k][0].contains(point), abs(gaps[k][1] - area)))
        met.setdefault(best, []).append((at, area))
    # Ground that hangs together by less than the grid of a union is one piece for one judge and two for the other.
    parted = sum(len(all) - 1 for all in met.values())
    tally.parted += parted
    if mine[3] - parted != len(large):
        tally.apart.append(f"gap {name}: ours count {mine[3]}, theirs {len(large)}")
    for best, all in met.items():
        tally.hold("gap", f"{name} at {all[0][0]}", sum(area for _, area in all), gaps[best][1], gaps[best][2])
    least = min((area for _, area in mine[1]), default=0.0) if mine[3] > KEPT else 0.0
    for number, (shape, area, _) in enumerate(gaps):
        if number not in met and area > max(IGNORED, least) * (1 + EQUAL):
            tally.apart.append(f"gap {name} at {shape.representative_point().wkt}: ours none, theirs {area}")
    print(f"{name}: {len(shapes)} areas, {tally.overlaps - seen[0]} overlaps, {tally.gaps - seen[1]} gaps, "
          f"{len(tally.apart) - before} apart" + (f"; made valid for PostGIS: rows {invalid}" if invalid else ""), flush=True)
    for line in tally.apart[before:][:12]:
        print("    " + line)


def zone_of(shapes):
    coords = shapely.get_coordinates(numpy.array(shapes, dtype=object))
    lon, lat = numpy.median(coords, axis=0)
    return (32600 if lat >= 0 else 32700) + int((lon + 180) // 6) + 1


def layers(folder):
    for path in sorted(pathlib.Path(folder).rglob("*")):
        if path.suffix not in {".geojson", ".kml", ".zip", ".shp", ".gpkg"} or "schemas" in path.parts:
            continue
        try:
            names = pyogrio.list_layers(path)[:, 0]
        except Exception as error:
            print(f"{path.name}: GDAL cannot read it ({error})"[:140])
            continue
        for layer in names:
            frame = pyogrio.read_dataframe(path, layer=layer, columns=[])
            if not isinstance(frame, geopandas.GeoDataFrame):
                continue
            shapes = list(frame.geometry)
            areas = [s for s in shapes if s is not None and s.geom_type in ("Polygon", "MultiPolygon")]
            if len(areas) * 2 > len(shapes):
                yield path, str(layer), shapes


def made(folder):
    """Coverages whose faults are known: a jittered grid with corners moved, cells missing, islands in holes."""
    for number, (size, step, crs) in enumerate([(12, 400.0, 32643), (30, 90.0, 32643), (12, 400.0, 4326), (40, 60.0, 4326)]):
        dice = random.Random(number)
        corner = {(x, y): (780000 + step * (x + dice.uniform(-0.3, 0.3)), 1430000 + step * (y + dice.uniform(-0.3, 0.3)))
                  for x in range(size + 1) for y in range(size + 1)}
        bends = {}

        def edge(a, b):
            key = (min(a, b), max(a, b))
            if key not in bends:
                (ax, ay), (bx, by) = corner[key[0]], corner[key[1]]
                bends[key] = [(ax + (bx - ax) * t + dice.uniform(-3, 3), ay + (by - ay) * t + dice.uniform(-3, 3))
                              for t in (0.2, 0.4, 0.6, 0.8)]
            return bends[key] if a < b else bends[key][::-1]

        cells = []
        for x in range(size):
            for y in range(size):
                around = [(x, y), (x + 1, y), (x + 1, y + 1), (x, y + 1)]
                ring = []
                for a, b in zip(around, around[1:] + around[:1]):
                    ring += [corner[a], *edge(a, b)]
                throw = dice.random()
                inner = 0 < x < size - 1 and 0 < y < size - 1
                if throw < 0.04 and inner:
                    cells.append(shapely.Polygon(ring).centroid.buffer(step / 8))  # an island in a missing cell
                    continue
                if throw < 0.08 and inner:
                    continue
                if throw < 0.3:
                    spot = dice.randrange(len(ring))
                    ring[spot] = tuple(axis + dice.uniform(-4, 4) for axis in ring[spot])
                elif throw < 0.34:
                    ring = [(px + 0.4, py - 0.3) for px, py in ring]
                cells.append(shapely.Polygon(ring))
        frame = geopandas.GeoDataFrame({"zone_no": range(len(cells))}, geometry=cells, crs=32643).to_crs(crs)
        path = pathlib.Path(folder) / f"made_{number}_{crs}.gpkg"
        frame.to_file(path, driver="GPKG")
        yield path, path.stem, list(pyogrio.read_dataframe(path).geometry), crs


def main():
    tally = Tally()
    for folder in sys.argv[1:]:
        for path, layer, shapes in layers(folder):
            name = f"{path.parent.name}/{path.name}" + (f" ({layer})" if layer not in path.stem else "")
            zone = zone_of([s for s in shapes if s is not None])
            compare(tally, name, path, layer, shapes, 4326, zone)
            city = next(iter(sorted(path.parent.glob("*_Boundary.geojson")) or sorted(path.parent.glob("*-area.geojson"))), None)
            if city and city.stem not in path.stem and len(shapes) > 1:
                outline = list(pyogrio.read_dataframe(city, columns=[]).geometry)
                compare(tally, f"{name} in {city.stem}", path, layer, shapes, 4326, zone, outline, city)
    with tempfile.TemporaryDirectory() as folder:
        for path, layer, shapes, crs in made(folder):
            compare(tally, path.name, path, layer, shapes, crs, 32643)
    print(f"{tally.coverages} coverages, {tally.overlaps} overlaps, {tally.gaps} gaps; worst: overlap "
          f"{tally.worst['overlap']:.2f}, gap {tally.worst['gap']:.2f} of what is allowed; {tally.parted} gaps parted by a pinch, "
          f"{tally.bent} of PostGIS only by the bend of an edge; "
          f"{len(tally.apart)} apart")
    return 1 if tally.apart else 0


if __name__ == "__main__":
    sys.exit(main())
