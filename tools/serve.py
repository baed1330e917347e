"""Serve the built book on this machine with the headers it should have anywhere: `make serve`."""

from __future__ import annotations

import argparse
import functools
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import policy

HTML = Path(__file__).resolve().parent.parent / "_build" / "html"


class Handler(SimpleHTTPRequestHandler):
    """Files of a folder, each with the policy for what it is."""

    def __init__(self, *arguments: object, pages: str, **named: object) -> None:
        self.pages = pages  # the base class answers the request while it is made
        super().__init__(*arguments, **named)

    def end_headers(self) -> None:
        path = self.path.split("?")[0]
        value = policy.of_worker() if path in policy.WORKERS else self.pages
        if path.startswith(policy.LITE):
            value = policy.of_lite()
        self.send_header("Content-Security-Policy", value)
        self.send_header("X-Content-Type-Options", "nosniff")
        super().end_headers()

    def translate_path(self, path: str) -> str:
        """The file of a path; JupyterLab for the browser lies beside the pages, if it was built."""
        file = Path(super().translate_path(path))
        lite, inner = Path(self.directory).parent / "lite", Path(self.directory) / "lite"
        if lite.is_dir() and file.is_relative_to(inner):
            return str(lite / file.relative_to(inner))
        return str(file)

    def log_message(self, *_: object) -> None:
        pass


def server(html: Path, port: int = 0) -> ThreadingHTTPServer:
    """A server of the folder on the loopback address; port 0 takes a free one."""
    handler = functools.partial(Handler, directory=str(html), pages=policy.of_pages(html))
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
