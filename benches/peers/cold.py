#!/usr/bin/env python3
"""Any tile of any zoom made now, by a server that has just started: no pyramid, nothing kept. The bars: 20 ms of CPU and
500 kB. With a file (`cold.py FILE`) the same for a draft of it, such as an outline of 100,000 corners: 5 ms.

All properties are asked for by name, so that no tile made beforehand will do. GRID names a declared grid in place of the
web's square; STANDARDS is then a pack whose profile offers it."""

import os
import sys
import time

from measure import CHOSEN, Line, Parat, machine, nanoseconds, unpacked

COUNT = int(os.environ.get("COUNT", "40"))
GRID = os.environ.get("GRID", "WebMercatorQuad")


def main(*files):
    machine()
    for layer in CHOSEN if not files else [None]:
        worst = (0.0, "")
        for zoom in range(19):
            with Parat(*files, **({"data": os.environ["DATA"] + "-draft"} if files else {})) as parat:
                name = layer or parat.json("/collections")["collections"][0]["id"]
                source = parat.source(name)
                query = "properties=" + ",".join(parat.fields(name))
                line, spent, most, largest, zipped, dropped = Line(parat.url), [], 0, 0, 0, 0
                # Threads come to life; the handshake is not the tile's.
                line.get("/health")
                for x, y in parat.tiles(name, zoom, COUNT, grid=GRID):
                    before = nanoseconds(parat.pid)
                    if GRID == "WebMercatorQuad":
                        status, headers, body = line.get(f"/xyz/{source}/{zoom}/{x}/{y}.mvt?{query}")
                    else:
                        status, headers, body = line.get(f"/collections/{name}/tiles/{GRID}/{zoom}/{y}/{x}?{query}")
                    time.sleep(0.002)
                    took = (nanoseconds(parat.pid) - before) / 1e6
                    if status == 204:
                        continue
                    assert status == 200, status
                    spent.append(took)
                    worst = max(worst, (took, f"{zoom}/{x}/{y}"))
                    largest, zipped = max(largest, len(unpacked(headers, body))), max(zipped, len(body))
                    lost = dict(part.strip().split("=") for part in headers["Parat-Losses"].split(","))
                    dropped = max(dropped, int(lost["dropped"]))
                if spent:
                    print(
                        f"{name} z{zoom}: {len(spent)} tiles, first {spent[0]:.1f}, mean {sum(spent) / len(spent):.2f}, most {max(spent):.1f} ms CPU;"
                        f" largest {largest / 1e3:.0f} kB ({zipped / 1e3:.0f} kB gzip), at most {dropped} dropped",
                        flush=True,
                    )
        print(f"  {name}: most {worst[0]:.1f} ms at {worst[1]} (bar {'5' if files else '20'})", flush=True)


main(*sys.argv[1:])
