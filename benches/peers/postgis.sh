#!/usr/bin/env bash
# A PostgreSQL of its own on loopback with the layers that DATA publishes: in EPSG:3857, clustered by place, with
# functions that Martin serves as tiles. The same features, ids and columns, since it reads what Parat published.
#
#   postgis.sh start FOLDER     makes what is missing, starts it and prints the pid of its first process
#   postgis.sh stop FOLDER
set -euo pipefail
folder=${2:?a folder is wanted}/pg port=${PGPORT:-7543} data=${DATA:-parat-data}
bin=$(ls -d /usr/lib/postgresql/*/bin | tail -n 1)
# PostgreSQL does not run as root.
as() { if [ "$(id -u)" = 0 ]; then setpriv --reuid=postgres --regid=postgres --init-groups "$@"; else "$@"; fi; }
sql() { psql -q -v ON_ERROR_STOP=1 -h 127.0.0.1 -p "$port" -U postgres -d "${database:-city}" "$@"; }

if [ "$1" = stop ]; then
  cd / && as "$bin/pg_ctl" -D "$folder" -m fast -w stop >&2
  exit
fi
mkdir -p "$folder"
if [ ! -f "$folder/PG_VERSION" ]; then
  [ "$(id -u)" = 0 ] && chown postgres "$folder"
  as "$bin/initdb" -D "$folder" -U postgres -A trust -E UTF8 --locale=C >/dev/null
  cat >>"$folder/postgresql.conf" <<CONF
listen_addresses = '127.0.0.1'
port = $port
unix_socket_directories = '$folder'
shared_buffers = 2GB
work_mem = 128MB
maintenance_work_mem = 512MB
effective_cache_size = 8GB
random_page_cost = 1.1
max_wal_size = 4GB
jit = off
CONF
fi
cd /
as "$bin/pg_ctl" -D "$folder" status >/dev/null || as "$bin/pg_ctl" -D "$folder" -l "$folder/log" -w start >/dev/null
database=postgres sql -Atc "select 1 from pg_database where datname = 'city'" | grep -q 1 || database=postgres sql -c 'create database city'
sql -c 'create extension if not exists postgis' 2>/dev/null
cd - >/dev/null

for layer in building road tree ward_boundary; do
  sql -Atc "select to_regclass('$layer') is not null" | grep -q t && continue
  truth=$(find "$data/versions/$layer" -name truth.fgb | tail -n 1)
  ogr2ogr -q -f PostgreSQL "PG:host=127.0.0.1 port=$port user=postgres dbname=city" "$truth" -nln "$layer" \
    -t_srs EPSG:3857 -lco GEOMETRY_NAME=geom -lco FID=fid -lco SPATIAL_INDEX=NONE --config PG_USE_COPY YES
  sql -c "create index ${layer}_at on $layer using gist (geom)" -c "cluster $layer using ${layer}_at" -c "vacuum analyze $layer"
  echo "$layer: $(sql -Atc "select count(*) from $layer") rows" >&2
done
for of in ward road tree; do
  name=observation_$of table=$data/by_$of.csv
  sql -c "create table if not exists $name (key text primary key, value float8)"
  if [ -f "$table" ] && [ "$(sql -Atc "select count(*) from $name")" = 0 ]; then
    sql -c "\\copy $name from '$table' with (format csv, header true)" -c "vacuum analyze $name"
  fi
done
# Tiles as Martin's own table sources make them (4096 units, a buffer of 64), with the filter or the join in the query.
sql <<'SQL'
create or replace function filtered_building(z integer, x integer, y integer, query_params json) returns bytea
language sql stable strict parallel safe as $$
  select st_asmvt(t, 'building', 4096, 'geom', 'parat_id') from (
    select st_asmvtgeom(geom, st_tileenvelope(z, x, y), 4096, 64, true) geom, parat_id, feature_id, ulb_lgd,
      updated_on::date::text updated_on, ward_no, bldg_use, floors, height_m
    from building
    where geom && st_tileenvelope(z, x, y, margin => 64.0 / 4096) and floors >= (query_params->>'floors')::integer) t
  where geom is not null $$;
create or replace function filtered_road(z integer, x integer, y integer, query_params json) returns bytea
language sql stable strict parallel safe as $$
  select st_asmvt(t, 'road', 4096, 'geom', 'parat_id') from (
    select st_asmvtgeom(geom, st_tileenvelope(z, x, y), 4096, 64, true) geom, parat_id, feature_id, ulb_lgd,
      updated_on::date::text updated_on, name, road_id, road_class, surface, width_m, lanes
    from road
    where geom && st_tileenvelope(z, x, y, margin => 64.0 / 4096) and lanes >= (query_params->>'lanes')::integer) t
  where geom is not null $$;
create or replace function filtered_tree(z integer, x integer, y integer, query_params json) returns bytea
language sql stable strict parallel safe as $$
  select st_asmvt(t, 'tree', 4096, 'geom', 'parat_id') from (
    select st_asmvtgeom(geom, st_tileenvelope(z, x, y), 4096, 64, true) geom, parat_id, feature_id, ulb_lgd,
      updated_on::date::text updated_on, species, girth_cm
    from tree
    where geom && st_tileenvelope(z, x, y, margin => 64.0 / 4096) and girth_cm >= (query_params->>'girth')::integer) t
  where geom is not null $$;
create or replace function joined_building(z integer, x integer, y integer, query_params json) returns bytea
language sql stable strict parallel safe as $$
  select st_asmvt(t, 'building', 4096, 'geom', 'parat_id') from (
    select st_asmvtgeom(geom, st_tileenvelope(z, x, y), 4096, 64, true) geom, parat_id, feature_id, ulb_lgd,
      updated_on::date::text updated_on, b.ward_no, bldg_use, floors, height_m, o.value
    from building b left join observation_ward o on o.key = b.ward_no
    where geom && st_tileenvelope(z, x, y, margin => 64.0 / 4096)) t
  where geom is not null $$;
create or replace function joined_road(z integer, x integer, y integer, query_params json) returns bytea
language sql stable strict parallel safe as $$
  select st_asmvt(t, 'road', 4096, 'geom', 'parat_id') from (
    select st_asmvtgeom(geom, st_tileenvelope(z, x, y), 4096, 64, true) geom, parat_id, feature_id, ulb_lgd,
      updated_on::date::text updated_on, name, road_id, road_class, surface, width_m, lanes, o.value
    from road r left join observation_road o on o.key = r.road_id
    where geom && st_tileenvelope(z, x, y, margin => 64.0 / 4096)) t
  where geom is not null $$;
create or replace function joined_tree(z integer, x integer, y integer, query_params json) returns bytea
language sql stable strict parallel safe as $$
  select st_asmvt(t, 'tree', 4096, 'geom', 'parat_id') from (
    select st_asmvtgeom(geom, st_tileenvelope(z, x, y), 4096, 64, true) geom, parat_id, feature_id, ulb_lgd,
      updated_on::date::text updated_on, species, girth_cm, o.value
    from tree t left join observation_tree o on o.key = t.feature_id
    where geom && st_tileenvelope(z, x, y, margin => 64.0 / 4096)) t
  where geom is not null $$;
SQL
head -n 1 "$folder/postmaster.pid"
