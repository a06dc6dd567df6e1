#!/usr/bin/env python3
"""Draws a running server's city in QGIS without a screen: vector tiles by XYZ with the server's style, and OGC API Features.

usage: draw_qgis.py URL FOLDER          with the Python that Debian's `python3-qgis` belongs to

Fails when a layer is not valid or a picture stays white; the pictures are for eyes."""

import json
import os
import sys
import urllib.request

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
from qgis.core import (
    QgsApplication,
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsMapRendererParallelJob,
    QgsMapSettings,
    QgsProject,
    QgsRectangle,
    QgsVectorLayer,
    QgsVectorTileLayer,
)
from qgis.PyQt.QtCore import QSize
from qgis.PyQt.QtGui import QColor

MERCATOR = QgsCoordinateReferenceSystem("EPSG:3857")


def get(url):
    with urllib.request.urlopen(url) as answer:
        return json.load(answer)


def draw(layers, box, path):
    settings = QgsMapSettings()
    settings.setLayers(layers)
    settings.setDestinationCrs(MERCATOR)
    settings.setExtent(box)
    settings.setOutputSize(QSize(1200, 800))
    settings.setBackgroundColor(QColor("white"))
    job = QgsMapRendererParallelJob(settings)
    job.start()
    job.waitForFinished()
    picture = job.renderedImage()
    picture.save(path)
    inked = sum(picture.pixelColor(x, y) != QColor("white") for x in range(0, 1200, 5) for y in range(0, 800, 5))
    said = [f"{error.layerID}: {error.message}" for error in job.errors()]
    print(f"{path}: {inked / 384:.0f} % inked {said or ''}")
    return inked > 100 and not said


def main(url, folder):
    os.makedirs(folder, exist_ok=True)
    app = QgsApplication([], True)
    app.initQgis()
    tilejson = get(f"{url}/tiles/WebMercatorQuad/tilejson.json?collections=building,road,ward_boundary,water_body,park")
    west, south, east, north = tilejson["bounds"]
    turn = QgsCoordinateTransform(QgsCoordinateReferenceSystem("EPSG:4326"), MERCATOR, QgsProject.instance())
    box = turn.transformBoundingBox(QgsRectangle(west, south, east, north))
    middle = QgsRectangle(box)
    middle.scale(0.25)

    address = tilejson["tiles"][0]
    tiles = QgsVectorTileLayer(f"type=xyz&url={address}&zmin={tilejson['minzoom']}&zmax={tilejson['maxzoom']}&styleUrl={url}/styles/city", "tiles")
    fine = [tiles.isValid()]
    said, errors = tiles.loadDefaultStyle()[0:2][::-1] if isinstance(tiles.loadDefaultStyle(), tuple) else ("", True)
    print("style:", said or "taken")
    fine.append(draw([tiles], box, os.path.join(folder, "qgis-tiles.png")))
    fine.append(draw([tiles], middle, os.path.join(folder, "qgis-tiles-near.png")))

    features = []
    for name in ("toilet", "road", "ward_boundary"):
        layer = QgsVectorLayer(f"url='{url}' typename='{name}' restrictToRequestBBOX='1' pageSize='1000'", name, "OAPIF")
        count = sum(1 for _ in layer.getFeatures())
        served = get(f"{url}/collections/{name}/items?limit=1")["numberMatched"]
        print(f"{name}: {count} features over OGC API Features, {served} served, fields {[field.name() for field in layer.fields()][:6]}")
        fine.append(layer.isValid() and count == served)
        features.append(layer)
    fine.append(draw(features, box, os.path.join(folder, "qgis-features.png")))
    return 0 if all(fine) else 1


sys.exit(main(*sys.argv[1:]))
