#!/usr/bin/env python3
"""64 clients, each asking again and again for a viewport of 20 filtered tiles at another place.

The bar: p99 of a viewport below 8 times its p50, no error. Memory beside it, page cache not counted."""

import http.client
import os
import random
import threading
import time
import urllib.parse

from measure import Parat, cpu, machine, memory

CLIENTS = int(os.environ.get("CLIENTS", "64"))
SECONDS = float(os.environ.get("SECONDS", "20"))
ZOOM = int(os.environ.get("ZOOM", "16"))
LAYER = os.environ.get("LAYER", "building")
FILTER = os.environ.get("FILTER", "floors >= 2")


def client(number, parat, source, tiles, until, took, errors):
    dice = random.Random(number)
    host = parat.url.removeprefix("http://")
    connection = http.client.HTTPConnection(host, timeout=30)
    query = urllib.parse.quote(f"({FILTER}) OR 1 = {number + 2}")
    while time.monotonic() < until:
        x, y = dice.choice(tiles)
        begun = time.monotonic()
        for down in range(4):
            for across in range(5):
                path = f"/xyz/{source}/{ZOOM}/{x + across}/{y + down}.mvt?filter={query}"
                try:
                    connection.request("GET", path, headers={"Accept-Encoding": "gzip"})
                    answer = connection.getresponse()
                    answer.read()
                    if answer.status not in (200, 204):
                        errors.append(answer.status)
                except OSError as error:
                    errors.append(str(error))
                    connection.close()
        took.append(time.monotonic() - begun)


def main():
    machine()
    with Parat() as parat:
        idle = memory(parat.pid)
        source, tiles = parat.source(LAYER), parat.tiles(LAYER, ZOOM, 100_000)
        took, errors, peak = [], [], 0.0
        until = time.monotonic() + SECONDS
        before = cpu(parat.pid)
        threads = [
            threading.Thread(target=client, args=(number, parat, source, tiles, until, took, errors))
            for number in range(CLIENTS)
        ]
        for thread in threads:
            thread.start()
        while any(thread.is_alive() for thread in threads):
            peak = max(peak, memory(parat.pid))
            time.sleep(0.1)
        spent = cpu(parat.pid) - before
        took.sort()
        p50, p99 = took[len(took) // 2], took[min(len(took) - 1, len(took) * 99 // 100)]
        print(
            f"{CLIENTS} clients, {len(took)} viewports of 20 tiles at z{ZOOM}: p50 {p50 * 1e3:.0f} ms,"
            f" p99 {p99 * 1e3:.0f} ms ({p99 / p50:.1f} times, bar 8), {len(errors)} errors {errors[:3]}"
        )
        print(f"{spent / len(took) / 20 * 1e3:.2f} ms CPU a tile; memory idle {idle:.0f} MiB, under load {peak:.0f} MiB")


main()
