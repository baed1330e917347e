"""The policy that a server sends with the pages: what they may load and run.

A page runs scripts of its own host, and inside itself only those whose hash is named here; it
evaluates no text and asks no other host for anything. Two workers may compile WebAssembly: the one
that reads answers, where it is Python, and the one that searches; no page may. Styles may stand in
a page, as figures carry theirs.

What lies in ``lite/`` is no page of the book: there a reader runs JupyterLab, after pressing a
button, under a policy of its own.

`make book` writes the policy to ``_headers`` beside the pages, in the form that several static
hosts read; `make serve` sends it. A host that sends no such headers, as GitHub Pages, serves the
same pages without this guard.
"""

from __future__ import annotations

import hashlib
import re
from base64 import b64encode
from pathlib import Path

LITE = "/lite/"
WORKERS = ("/answers/worker.js", "/pagefind/pagefind-worker.js")
INLINE = re.compile(rb"<script>(.*?)</script>", re.S)
PAGE_RULES = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self' 'unsafe-inline'",
    "img-src": "'self' data:",
    "font-src": "'self'",
    "connect-src": "'self'",
    "worker-src": "'self'",
    "base-uri": "'none'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
}
# JupyterLab compiles the schemas of its settings and Pyodide runs Python: text is evaluated there.
# NumPy and its like come from the makers of Pyodide, and what a reader installs from the index.
LITE_RULES = PAGE_RULES | {
    "script-src": "'self' 'unsafe-inline' 'unsafe-eval' 'wasm-unsafe-eval' blob:",
    "img-src": "'self' data: blob:",
    "font-src": "'self' data:",
    "connect-src": "'self' data: blob: https://cdn.jsdelivr.net https://pypi.org"
    " https://files.pythonhosted.org",
    "worker-src": "'self' data: blob:",
    "manifest-src": "'self'",
}
WORKER_RULES = {
    "default-src": "'none'",
    "script-src": "'self' 'wasm-unsafe-eval'",
    "connect-src": "'self'",
}


def line(rules: dict[str, str]) -> str:
    return "; ".join(f"{name} {value}" for name, value in rules.items())


def hashes(html: Path) -> list[str]:
    """The hashes of the scripts inside the pages of a built book, each once."""
    texts = {text for page in html.rglob("*.html") for text in INLINE.findall(page.read_bytes())}
    return sorted(f"'sha256-{b64encode(hashlib.sha256(t).digest()).decode()}'" for t in texts)


def of_pages(html: Path) -> str:
    """The policy of the pages of a built book."""
    scripts = " ".join([PAGE_RULES["script-src"], *hashes(html)])
    return line(PAGE_RULES | {"script-src": scripts})


def of_worker() -> str:
    """The policy of the workers that read answers and search."""
    return line(WORKER_RULES)


def of_lite() -> str:
    """The policy of JupyterLab in the browser and of the page before it."""
    return line(LITE_RULES)


def header_file(html: Path) -> str:
    """The text of ``_headers``. No two of its patterns meet, as rules that meet would add up."""
    pages = of_pages(html)
    folders = sorted({page.parent.relative_to(html).as_posix() for page in html.rglob("*.html")})
    top = ["/", *(f"/{page.name}" for page in sorted(html.glob("*.html")))]
    patterns = [*top, *(f"/{folder}/*" for folder in folders if folder not in (".", "lite"))]
    rules = [(pattern, pages) for pattern in patterns] + [(path, of_worker()) for path in WORKERS]
    rules.append((f"{LITE}*", of_lite()))
    return "".join(f"{pattern}\n  Content-Security-Policy: {value}\n" for pattern, value in rules)
