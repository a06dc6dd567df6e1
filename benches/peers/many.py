#!/usr/bin/env python3
"""Lays a shapefile of single-ring polygons out TIMES times, 30 km apart, with new ids: 5,000,000 buildings from 500,000.

usage: many.py IN.shp OUT.shp [TIMES]      IN's first column is its id, a text of digits

Bytes are moved, nothing is parsed, so that it takes seconds."""

import shutil
import sys

import numpy as np


def main(source, out, times="10"):
    times = int(times)
    shp = np.fromfile(source, np.uint8)
    shx = np.fromfile(source[:-4] + ".shx", ">i4")[25:].reshape(-1, 2)
    head, body = shp[:100].copy(), shp[100:]
    starts, lengths = shx[:, 0].astype(np.int64) * 2 - 100, shx[:, 1].astype(np.int64) * 2
    corners = (lengths - 48) // 16
    # Corners of record i begin 56 bytes behind its start, its box 12 bytes; both fall on whole doubles of a view.
    first = (starts + 56) // 8
    behind = np.repeat(np.cumsum(corners) - corners, corners)
    xs = np.repeat(first, corners) + 2 * (np.arange(corners.sum()) - behind)
    box = (starts + 12 - 4) // 8
    with open(source[:-4] + ".dbf", "rb") as file:
        dbf = file.read()
    start, each = int.from_bytes(dbf[8:10], "little"), int.from_bytes(dbf[10:12], "little")
    width = dbf[32 + 16]
    rows = np.frombuffer(dbf[start : start + each * len(shx)], np.uint8).reshape(-1, each)
    ids = np.char.strip(rows[:, 1 : 1 + width].copy().view(f"S{width}").ravel()).astype(np.int64)
    with open(out, "wb") as shape, open(out[:-4] + ".shx", "wb") as index, open(out[:-4] + ".dbf", "wb") as table:
        limits = np.frombuffer(head[36:68].tobytes(), "<f8") + [0, 0, min(times - 1, 3) * 30_000.0, (times - 1) // 4 * 30_000.0]
        head[36:68] = np.frombuffer(limits.tobytes(), np.uint8)
        size = (100 + times * len(body)) // 2
        head[24:28] = np.frombuffer(np.array([size], ">i4").tobytes(), np.uint8)
        shape.write(head.tobytes())
        head[24:28] = np.frombuffer(np.array([50 + 4 * len(shx) * times], ">i4").tobytes(), np.uint8)
        index.write(head.tobytes())
        table.write(dbf[:4] + (len(shx) * times).to_bytes(4, "little") + dbf[8:start])
        for at in range(times):
            east, north = (at % 4) * 30_000.0, (at // 4) * 30_000.0
            moved = body.copy()
            points = moved.view(np.float64)
            points[xs] += east
            points[xs + 1] += north
            boxes = moved[4:][: (len(moved) - 4) // 8 * 8].view(np.float64)
            for offset, shift in enumerate((east, north, east, north)):
                boxes[box + offset] += shift
            numbers = np.arange(len(shx), dtype=">i4") + 1 + at * len(shx)
            for byte in range(4):
                moved[starts + byte] = numbers.view(np.uint8).reshape(-1, 4)[:, byte]
            shape.write(moved.tobytes())
            places = shx.copy()
            places[:, 0] += at * len(body) // 2
            index.write(places.tobytes())
            copied = rows.copy()
            names = np.char.ljust((ids + at * len(shx)).astype(f"S{width}"), width)
            copied[:, 1 : 1 + width] = np.frombuffer(names.astype(f"S{width}").tobytes(), np.uint8).reshape(-1, width)
            table.write(copied.tobytes())
        table.write(b"\x1a")
    for kind in (".prj", ".cpg"):
        shutil.copy(source[:-4] + kind, out[:-4] + kind)


main(*sys.argv[1:])
