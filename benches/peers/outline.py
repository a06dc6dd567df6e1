#!/usr/bin/env python3
"""Writes one area of 100,000 corners, a municipal limit drawn by hand, as GeoJSON: outline.py OUT.geojson [CORNERS]"""

import json
import math
import random
import sys


def main(out, corners="100000"):
    corners, dice, rough, ring = int(corners), random.Random(7), 0.0, []
    for at in range(corners):
        turn = 2 * math.pi * at / corners
        rough = 0.98 * rough + dice.uniform(-1e-5, 1e-5)
        far = 0.1 * (1 + 0.3 * math.sin(5 * turn) + 0.1 * math.sin(23 * turn)) + rough * math.sin(turn / 2)
        ring.append([round(77 + far * math.cos(turn), 8), round(12.9 + far * math.sin(turn), 8)])
    ring.append(ring[0])
    feature = {"type": "Feature", "properties": {"name": "Nowhere"}, "geometry": {"type": "Polygon", "coordinates": [ring]}}
    with open(out, "w") as file:
        json.dump({"type": "FeatureCollection", "features": [feature]}, file)


main(*sys.argv[1:])
