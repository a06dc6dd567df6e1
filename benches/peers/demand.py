#!/usr/bin/env python3
"""Filtered tiles made on demand, each asked for once with a filter that no other request has.

MARTIN_URL (with {z}/{x}/{y}) and MARTIN_PID (and PG_PID for PostgreSQL's first process) put Martin beside it:
a function source or view with the same filter, clustered, in EPSG:3857, cache off.
Bars: a twentieth, a fifteenth, a tenth of its CPU at z14, z15, z16."""

import os
import time
import urllib.parse
import urllib.request

from measure import Parat, cpu, machine

FILTER = os.environ.get("FILTER", "floors >= 2")
COUNT = int(os.environ.get("COUNT", "200"))


def fetch(address):
    request = urllib.request.Request(address, headers={"Accept-Encoding": "gzip"})
    with urllib.request.urlopen(request) as answer:
        return len(answer.read())


def main():
    machine()
    theirs = os.environ.get("MARTIN_URL")
    pids = [int(os.environ[name]) for name in ("MARTIN_PID", "PG_PID") if name in os.environ]
    with Parat() as parat:
        source = parat.source()
        for zoom in (14, 15, 16):
            tiles = parat.tiles(zoom, COUNT)
            before, size = cpu(parat.pid), 0
            for at, (x, y) in enumerate(tiles):
                # Another text each time, so that nothing is found in memory.
                text = urllib.parse.quote(f"({FILTER}) OR 1 = {at + 2}")
                size += fetch(f"{parat.url}/xyz/{source}/{zoom}/{x}/{y}.mvt?filter={text}")
            ours = (cpu(parat.pid) - before) / len(tiles) * 1e3
            print(f"parat z{zoom}: {ours:.2f} ms CPU a tile, {size // len(tiles)} bytes, made now", flush=True)
            if theirs:
                before = sum(map(cpu, pids))
                for x, y in tiles:
                    fetch(theirs.format(z=zoom, x=x, y=y))
                time.sleep(0.2)
                other = (sum(map(cpu, pids)) - before) / len(tiles) * 1e3
                print(f"martin z{zoom}: {other:.2f} ms CPU a tile; parat takes 1/{other / ours:.1f}", flush=True)


main()
