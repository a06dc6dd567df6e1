#!/usr/bin/env python3
"""Kills a running `parat serve` at random moments and looks from outside whether anything was lost.

    python3 tests/kill/rounds.py --parat target/release/parat --rounds 520

Each round does one thing to the server - an upload, a judging, an approval, a publication - and sends SIGKILL at a
random moment of it; some rounds kill the next start as well. Then the server is started again and judged by what it
answers and by the files it left: every byte and every step that was answered is there, what is public is one whole
version in its collection, its items, its tiles and its folder, the journal is whole, every delivery comes to an end
with a reason, and nothing half-made lies about. Only kills that met their phase are counted. The first broken promise
ends the run with exit code 1 and keeps the data folder; SIGTERM ends it after the round that it is in. The short form of this is in
`tests/e2e/deliveries.rs`.
"""
import argparse
import collections
import glob
import gzip
import hashlib
import http.client
import json
import os
import random
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time

from city import ABOUT, wards

HOST = "127.0.0.1"
LAYER = "ward_boundary"
BASE = f"/collections/{LAYER}"
TALE = re.compile(rb"tale(\d+)x")
MOST_OPEN = 12
ENDS = ("judged", "failed", "cancelled")
PHASES = ("upload", "validation", "approval", "publication")
# What the server tells of a delivery between its last byte and its verdict; validation is met in each of them.
VALIDATING = ("queued", "reading", "checking", "publishing")
# What an action makes of a version; publishing also makes `superseded` of what was public.
BECOMES = {"submit": "submitted", "approve": "approved", "return": "returned", "publish": "published", "retire": "retired"}


class Broken(Exception):
    """A promise was not kept."""


def expect(kept, *what):
    if not kept:
        raise Broken(" ".join(str(one) for one in what))


