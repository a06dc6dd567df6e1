"""What the scripts share: servers started and stopped, CPU time from /proc, load by wrk, pairs measured in turn."""

import gzip
import http.client
import json
import math
import os
import random
import re
import subprocess
import tempfile
import time
import urllib.parse
import urllib.request

PARAT = os.environ.get("PARAT", "target/release/parat")
DATA = os.environ.get("DATA", "parat-data")
# The layers of `data.py`, and a filter for each: what PostgreSQL's functions in `postgis.sh` take as a parameter.
LAYERS = {"building": ("floors >= 2", "floors=2"), "road": ("lanes >= 2", "lanes=2"), "tree": ("girth_cm >= 60", "girth=60")}
CHOSEN = os.environ.get("LAYER", ",".join(LAYERS)).split(",")
TICKS = os.sysconf("SC_CLK_TCK")
# What browsers of 2024 and later say; with CODINGS=gzip what they and all others said before.
CODINGS = os.environ.get("CODINGS", "gzip, deflate, br, zstd")


def machine():
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} before the run, page cache warm", flush=True)


def family(pid):
    """A process and all that it has begun."""
    found = [pid]
    try:
        for task in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{task}/children") as file:
                for child in file.read().split():
                    found += family(int(child))
    except FileNotFoundError:
        pass
    return found


def cpu(*pids):
    """Seconds of user and system time so far, of children that have ended too."""
    total = 0
    for one in {member for pid in pids for member in family(pid)}:
        try:
            with open(f"/proc/{one}/stat") as file:
                total += sum(map(int, file.read().rsplit(")", 1)[1].split()[11:15]))
        except FileNotFoundError:
            pass
    return total / TICKS


def nanoseconds(*pids):
    """The time of all threads on a core; finer than `cpu`, but what ends takes its time along."""
    total = 0
    for one in {member for pid in pids for member in family(pid)}:
        try:
            for task in os.listdir(f"/proc/{one}/task"):
                with open(f"/proc/{one}/task/{task}/schedstat") as file:
                    total += int(file.read().split()[0])
        except FileNotFoundError:
            pass
    return total


def memory(pid):
    """Resident bytes that are not page cache, in MiB."""
    with open(f"/proc/{pid}/status") as file:
        for line in file:
            if line.startswith("RssAnon"):
                return int(line.split()[1]) / 1024
    return 0.0


class Line:
    """A connection that is kept, as a browser keeps it."""

    def __init__(self, url, codings="gzip"):
        self.headers = {"Accept-Encoding": codings}
        self.connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=120)

    def get(self, path):
        """Status, headers and the body as it came."""
        self.connection.request("GET", path, headers=self.headers)
        answer = self.connection.getresponse()
        return answer.status, answer.headers, answer.read()


def unpacked(headers, body):
    coding = headers["Content-Encoding"]
    if coding == "zstd":
        return subprocess.run(["zstd", "-dcq"], input=body, capture_output=True, check=True).stdout
    return gzip.decompress(body) if coding == "gzip" else body


class Program:
    """Something that is started, and stopped by its own process id."""

    def __enter__(self):
        self.start()
        self.pid = self.process.pid
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()

    def wait(self, path):
        for _ in range(300):
            try:
                urllib.request.urlopen(self.url + path).read()
                return
            except OSError:
                time.sleep(0.1)
        raise SystemExit(f"no answer: {self.url}{path}")


