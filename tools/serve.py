"""Serve the built book on this machine with the headers it should have anywhere: `make serve`."""

from __future__ import annotations

import argparse
import functools
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import policy

HTML = Path(__file__).resolve().parent.parent / "_build" / "html"


class Handler(SimpleHTTPRequestHandler):
    """Files of a folder, each with the policy for what it is."""

    def __init__(self, *arguments: object, pages: str, search: str, **named: object) -> None:
        self.pages, self.search = pages, search  # the base class answers while it is made
        super().__init__(*arguments, **named)

    def end_headers(self) -> None:
        special = {policy.WORKER: policy.of_worker(), policy.SEARCH: self.search}
        self.send_header(
            "Content-Security-Policy", special.get(urlsplit(self.path).path, self.pages)
        )
        self.send_header("X-Content-Type-Options", "nosniff")
        super().end_headers()

    def log_message(self, *_: object) -> None:
        pass


def server(html: Path, port: int = 0) -> ThreadingHTTPServer:
    """A server of the folder on the loopback address; port 0 takes a free one."""
    policies = {"pages": policy.of_pages(html), "search": policy.of_search(html)}
    handler = functools.partial(Handler, directory=str(html), **policies)
    return ThreadingHTTPServer(("127.0.0.1", port), handler)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--port", type=int, default=8000)
    with server(HTML, parser.parse_args().port) as running:
        print(
            f"The book is at http://127.0.0.1:{running.server_port}; stop with Ctrl-C", flush=True
        )
        try:
            running.serve_forever()
        except KeyboardInterrupt:
            pass