class Server:
    """The program under test; its address stays the same from start to start."""

    def __init__(self, parat, data, port):
        self.parat, self.data, self.port = parat, data, port
        self.process, self.took = None, 0.2

    def launch(self):
        self.process = subprocess.Popen(
            [self.parat, "serve", "--new", "--data", self.data, "--listen", f"{HOST}:{self.port}"],
            stdout=subprocess.DEVNULL, stderr=open(f"{self.data}.log", "ab"))

    def start(self):
        begun = time.monotonic()
        self.launch()
        while True:
            # A reader that was being started when its server died holds the old socket until it is one: a connection
            # may be taken and reset, and the address not be free, for some milliseconds.
            try:
                self.ask("GET", "/health")
                break
            except (OSError, http.client.HTTPException):
                expect(time.monotonic() - begun < 60, "the server does not answer within a minute; see", f"{self.data}.log")
                if self.process.poll() is not None:
                    expect(time.monotonic() - begun < 5, "the server does not start again; see", f"{self.data}.log")
                    self.launch()
                time.sleep(0.005)
        self.took = 0.8 * self.took + 0.2 * (time.monotonic() - begun)

    def kill(self):
        os.kill(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def ask(self, method, path, body=None, headers=None):
        """Status, headers, body; a body that is JSON is given as that."""
        line = http.client.HTTPConnection(HOST, self.port, timeout=60)
        if isinstance(body, dict):
            body, headers = json.dumps(body).encode(), {"content-type": "application/json", **(headers or {})}
        line.request(method, path, body, headers or {})
        answer = line.getresponse()
        bytes_, head = answer.read(), {name.lower(): value for name, value in answer.getheaders()}
        line.close()
        expect(answer.status < 500, method, path, answer.status, bytes_[:300])
        if head.get("content-encoding") == "gzip":
            bytes_ = gzip.decompress(bytes_)
        if "json" in head.get("content-type", "") and not path.startswith(f"{BASE}/items"):
            return answer.status, head, json.loads(bytes_ or b"null")
        return answer.status, head, bytes_

    def watch(self, delivery, wanted):
        """Asks for a delivery's phase over one line until it is the wanted one, or past it; gives the last one told."""
        line = http.client.HTTPConnection(HOST, self.port, timeout=60)
        try:
            while True:
                line.request("GET", f"/deliveries/{delivery}")
                said = json.loads(line.getresponse().read())["phase"]
                if said == wanted or said in ENDS or VALIDATING.index(said) > VALIDATING.index(wanted):
                    return said
        finally:
            line.close()

    def cut(self, head, body, share, wait):
        """Sends a request, or a share of its body, waits, kills; gives the answer that came before the end, if one did."""
        line = socket.create_connection((HOST, self.port), 10)
        head = head + [f"Host: {HOST}:{self.port}", f"Content-Length: {len(body)}", "Connection: close"]
        try:
            line.sendall("\r\n".join(head).encode() + b"\r\n\r\n" + body[: int(len(body) * share)])
            time.sleep(wait)
        finally:
            self.kill()
        line.settimeout(5)
        said = b""
        try:
            while piece := line.recv(65536):
                said += piece
        except OSError:
            pass
        head, _, rest = said.partition(b"\r\n\r\n")
        if not rest and b" 204 " not in head[:20]:
            return None
        return int(head.split(b" ")[1]), head.decode("latin-1").lower(), rest


class Ledger:
    """What the server has answered for, and what it was asked and never answered."""

    def __init__(self):
        self.whole = {}  # delivery -> bytes that were taken
        self.open = {}  # tus upload -> (answered offset, bytes)
        self.states = {}  # version -> states it may be in
        self.tales = {}  # version -> its tale
        self.sound = set()  # versions that conform
        self.took = collections.defaultdict(lambda: 0.03)  # what -> seconds, undisturbed
        self.hits, self.all = collections.Counter(), collections.Counter()
        self.outlived = 0.0  # the longest that a reader went on after its server


class Rounds:
    def __init__(self, server, dice):
        self.server, self.dice, self.ledger, self.tale = server, dice, Ledger(), 0

    def fresh(self, broad=False):
        self.tale += 1
        tale = f"tale{self.tale}x"
        return wards(tale, 20, 8) if broad else wards(tale, self.dice.choice((10, 10, 10, 20)))

    def form(self, data):
        parts = [("file", "wards.geojson", data), ("file", "wards.metadata.json", json.dumps(ABOUT).encode()),
                 ("layer", None, LAYER.encode())]
        body = b""
        for name, file, part in parts:
            file = f'; filename="{file}"' if file else ""
            body += f'--QQ\r\nContent-Disposition: form-data; name="{name}"{file}\r\n\r\n'.encode() + part + b"\r\n"
        return ["POST /deliveries HTTP/1.1", "Content-Type: multipart/form-data; boundary=QQ"], body + b"--QQ--\r\n"

    def hand_in(self, broad=False):
        """A delivery, taken."""
        data = self.fresh(broad)
        _, body = self.form(data)
        status, _, said = self.server.ask("POST", "/deliveries", body, {"content-type": "multipart/form-data; boundary=QQ"})
        expect(status == 202, "a form", status, said)
        self.ledger.whole[said["id"]] = data
        return said["id"]

    # --- the four phases; each ends with the server killed and tells whether that met it

    def upload(self):
        share, wait = min(1.0, self.dice.random() * 1.5), self.dice.random() ** 2 * self.ledger.took["upload"]
        if self.dice.random() < 0.4:
            data = self.fresh()
            answer = self.server.cut(*self.form(data), share, wait)
            if answer:
                expect(answer[0] == 202, answer)
                self.ledger.whole[json.loads(answer[2])["id"]] = data
            return "form", answer is None
        # The server lets one person begin so many uploads and no more; what is begun is gone on with.
        if not self.ledger.open or (len(self.ledger.open) < MOST_OPEN and self.dice.random() < 0.3):
            data = self.fresh()
            about = "filename d2FyZHMuZ2VvanNvbg==,layer d2FyZF9ib3VuZGFyeQ=="
            status, head, _ = self.server.ask("POST", "/uploads", None, {
                "tus-resumable": "1.0.0", "upload-length": str(len(data)), "upload-metadata": about})
            expect(status == 201, "tus creation", status)
            self.ledger.open[head["parat-delivery"]] = (0, data)
        upload = self.dice.choice(sorted(self.ledger.open))
        offset, data = self.ledger.open[upload]
        offset = self.offset(upload)
        piece = data[offset:][: max(2000, len(data) // 3)]
        answer = self.server.cut([f"PATCH /uploads/{upload} HTTP/1.1", "Tus-Resumable: 1.0.0", f"Upload-Offset: {offset}",
                                  "Content-Type: application/offset+octet-stream"], piece, share, wait)
        if answer:
            expect(answer[0] == 204, answer)
            said = int(re.search(r"upload-offset: (\d+)", answer[1])[1])
            self.arrived(upload, said)
        return "tus", answer is None

    def arrived(self, upload, offset):
        data = self.ledger.open[upload][1]
        self.ledger.open[upload] = (offset, data)
        if offset == len(data):
            self.ledger.whole[upload] = self.ledger.open.pop(upload)[1]

    def offset(self, upload):
        status, head, _ = self.server.ask("HEAD", f"/uploads/{upload}", None, {"tus-resumable": "1.0.0"})
        expect(status == 200, upload, "was lost", status)
        offset, answered = int(head["upload-offset"]), self.ledger.open[upload][0]
        expect(offset >= answered, upload, answered, "bytes were answered,", offset, "are left")
        return offset

    def validation(self):
        ledger = self.ledger
        wanted = min(VALIDATING, key=lambda one: (ledger.hits["validation", one], self.dice.random()))
        # Nothing waits for long unless others are before it.
        for _ in range(3 if wanted == "queued" else 0):
            self.hand_in(broad=True)
        name = self.hand_in(broad=True)
        if wanted != "queued" and self.dice.random() < 0.25:
            self.await_end(name)
            self.server.ask("PATCH", f"/deliveries/{name}", {"metadata": {"lineage": f"asked again {self.tale}"}})
        told = self.server.watch(name, wanted)
        time.sleep(self.dice.random() * ledger.took[told] * 0.9)
        self.server.kill()
        return told, told in VALIDATING and self.kept_state(name) not in ENDS

    def approval(self):
        # An upload without metadata makes a draft that does not conform; nothing takes that on.
        drafts = [one for one in self.in_state("draft", "submitted") if one[0] in self.ledger.sound]
        if not drafts:
            return None
        version, state = self.dice.choice(drafts[-5:])
        action = "submit" if state == "draft" else self.dice.choice(("approve", "approve", "return"))
        return self.step(version, action)

    def publication(self):
        ready, public, old = self.in_state("approved"), self.in_state("published"), self.in_state("superseded", "retired")
        kind = self.dice.choice(("publish", "publish", "pyramid", "roll-back", "retire"))
        if kind == "retire" and public:
            return self.step(public[0][0], "retire")
        if kind == "roll-back" and old:
            return self.step(self.dice.choice(old)[0], "publish", "roll-back")
        if not ready and not old:
            return None
        version = (ready[-1:] or [self.dice.choice(old)])[0][0]
        if kind != "pyramid":
            return self.step(version, "publish", "publish" if ready else "roll-back")
        # The tiles of a public version are made behind it; a killed making must not show.
        status, _, said = self.server.ask("POST", f"{BASE}/versions/{version}/publish", {"comment": "kill"})
        expect(status == 200, "publish", version, status, said)
        self.became(version, "publish", sure=True)
        pyramid = f"{self.server.data}/versions/{LAYER}/{said['hash']}/pyramid.pmtiles"
        if os.path.exists(pyramid):
            os.remove(pyramid)
            self.server.kill()
            self.server.launch()
        time.sleep(self.dice.random() * 1.2)
        self.server.kill()
        return "pyramid", not os.path.exists(pyramid)

    def step(self, version, action, kind=None):
        kind = kind or action
        answer = self.server.cut([f"POST {BASE}/versions/{version}/{action} HTTP/1.1", "Content-Type: application/json"],
                                 b'{"comment": "kill"}', 1.0, self.dice.random() ** 2 * self.ledger.took[kind])
        if answer:
            expect(answer[0] == 200, action, version, answer)
        self.became(version, action, sure=answer is not None)
        return kind, answer is None

    def became(self, version, action, sure):
        states = self.ledger.states
        for other, known in states.items():
            if action == "publish" and other != version and "published" in known:
                states[other] = {"superseded"} if sure else known | {"superseded"}
        states[version] = {BECOMES[action]} if sure else states[version] | {BECOMES[action]}

    # --- what is seen from outside

    def in_state(self, *wanted):
        return [(version, next(iter(known))) for version, known in sorted(self.ledger.states.items()) if known & set(wanted)]

    def kept_state(self, name):
        """A delivery's state in the catalogue of the dead server, read from a copy."""
        with tempfile.TemporaryDirectory() as place:
            for file in glob.glob(f"{self.server.data}/catalogue.sqlite*"):
                if not file.endswith("-shm"):
                    shutil.copy(file, place)
            with sqlite3.connect(f"{place}/catalogue.sqlite") as catalogue:
                row = catalogue.execute("SELECT state FROM jobs WHERE id = ?", (int(name[2:]),)).fetchone()
        expect(row, name, "is not in the catalogue")
        return row[0]

    def await_end(self, name):
        begun = time.monotonic()
        while True:
            status, _, said = self.server.ask("GET", f"/deliveries/{name}")
            expect(status == 200, name, "was lost", status)
            if said["state"] in ENDS:
                expect(said["state"] == "judged" or said["reason"], name, "ended without a reason")
                return said
            if said["state"] == "receiving":
                expect(name not in self.ledger.whole, name, "was taken and is receiving")
                return said
            expect(time.monotonic() - begun < 60, name, "never ends:", said["state"])
            time.sleep(0.005)

    def look(self, everything):
        ledger, server = self.ledger, self.server
        _, _, said = server.ask("GET", "/deliveries?limit=1000" if everything else "/deliveries?limit=12")
        for delivery in said["deliveries"]:
            self.await_end(delivery["id"])
            status, _, _ = server.ask("GET", f"/reports/{delivery['id']}")
            expect(status == 200, "no report of", delivery["id"], status)
        for name, data in list(ledger.whole.items())[-10_000 if everything else -8:]:
            end = self.await_end(name)
            expect(end["state"] == "judged", name, end["state"], end["reason"])
            expect(end["layers"][0]["counts"]["read"] == data.count(b'"Feature"'), name, end["layers"])
            with open(f"{server.data}/deliveries/{name}/f0.geojson", "rb") as file:
                expect(file.read() == data, name, "has other bytes on disk")
        for upload in list(ledger.open):
            self.arrived(upload, self.offset(upload))
            if upload in ledger.whole:
                self.await_end(upload)
            if upload in ledger.open:
                with open(f"{server.data}/deliveries/{upload}/f0.geojson", "rb") as file:
                    kept = file.read()
                expect(ledger.open[upload][1].startswith(kept) and len(kept) == ledger.open[upload][0], upload, "differs")
        self.look_at_versions(everything)
        _, _, journal = server.ask("GET", "/journal/verify")
        expect(journal["whole"], "the journal is broken", journal)
        self.look_at_disk()
        if everything:
            command = [server.parat, "journal", "verify", "--files", "--data", server.data]
            done = subprocess.run(command, capture_output=True, text=True)
            expect(done.returncode == 0, "journal verify", done.stdout, done.stderr)

    def look_at_versions(self, everything):
        ledger, server = self.ledger, self.server
        status, _, said = server.ask("GET", f"{BASE}/versions")
        if status == 404:
            expect(not ledger.states, "all versions are gone")
            return
        found = {one["version"]: one for one in said["versions"]}
        expect(set(ledger.states) <= set(found), "versions were lost", set(ledger.states) - set(found))
        expect(sorted(found) == list(range(1, len(found) + 1)), "versions have a gap")
        for number, one in found.items():
            may = ledger.states.get(number, {"draft"})
            expect(one["state"] in may, "version", number, "is", one["state"], "and was", may)
            ledger.states[number] = {one["state"]}
            if one["verdict"] == "conforms":
                ledger.sound.add(number)
        public = [number for number, one in found.items() if one["state"] == "published"]
        expect(len(public) <= 1, "two versions are public", public)
        expect((said.get("public") or None) == (public or [None])[0], "public is", said.get("public"), public)
        recent = sorted(found)[-10_000 if everything else -3:]
        for number in {*recent, *public}:
            state = found[number]["state"]
            status, _, items = server.ask("GET", f"/collections/{LAYER}@{number}/items?limit=1000")
            if state in ("returned", "retired"):
                continue
            expect(status == 200, "version", number, state, status)
            tales = collections.Counter(TALE.findall(json.dumps(items).encode()))
            expect(len(tales) == 1 and sum(tales.values()) == found[number]["features"], number, tales)
            tale = next(iter(tales))
            expect(ledger.tales.setdefault(number, tale) == tale, "version", number, "has another content")
        for number in public:
            status, head, items = server.ask("GET", f"{BASE}/items?limit=1000")
            expect(status == 200 and head["parat-version"] == str(number), "items are of", head.get("parat-version"), number)
            expect(set(TALE.findall(items)) == {ledger.tales[number]}, "items of two versions")
            hash_ = found[number]["hash"]
            z, x, y = 9, int((77.6 + 180) / 360 * 512), 237
            for path in (f"{BASE}/tiles/WebMercatorQuad/{z}/{y}/{x}", f"/xyz/{LAYER}/{z}/{x}/{y}",
                         f"/xyz/{LAYER}@{hash_}/{z}/{x}/{y}"):
                status, head, tile = server.ask("GET", path)
                expect(status == 200, path, status)
                expect(set(TALE.findall(tile)) == {ledger.tales[number]}, path, "shows", set(TALE.findall(tile)))
            _, _, tiles = server.ask("GET", f"{BASE}/tiles/WebMercatorQuad/tilejson.json")
            expect(hash_ in tiles["tiles"][0], "TileJSON names another version", tiles["tiles"])
        if found and not public:
            status, _, _ = server.ask("GET", f"{BASE}/items")
            expect(status in (404, 410), "nothing is public and items answer", status)

    def look_at_disk(self):
        data = self.server.data
        expect(os.listdir(f"{data}/staging") == [], "staging holds", os.listdir(f"{data}/staging"))
        left = os.listdir(f"{data}/deliveries/work")
        expect(left == [], "readers left", left)
        folders = os.listdir(f"{data}/versions/{LAYER}") if os.path.isdir(f"{data}/versions/{LAYER}") else []
        expect(len(folders) == len(self.ledger.states), len(folders), "folders of", len(self.ledger.states), "versions")
        for folder in folders:
            files = set(os.listdir(f"{data}/versions/{LAYER}/{folder}"))
            expect({"truth.fgb", "serve"} <= files, folder, "lacks files", files)
            # A server that runs may be making tiles this moment; its unfinished file is the only other one.
            odd = [file for file in files - {"truth.fgb", "serve", "pyramid.pmtiles"} if not file.startswith("pyramid.pmtiles")]
            expect(not odd, folder, "holds", odd)

    def orphans(self):
        """Readers that outlived their server."""
        found = []
        for place in glob.glob("/proc/[0-9]*/cmdline"):
            try:
                with open(place, "rb") as file:
                    own = file.read().split(b"\0")
                if b"__read" in own and os.readlink(place.replace("cmdline", "cwd")).startswith(os.path.realpath(self.server.data)):
                    found.append(place)
            except OSError:
                pass
        return found

    def warm(self):
        """A few versions, and how long each step takes undisturbed."""
        for _ in range(4):
            begun = time.monotonic()
            name = self.hand_in()
            self.ledger.took["upload"] = time.monotonic() - begun
            self.await_end(name)
        name, last, since = self.hand_in(broad=True), None, time.monotonic()
        while last not in ENDS:
            told = self.server.ask("GET", f"/deliveries/{name}")[2]["phase"]
            if told != last:
                self.ledger.took[last], last, since = time.monotonic() - since, told, time.monotonic()
        self.ledger.took["queued"] = self.ledger.took["checking"]
        print("validation, undisturbed:", {one: f"{1000 * self.ledger.took[one]:.0f} ms" for one in VALIDATING[1:]}, flush=True)
        self.look_at_versions(False)
        for version in (1, 2):
            for action in ("submit", "approve", "publish"):
                begun = time.monotonic()
                status, _, said = self.server.ask("POST", f"{BASE}/versions/{version}/{action}", {"comment": "kill"})
                expect(status == 200, said)
                self.ledger.took[action] = time.monotonic() - begun
                self.became(version, action, sure=True)
        took = self.ledger.took
        took["roll-back"], took["retire"], took["return"] = took["publish"], took["publish"], took["approve"]

    def once(self, phase, every):
        kind, met = getattr(self, phase)() or (None, False)
        if kind is None:
            # Nothing is in the state that this phase begins with: one more version is.
            self.server.ask("GET", "/health")
            self.await_end(self.hand_in())
            self.look_at_versions(False)
            return
        self.ledger.all[phase] += 1
        if met:
            self.ledger.hits[phase, kind] += 1
        begun = time.monotonic()
        while left := self.orphans():
            expect(time.monotonic() - begun < 15, "a reader outlives its server", left)
            time.sleep(0.01)
        self.ledger.outlived = max(self.ledger.outlived, time.monotonic() - begun)
        if self.dice.random() < 0.2:
            self.server.launch()
            time.sleep(self.dice.random() * self.server.took * 1.2)
            self.server.kill()
            self.ledger.all["start"] += 1
        self.server.start()
        self.look(every)


def main():
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--parat", required=True, help="the program, a release build")
    ask.add_argument("--rounds", type=int, default=520, help="kills that met their phase, in all")
    ask.add_argument("--seed", type=int, default=int(time.time()))
    ask.add_argument("--port", type=int, default=7123)
    ask.add_argument("--data", help="where the data folder is made; kept when a promise was broken")
    asked = ask.parse_args()
    place = asked.data or tempfile.mkdtemp(prefix="parat-kill-")
    os.makedirs(place, exist_ok=True)
    rounds = Rounds(Server(asked.parat, f"{place}/data", asked.port), random.Random(asked.seed))
    ledger, begun, count = rounds.ledger, time.monotonic(), 0
    per_phase = lambda phase: sum(hits for (own, _), hits in ledger.hits.items() if own == phase)
    stop = []
    signal.signal(signal.SIGTERM, lambda *_: stop.append(True))
    try:
        rounds.server.start()
        rounds.warm()
        while not stop and sum(ledger.hits.values()) < asked.rounds:
            # The phase that was met least often is next, so that all are met alike.
            phase = min(PHASES, key=lambda phase: (per_phase(phase), rounds.dice.random()))
            rounds.once(phase, count % 40 == 39)
            count += 1
            if count % 20 == 0:
                print(f"{time.monotonic() - begun:6.0f} s {count} rounds", {one: per_phase(one) for one in PHASES}, flush=True)
        rounds.look(True)
    except (Broken, OSError, http.client.HTTPException) as broken:
        print(f"round {count}, seed {asked.seed}: {broken!r}\nthe data folder is kept: {place}", file=sys.stderr)
        rounds.server.process.kill()
        return 1
    rounds.server.process.kill()
    print(f"{sum(ledger.all.values())} kills in {time.monotonic() - begun:.0f} s, seed {asked.seed}; "
          f"met their phase: {sum(ledger.hits.values())}; {ledger.all['start']} of a start")
    for phase in PHASES:
        kinds = {kind: hits for (own, kind), hits in sorted(ledger.hits.items()) if own == phase}
        print(f"  {phase:12} {per_phase(phase):4} of {ledger.all[phase]:4}  {kinds}")
    print(f"  {len(ledger.whole)} deliveries whole, {len(ledger.states)} versions, nothing lost; "
          f"no reader went on for more than {ledger.outlived:.1f} s after its server")
    if not asked.data:
        shutil.rmtree(place)
    return 0


if __name__ == "__main__":
    sys.exit(main())
