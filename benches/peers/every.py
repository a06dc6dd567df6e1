#!/usr/bin/env python3
"""Every tile of the deep zooms of a running server before the two quickest decoders, `@mapbox/vector-tile` and vtzero.

usage: every.py HOST:PORT [half of the layers, 0 or 1; all without]

`decoders.py` asks four decoders and the API, some milliseconds a tile; a city's drafts have a million tiles at zoom 18. This
walks each layer down where tiles are not empty, has both read each tile of zooms 16 to 18 without error, and holds what
they read against each other. Prints a line a layer and zoom, then what was wrong; exit code 1 when something was.

MODULES: the folder of npm's packages. VTZERO: `decoders.cpp`, compiled."""

import collections
import gzip
import http.client
import json
import os
import subprocess
import sys
import tempfile

ZOOMS = (16, 17, 18)
# Tiles that are on their way to the decoders at once.
AT_ONCE = 64
HERE = os.path.dirname(os.path.abspath(__file__))


class Server:
    def __init__(self, host):
        self.line = http.client.HTTPConnection(host, timeout=120)

    def get(self, path):
        self.line.request("GET", path, headers={"Accept-Encoding": "gzip"})
        answer = self.line.getresponse()
        body = answer.read()
        return answer.status, gzip.decompress(body) if answer.headers["Content-Encoding"] == "gzip" else body

    def json(self, path):
        return json.loads(self.get(path)[1])


class Decoders:
    def __init__(self, folder):
        self.folder = folder
        self.programs = {
            name: subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            for name, command in {
                "@mapbox/vector-tile": ["node", os.path.join(HERE, "decoders.mjs")],
                "vtzero": [os.environ["VTZERO"]],
            }.items()
        }
        self.features = 0
        self.wrong = collections.Counter()
        self.examples = {}

    def fault(self, what, where):
        self.wrong[what] += 1
        self.examples.setdefault(what, where)

    def hold(self, tiles):
        files = [os.path.join(self.folder, str(at)) for at in range(len(tiles))]
        for file, (_, body) in zip(files, tiles):
            with open(file, "wb") as out:
                out.write(body)
        for program in self.programs.values():
            program.stdin.write("".join(file + "\n" for file in files))
            program.stdin.flush()
        for where, _ in tiles:
            read = []
            for name, program in self.programs.items():
                told = json.loads(program.stdout.readline())
                for fault in told["faults"]:
                    self.fault(f"{name}: {fault.split(': ')[-1]}", where)
                read.append(told["layers"])
            if read[0] != read[1]:
                self.fault("they read different things", where)
            self.features += sum(len(features) for features in read[0].values())


def walk(server, decoders, name, address, deepest):
    """All tiles of one zoom; gives how many have content."""
    level, count = [(0, 0)], 0
    for z in range(deepest + 1):
        full, waiting = [], []
        for x, y in level:
            status, body = server.get(address.format(z=z, x=x, y=y))
            if status == 204:
                continue
            if status != 200:
                decoders.fault(f"status {status}", f"{name}/{z}/{x}/{y}")
                continue
            full.append((x, y))
            if z == deepest:
                count += 1
                waiting.append((f"{name}/{z}/{x}/{y}", body))
                if len(waiting) == AT_ONCE:
                    decoders.hold(waiting)
                    waiting = []
        decoders.hold(waiting)
        level = [(2 * x + i, 2 * y + j) for x, y in full for i in (0, 1) for j in (0, 1)]
    return count


def main():
    server = Server(sys.argv[1])
    layers = sorted(layer["id"] for layer in server.json("/layers")["layers"])
    if len(sys.argv) > 2:
        layers = layers[int(sys.argv[2]) :: 2]
    done = collections.Counter()
    with tempfile.TemporaryDirectory() as folder:
        decoders = Decoders(folder)
        for zoom in ZOOMS:
            for name in layers:
                document = server.json(f"/collections/{name}/tiles/WebMercatorQuad/tilejson.json")
                # What was kept out has no tiles.
                if "tiles" in document:
                    address = "/" + document["tiles"][0].split("//", 1)[1].split("/", 1)[1]
                    count = walk(server, decoders, name, address, zoom)
                    done[zoom] += count
                    print(f"z{zoom} {name}: {count} tiles", flush=True)
    print(", ".join(f"z{zoom} {count} tiles" for zoom, count in done.items()), f"{decoders.features} features")
    for what, times in decoders.wrong.most_common():
        print(f"{times} times {what}, such as {decoders.examples[what]}")
    sys.exit(bool(decoders.wrong))


if __name__ == "__main__":
    main()
