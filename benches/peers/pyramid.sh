#!/usr/bin/env bash
# The whole pyramid of a published layer: Parat against tippecanoe on the same features. Bar: a fifteenth of its CPU.
set -euo pipefail
parat=${PARAT:-target/release/parat} data=${DATA:-parat-data} layer=${LAYER:-building}
folder=$(mktemp -d)
trap 'rm -r "$folder"' EXIT
truth=$(find "$data/versions/$layer" -name truth.fgb | sort | tail -n 1)
echo "$(nproc) cores, load $(cut -d' ' -f1 /proc/loadavg) before the run, page cache warm"
TIMEFORMAT='%U user + %S system s'
echo "parat, zooms 0 to 16:"
time "$parat" tiles export "$layer" --data "$data" --zooms 0-16 --out "$folder/parat.pmtiles"
ogr2ogr -f GeoJSONSeq "$folder/features.geojsonl" "$truth"
echo "tippecanoe, zooms 10 to 16, dropping the densest where a tile is full:"
time tippecanoe -q -P -Z10 -z16 --drop-densest-as-needed -l "$layer" -o "$folder/other.pmtiles" "$folder/features.geojsonl"
ls -l "$folder"/*.pmtiles
