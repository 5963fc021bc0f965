"""The storage that replicas of AdaptDL share, on the machine of rank 0, which writes to its folder.

usage: adaptdl_storage.py PORT FOLDER

Streams the newest checkpoint as a tar archive over HTTP, which so comes over the link between the reader and this machine.
"""

from __future__ import annotations

import pathlib
import sys
import tarfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

# Of what is read and written at once.
BLOCK = 1 << 20


def main(port: str, folder: str) -> None:
    """Answer until the process is ended."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            """Send the checkpoint."""
            self.send_response(200)
            self.end_headers()
            newest = max(pathlib.Path(folder).glob("checkpoint-*"))
            with tarfile.open(fileobj=self.wfile, mode="w|", bufsize=BLOCK) as archive:
                archive.add(newest, newest.name)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    ThreadingHTTPServer(("", int(port)), Handler).serve_forever()


if __name__ == "__main__":
    main(*sys.argv[1:])
