#!/usr/bin/env python3
"""Filtered and joined tiles made on demand: Parat against Martin on PostGIS (`postgis.sh`), clustered, EPSG:3857, cache
off, the same features through the same filter. Each tile is asked for once of each, in turn, so nothing is found in
memory. The bars: a twentieth, a fifteenth, a tenth of the CPU of Martin and PostgreSQL at z14, z15, z16.

Parat's tiles have a layer of label points too, unless `labels=false`; Martin's have none. LABELS=1 asks for it, without
it both carry the same. ONLY names what is run: `filtered`, `joined`.

Both are asked with the codings that a browser takes (CODINGS; `gzip` for gzip alone) and choose by themselves; which one
each took is printed.

MARTIN is its program, PG_PID PostgreSQL's first process, PGPORT its port."""

import os
import shutil
import urllib.parse

from measure import CHOSEN, CODINGS, LAYERS, Line, Martin, Parat, machine, nanoseconds, unpacked

COUNT = int(os.environ.get("COUNT", "120"))
PERIOD = "2024-25"
# The tables of `data.py`.
TABLES = {"building": "B-POP", "road": "B-HH", "tree": "B-AREA"}
BARS = {14: 20, 15: 15, 16: 10}


def counter():
    """Counts features of a tile, where a decoder is at hand."""
    try:
        import mapbox_vector_tile

        return lambda tile, layer: len(mapbox_vector_tile.decode(tile)[layer]["features"]) if tile else 0
    except ImportError:
        return lambda tile, layer: 0


def named(codings):
    return " and ".join(sorted(coding or "as they are" for coding in codings))


def main():
    machine()
    program = os.environ.get("MARTIN") or shutil.which("martin")
    postgres = f"postgresql://postgres@127.0.0.1:{os.environ.get('PGPORT', '7543')}/city"
    count = counter()
    with_labels = "LABELS" in os.environ
    print("with label points, which Martin's tiles do not have" if with_labels else "without label points, as Martin's tiles", flush=True)
    print(f"Accept-Encoding: {CODINGS}", flush=True)
    more = "" if with_labels else "&labels=false"
    jobs = []
    for layer in CHOSEN:
        jobs.append((f"filtered {layer}", layer, f"filter={urllib.parse.quote(LAYERS[layer][0])}{more}", f"filtered_{layer}", LAYERS[layer][1]))
        jobs.append((f"joined {layer}", layer, f"indicator={TABLES[layer]}&period={PERIOD}{more}", f"joined_{layer}", ""))
    jobs = [job for job in jobs if job[0].startswith(os.environ.get("ONLY", ""))]
    with Parat() as parat:
        martin = Martin(0, postgres=postgres).__enter__() if program else None
        try:
            for name, layer, query, function, parameters in jobs:
                source = parat.source(layer)
                ours, others = Line(parat.url, CODINGS), Line(martin.url, CODINGS) if martin else None
                for zoom in (14, 15, 16):
                    # The first of a kind opens what is kept: the join, the connections, the plan.
                    tiles = parat.places(layer, zoom, COUNT + 4)
                    mine, theirs, sizes, counts, made, dropped = 0, 0, [0, 0], [0, 0], 0, 0
                    codings = [set(), set()]
                    for at, (x, y) in enumerate(tiles):
                        before = nanoseconds(parat.pid)
                        status, headers, body = ours.get(f"/xyz/{source}/{zoom}/{x}/{y}.mvt?{query}")
                        assert status in (200, 204), status
                        spent = nanoseconds(parat.pid) - before
                        if martin:
                            pids = (martin.pid, int(os.environ["PG_PID"]))
                            before = nanoseconds(*pids)
                            _, their_headers, other = others.get(f"/{function}/{zoom}/{x}/{y}?{parameters}")
                            their = nanoseconds(*pids) - before
                        if at < 4 or status == 204:
                            continue
                        made += 1
                        codings[0].add(headers["Content-Encoding"])
                        mine, sizes[0] = mine + spent, sizes[0] + len(body)
                        lost = dict(part.strip().split("=") for part in headers["Parat-Losses"].split(","))
                        dropped += int(lost["dropped"])
                        if martin:
                            codings[1].add(their_headers["Content-Encoding"])
                            theirs, sizes[1] = theirs + their, sizes[1] + len(other)
                            if made <= 5:
                                counts[0] += count(unpacked(headers, body), layer) + int(lost["dropped"])
                                counts[1] += count(unpacked(their_headers, other), layer)
                    each = mine / made / 1e6
                    print(f"{name} z{zoom}: parat {each:.2f} ms CPU a tile, {sizes[0] // made} bytes {named(codings[0])}, {made} tiles, {dropped / made:.0f} dropped a tile", flush=True)
                    if martin:
                        other = theirs / made / 1e6
                        print(
                            f"  martin {other:.2f} ms, {sizes[1] // made} bytes {named(codings[1])}; parat takes 1/{other / each:.1f} (bar 1/{BARS[zoom]});"
                            f" features of five tiles {counts[0]} and {counts[1]}",
                            flush=True,
                        )
        finally:
            if martin:
                martin.__exit__()


main()
