#!/usr/bin/env python3
"""Tiles made beforehand: Parat, nginx sending the same bytes from files, and Martin serving a PMTiles of the same tiles
with its cache on. The bars: 1.5 times the CPU of nginx, 0.7 times that of Martin.

MARTIN names its program; without one it is left out."""

import os
import shutil
import subprocess
import tempfile

from measure import CHOSEN, DATA, PARAT, Line, Martin, Parat, Program, in_turn, machine, unpacked

ZOOMS = [int(zoom) for zoom in os.environ.get("ZOOMS", "10,12,14,16").split(",")]
CONF = """
worker_processes {cores}; pid {folder}/pid; error_log {folder}/log; daemon off;
events {{ worker_connections 512; }}
http {{
  access_log off; sendfile on; tcp_nopush on; keepalive_requests 1000000;
  open_file_cache max=20000; open_file_cache_valid 600s;
  client_body_temp_path {folder}/1; proxy_temp_path {folder}/2; fastcgi_temp_path {folder}/3;
  uwsgi_temp_path {folder}/4; scgi_temp_path {folder}/5;
  server {{
    listen 127.0.0.1:{port} backlog=512; root {folder}/site;
    location = /health {{ return 200; }}
    location / {{
      try_files $uri.gz =204; add_header Content-Encoding gzip;
      default_type application/vnd.mapbox-vector-tile;
    }}
  }}
}}
"""


class Nginx(Program):
    def __init__(self, folder, port=int(os.environ.get("NGINX_PORT", "7531"))):
        self.folder, self.port, self.url = folder, port, f"http://127.0.0.1:{port}"

    def start(self):
        conf = os.path.join(self.folder, "nginx.conf")
        with open(conf, "w") as out:
            out.write(CONF.format(cores=os.cpu_count(), folder=self.folder, port=self.port))
        self.process = subprocess.Popen(["nginx", "-c", conf, "-p", self.folder])
        self.wait("/health")


def lay_out(parat, layer, folder):
    """The request lists by zoom; each tile is written as a file for nginx on the way."""
    source, line, paths = parat.source(layer), Line(parat.url), {}
    for zoom in ZOOMS:
        paths[zoom] = []
        for x, y in parat.tiles(layer, zoom, 600):
            path = f"/xyz/{source}/{zoom}/{x}/{y}.mvt"
            status, headers, body = line.get(path)
            if status != 200:
                continue
            assert headers["Content-Encoding"] == "gzip"
            file = f"{folder}/site{path}.gz"
            os.makedirs(os.path.dirname(file), exist_ok=True)
            with open(file, "wb") as out:
                out.write(body)
            paths[zoom].append(path)
    return paths


def theirs(path):
    """Martin's address of the same tile."""
    source, zoom, x, y = path.removeprefix("/xyz/").removesuffix(".mvt").split("/")
    return f"/{source.split('@')[0]}/{zoom}/{x}/{y}"


def main():
    machine()
    program = os.environ.get("MARTIN") or shutil.which("martin")
    with tempfile.TemporaryDirectory() as folder, Parat() as parat:
        os.chmod(folder, 0o755)
        archives = {}
        for layer in CHOSEN:
            archives[layer] = f"{folder}/{layer}.pmtiles"
            subprocess.run([PARAT, "tiles", "export", layer, "--data", DATA, "--out", archives[layer]], check=True, stdout=subprocess.DEVNULL)
        lists = {layer: lay_out(parat, layer, folder) for layer in CHOSEN}
        martin = Martin(512, pmtiles=archives) if program else None
        with Nginx(folder) as nginx:
            if martin:
                martin.__enter__()
            try:
                for layer in CHOSEN:
                    for zoom in ZOOMS:
                        paths = lists[layer][zoom]
                        servers = {"nginx": ([nginx.pid], nginx.url, paths), "parat": ([parat.pid], parat.url, paths)}
                        if martin:
                            servers["martin"] = ([martin.pid], martin.url, [theirs(path) for path in paths])
                            one = unpacked(*Line(parat.url).get(paths[0])[1:])
                            assert one == unpacked(*Line(martin.url).get(theirs(paths[0]))[1:]), "Martin serves other bytes"
                        print(f"{layer} z{zoom}, {len(paths)} tiles:")
                        each = in_turn(servers)
                        said = f"  {layer} z{zoom}: {each['parat'] / each['nginx']:.2f} times nginx (bar 1.5)"
                        if martin:
                            said += f", {each['parat'] / each['martin']:.2f} times Martin (bar 0.7)"
                        print(said, flush=True)
            finally:
                if martin:
                    martin.__exit__()


main()