class Parat(Program):
    def __init__(self, *files, data=DATA):
        self.arguments = [PARAT, "serve", *files, "--data", data, "--listen", "127.0.0.1:0"]
        if "STANDARDS" in os.environ:
            self.arguments += ["--standards", os.environ["STANDARDS"]]

    def start(self):
        self.process = subprocess.Popen(self.arguments, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        for line in self.process.stdout:
            if line.startswith("Map: "):
                self.url = line[5:].strip().rstrip("/")
                return
        raise SystemExit("parat did not start")

    def json(self, path):
        with urllib.request.urlopen(self.url + path) as answer:
            return json.load(answer)

    def source(self, layer):
        """`layer@hash`, as the pinned addresses name it."""
        tiles = self.json(f"/collections/{layer}/tiles/WebMercatorQuad/tilejson.json")["tiles"][0]
        return tiles.split("/xyz/")[1].split("/")[0]

    def fields(self, layer):
        document = self.json(f"/collections/{layer}/tiles/WebMercatorQuad/tilejson.json")
        return list(document["vector_layers"][0]["fields"])

    def tiles(self, layer, zoom, most, seed=1, grid="WebMercatorQuad"):
        """Columns and rows of a zoom within the layer's box, in a fixed random order."""
        limits = self.json(f"/collections/{layer}/tiles/{grid}")["tileMatrixSetLimits"]
        limit = next((one for one in limits if one["tileMatrix"] == str(zoom)), None)
        if not limit:
            return []
        found = [
            (x, y)
            for x in range(limit["minTileCol"], limit["maxTileCol"] + 1)
            for y in range(limit["minTileRow"], limit["maxTileRow"] + 1)
        ]
        random.Random(seed).shuffle(found)
        return found[:most]


    def places(self, layer, zoom, most, seed=20):
        """Tiles as people ask for them, each once: half of the places near the middle, half anywhere in a disc."""
        west, south, east, north = self.json(f"/collections/{layer}/tiles/WebMercatorQuad/tilejson.json")["bounds"]
        dice, wide, found = random.Random(seed), 1 << zoom, {}
        for _ in range(50 * most):
            turn, far = dice.uniform(0, 2 * math.pi), math.sqrt(dice.random())
            across, up = (dice.gauss(0, 0.32), dice.gauss(0, 0.32)) if dice.random() < 0.5 else (far * math.cos(turn), far * math.sin(turn))
            lon, lat = (west + east) / 2 + across * (east - west) / 2, (south + north) / 2 + up * (north - south) / 2
            y = (1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2
            found[int((lon + 180) / 360 * wide), int(y * wide)] = True
            if len(found) == most:
                break
        return list(found)


class Martin(Program):
    """Martin with its own configuration; `cache` in MB."""

    def __init__(self, cache, pmtiles=None, postgres=None, port=int(os.environ.get("MARTIN_PORT", "7532"))):
        self.url = f"http://127.0.0.1:{port}"
        lines = [f"listen_addresses: '127.0.0.1:{port}'", "worker_processes: 2", f"cache_size_mb: {cache}"]
        if postgres:
            lines += ["postgres:", f"  connection_string: '{postgres}'", "  pool_size: 4", "  auto_bounds: skip"]
        if pmtiles:
            lines += ["pmtiles:", "  sources:", *(f"    {name}: {path}" for name, path in pmtiles.items())]
        self.config = "\n".join(lines) + "\n"

    def start(self):
        self.folder = tempfile.TemporaryDirectory()
        file = os.path.join(self.folder.name, "martin.yaml")
        with open(file, "w") as out:
            out.write(self.config)
        self.process = subprocess.Popen(
            [os.environ.get("MARTIN", "martin"), "--config", file],
            stdout=open(os.path.join(self.folder.name, "log"), "w"), stderr=subprocess.STDOUT,
        )
        self.wait("/health")


def run_wrk(pids, url, paths, seconds, clients):
    """Requests, bytes, errors, microseconds, and the CPU seconds of the server meanwhile."""
    with tempfile.TemporaryDirectory() as folder:
        listed, script = os.path.join(folder, "paths"), os.path.join(folder, "load.lua")
        with open(listed, "w") as file:
            file.write("\n".join(paths) + "\n")
        with open(script, "w") as file:
            file.write(
                f'local paths = {{}} for line in io.lines("{listed}") do paths[#paths + 1] = line end\n'
                "local at = 0\n"
                "request = function() at = at + 1\n"
                '  return wrk.format("GET", paths[(at - 1) % #paths + 1], {["Accept-Encoding"] = "gzip"}) end\n'
                "done = function(all) io.write(string.format("
                '"R %d %d %d %d\\n", all.requests, all.bytes, all.errors.status, all.duration)) end\n'
            )
        before = cpu(*pids)
        said = subprocess.run(
            ["wrk", "-t1", f"-c{clients}", f"-d{seconds}s", "-s", script, url], capture_output=True, text=True, check=True
        ).stdout
        return (*map(int, re.search(r"R (\d+) (\d+) (\d+) (\d+)", said).groups()), cpu(*pids) - before)


def in_turn(servers, rounds=3, seconds=2, clients=8):
    """Loads servers in turn, round after round, so that a busy neighbour troubles all alike.

    `servers`: name -> (pids, url, paths). Prints and gives the CPU a request of each, in microseconds."""
    sums = {name: [0, 0, 0, 0, 0.0] for name in servers}
    for pids, url, paths in servers.values():
        # Each once, so that whoever keeps things has them.
        line = Line(url)
        for path in paths:
            line.get(path)
    for _ in range(rounds):
        for name, (pids, url, paths) in servers.items():
            sums[name] = [a + b for a, b in zip(sums[name], run_wrk(pids, url, paths, seconds, clients))]
    each = {}
    for name, (requests, size, errors, micros, spent) in sums.items():
        each[name] = spent / max(requests, 1) * 1e6
        print(
            f"  {name:8} {each[name]:7.1f} us CPU a request, {requests / micros * 1e6:7.0f} requests/s,"
            f" {size // max(requests, 1):7} bytes, {errors} errors",
            flush=True,
        )
    return each
