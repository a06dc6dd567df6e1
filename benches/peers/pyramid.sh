#!/usr/bin/env bash
# Buildings from the delivery to the whole pyramid: Parat (the gate, publication, all tiles from zoom 0) against
# tippecanoe (tiles alone, from zoom 10) on the same features, in turn. Bar: a fifteenth of its CPU.
#
# usage: pyramid.sh DELIVERY [ROUNDS]      a file that conforms to the standard of its layer
set -euo pipefail
parat=${PARAT:-target/release/parat} delivery=${1:?a file is wanted} rounds=${2:-2}
folder=$(mktemp -d)
trap 'rm -r "$folder"' EXIT
echo "$(nproc) cores, load $(cut -d' ' -f1 /proc/loadavg) before the run, page cache warm"
TIMEFORMAT='%U %S'
spent() { { time "$@" >/dev/null 2>&1; } 2>&1 | awk '{print $1 + $2}'; }
ours=0 theirs=0
for round in $(seq "$rounds"); do
  rm -rf "$folder/data"
  once=$(spent "$parat" ingest "$delivery" --data "$folder/data")
  if [ "$round" = 1 ]; then
    layer=$(ls "$folder/data/versions")
    ogr2ogr -q -f GeoJSONSeq "$folder/features.geojsonl" "$(find "$folder/data/versions" -name truth.fgb)"
    ls -l "$(find "$folder/data/versions" -name pyramid.pmtiles)" | awk '{print "parat'"'"'s pyramid:", $5, "bytes"}'
  fi
  other=$(spent tippecanoe -q -f -Z10 -z16 --drop-densest-as-needed -l "$layer" -o "$folder/other.pmtiles" "$folder/features.geojsonl")
  echo "round $round: parat $once s, tippecanoe $other s of CPU"
  ours=$(echo "$ours $once" | awk '{print $1 + $2}') theirs=$(echo "$theirs $other" | awk '{print $1 + $2}')
done
ls -l "$folder/other.pmtiles" | awk '{print "tippecanoe'"'"'s pyramid:", $5, "bytes"}'
echo "$ours $theirs" | awk '{printf "parat takes 1/%.1f of tippecanoe (bar 1/15)\n", $2 / $1}'
