"""What the scripts share: a server started and stopped, CPU time from /proc, load by wrk."""

import json
import os
import random
import re
import subprocess
import tempfile
import time
import urllib.request

PARAT = os.environ.get("PARAT", "target/release/parat")
DATA = os.environ.get("DATA", "parat-data")
LAYER = os.environ.get("LAYER", "building")
TICKS = os.sysconf("SC_CLK_TCK")


def machine():
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} before the run, page cache warm")


def family(pid):
    found = [pid]
    try:
        with open(f"/proc/{pid}/task/{pid}/children") as file:
            for child in file.read().split():
                found += family(int(child))
    except FileNotFoundError:
        pass
    return found


def cpu(pid):
    total = 0
    for one in family(pid):
        with open(f"/proc/{one}/stat") as file:
            fields = file.read().rsplit(")", 1)[1].split()
        total += int(fields[11]) + int(fields[12])
    return total / TICKS


def memory(pid):
    """Resident bytes that are not page cache, in MiB."""
    with open(f"/proc/{pid}/status") as file:
        for line in file:
            if line.startswith("RssAnon"):
                return int(line.split()[1]) / 1024
    return 0.0


class Parat:
    def __enter__(self):
        self.process = subprocess.Popen(
            [PARAT, "serve", "--data", DATA, "--listen", "127.0.0.1:0"],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        for line in self.process.stdout:
            if line.startswith("Map: "):
                self.url = line[5:].strip().rstrip("/")
                break
        self.pid = self.process.pid
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()

    def json(self, path):
        with urllib.request.urlopen(self.url + path) as answer:
            return json.load(answer)

    def source(self):
        tiles = self.json(f"/collections/{LAYER}/tiles/WebMercatorQuad/tilejson.json")["tiles"][0]
        return tiles.split("/xyz/")[1].split("/")[0]

    def tiles(self, zoom, most, seed=1):
        """Columns and rows of a zoom within the layer's box, in a fixed random order."""
        limits = self.json(f"/collections/{LAYER}/tiles/WebMercatorQuad")["tileMatrixSetLimits"]
        limit = next(one for one in limits if one["tileMatrix"] == str(zoom))
        found = [
            (x, y)
            for x in range(limit["minTileCol"], limit["maxTileCol"] + 1)
            for y in range(limit["minTileRow"], limit["maxTileRow"] + 1)
        ]
        random.Random(seed).shuffle(found)
        return found[:most]


def load(name, pid, url, paths, seconds=4, clients=8):
    """Runs wrk over the paths; prints and gives the CPU a request, in microseconds."""
    with tempfile.TemporaryDirectory() as folder:
        listed = os.path.join(folder, "paths")
        with open(listed, "w") as file:
            file.write("\n".join(paths) + "\n")
        script = os.path.join(folder, "load.lua")
        with open(script, "w") as file:
            file.write(
                f'local paths = {{}} for line in io.lines("{listed}") do paths[#paths + 1] = line end\n'
                "local at = 0\n"
                "request = function() at = at + 1\n"
                '  return wrk.format("GET", paths[(at - 1) % #paths + 1], {["Accept-Encoding"] = "gzip"}) end\n'
                "done = function(all) io.write(string.format("
                '"R %d %d %d %d\\n", all.requests, all.bytes, all.errors.status, all.duration)) end\n'
            )
        before = cpu(pid)
        said = subprocess.run(
            ["wrk", "-t2", f"-c{clients}", f"-d{seconds}s", "-s", script, url],
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        spent = cpu(pid) - before
    requests, size, errors, micros = map(int, re.search(r"R (\d+) (\d+) (\d+) (\d+)", said).groups())
    each = spent / max(requests, 1) * 1e6
    print(
        f"{name:24} {requests / (micros / 1e6):9.0f} requests/s {each:9.1f} us CPU a request"
        f" {size // max(requests, 1):8d} bytes, {errors} errors",
        flush=True,
    )
    return each
