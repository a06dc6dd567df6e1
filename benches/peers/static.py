#!/usr/bin/env python3
"""Tiles made beforehand: Parat against nginx sending the same bytes. The bar is 1.5 times its CPU."""

import os
import subprocess
import tempfile
import time
import urllib.request

from measure import LAYER, Parat, load, machine

PORT = int(os.environ.get("NGINX_PORT", "7831"))
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
    location / {{
      try_files $uri.gz =204; add_header Content-Encoding gzip;
      default_type application/vnd.mapbox-vector-tile;
    }}
  }}
}}
"""


def main():
    machine()
    with tempfile.TemporaryDirectory() as folder, Parat() as parat:
        os.chmod(folder, 0o755)
        source = parat.source()
        paths = {}
        for zoom in (10, 12, 14, 16):
            paths[zoom] = []
            for x, y in parat.tiles(zoom, 600):
                path = f"/xyz/{source}/{zoom}/{x}/{y}.mvt"
                request = urllib.request.Request(parat.url + path, headers={"Accept-Encoding": "gzip"})
                with urllib.request.urlopen(request) as answer:
                    body = answer.read()
                    if answer.status != 200:
                        continue
                file = f"{folder}/site{path}.gz"
                os.makedirs(os.path.dirname(file), exist_ok=True)
                with open(file, "wb") as out:
                    out.write(body)
                paths[zoom].append(path)
        conf = f"{folder}/nginx.conf"
        with open(conf, "w") as out:
            out.write(CONF.format(cores=os.cpu_count(), folder=folder, port=PORT))
        nginx = subprocess.Popen(["nginx", "-c", conf, "-p", folder])
        time.sleep(1)
        try:
            for zoom in (16, 14, 12, 10):
                theirs = load(f"nginx {LAYER} z{zoom}", nginx.pid, f"http://127.0.0.1:{PORT}", paths[zoom])
                ours = load(f"parat {LAYER} z{zoom}", parat.pid, parat.url, paths[zoom])
                print(f"  {ours / theirs:.2f} times nginx (bar 1.5)")
        finally:
            nginx.terminate()
            nginx.wait()


main()
