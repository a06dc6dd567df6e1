"""A real tus client (tuspy) against a running server: `python client.py URL FILE`. It sends two pieces, is
thrown away, is made again from the address alone, and goes on; each piece with its checksum."""
import json
import os
import sys

from tusclient import client

url, path = sys.argv[1:3]
size = os.path.getsize(path)
piece = max(1, -(-size // 5))
made = client.TusClient(f"{url}/uploads")
first = made.uploader(
    path,
    chunk_size=piece,
    metadata={"filename": os.path.basename(path), "source": "tuspy"},
    upload_checksum=True,
)
first.upload_chunk()
first.upload_chunk()
address = first.url
del first
second = made.uploader(path, chunk_size=piece, url=address, upload_checksum=True)
offset = second.offset
assert offset == 2 * piece, (offset, piece)
second.upload()
assert second.offset == size, second.offset
print(json.dumps({"delivery": address.rsplit("/", 1)[1], "resumed_from": offset, "size": size}))
