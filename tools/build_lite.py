"""The chapters in a browser without an installation, as a static site: `make lite`.

JupyterLite is JupyterLab without a server; its Python is Pyodide, CPython for WebAssembly, the
same as that of the answers in the page (`page_python`). What is pure Python comes from
the package index in the versions of the book, and is served beside it. NumPy, SciPy, Matplotlib and
what they are built on exist for Pyodide only on its makers' server: the site names each file there
with its SHA-256, which the browser checks.

The pages are what `make lab` shows of them. The first code cell of a chapter is another one, which
says what is missing if that server does not answer (``lite/book_in_browser.py``).
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import subprocess
import zipfile
from collections.abc import Iterable
from email.parser import HeaderParser
from pathlib import Path

import lab_pages
import page_python
from lab_directives import as_shown
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name, parse_wheel_filename

ROOT = Path(__file__).resolve().parent.parent
OWN = ROOT / "tools/lite"
TOOL = ROOT / ".venv/lite/bin/python"
PINS = ("requirements.txt", "requirements/lite.txt")
EXTENSION = "share/jupyter/labextensions/@jupyterlite/pyodide-kernel-extension/static"
# What the kernel installs as it starts; with these at hand it asks no index for anything.
KERNEL = ("micropip", "piplite", "ipykernel", "comm", "pyodide-kernel", "jedi", "ipython")
PYODIDE = ("pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm", "python_stdlib.zip")
PYTHON = "3.14"  # of the pinned Pyodide
NOT_NEEDED = {"widgetsnbextension"}  # ipywidgets for the classic notebook
STARTER = "book-in-browser"
FIRST_CELL = "the-package"
FIRST = """\
# In the browser this cell fetches NumPy, SciPy and Matplotlib; that may take a minute.
import book_in_browser

book_in_browser.start()"""


def run(*command: object, cwd: Path = ROOT) -> str:
    done = subprocess.run([*map(str, command)], cwd=cwd, capture_output=True, text=True)
    if done.returncode:
        shown = f"{done.stdout[-2000:]}{done.stderr[-2000:]}"
        raise SystemExit(f"The site was NOT built: `{' '.join(map(str, command))}`\n{shown}")
    return done.stdout


# The pages


def for_the_browser(notebook: dict) -> None:
    """Change a chapter as it is shown in JupyterLab into one for the kernel of the site."""
    for cell in notebook["cells"]:
        if cell["id"] == FIRST_CELL:
            cell["source"] = FIRST
            cell["metadata"] = {}
    spec = {"display_name": "Python (Pyodide)", "language": "python", "name": "python"}
    notebook["metadata"]["kernelspec"] = spec


def lay_out_pages(folder: Path) -> None:
    """The pages of the book as `make lab` shows them."""
    folder.mkdir(parents=True)
    source = ROOT / "book"
    book = lab_pages.book_in(source)
    for page in sorted(source.glob("*.ipynb")):
        notebook = json.loads(page.read_text(encoding="utf-8"))
        lab_pages.show_notebook(notebook, page.name, book)
        for_the_browser(notebook)
        text = json.dumps(notebook, ensure_ascii=False, indent=1)
        (folder / page.name).write_text(text, encoding="utf-8")
    for page in sorted(source.glob("*.md")):
        text = as_shown(page.read_text(encoding="utf-8"), page, book)
        (folder / page.name).write_text(text, encoding="utf-8")


# The packages


def pins() -> dict[str, str]:
    """name -> version, of every package that is pinned for the book or for this site."""
    lines = [line for file in PINS for line in (ROOT / file).read_text().splitlines()]
    found = [re.match(r"([\w.-]+)==(\S+)", line) for line in lines]
    return {canonicalize_name(match[1]): match[2] for match in found if match}


def wheel_of(name: str, folder: Path) -> Path | None:
    found = [w for w in folder.glob("*.whl") if parse_wheel_filename(w.name)[0] == name]
    return found[0] if found else None


def download(names: Iterable[str], versions: dict[str, str], folder: Path) -> None:
    """The pure wheels of these packages, in their pinned versions."""
    missing = [name for name in names if not wheel_of(name, folder)]
    if unknown := set(missing) - set(versions):
        raise SystemExit(f"No file in requirements/ pins {', '.join(sorted(unknown))}.")
    wanted = [f"{name}=={versions[name]}" for name in missing]
    if wanted:
        options = ["--quiet", "--disable-pip-version-check", "--no-deps", "--only-binary=:all:"]
        options += [
            "--platform=any",
            "--implementation=py",
            "--abi=none",
            f"--python-version={PYTHON}",
        ]
        run(TOOL, "-m", "pip", "download", *options, "--dest", folder, *wanted)


def needs(wheel: Path) -> list[str]:
    """The packages that a wheel requires in the browser."""
    with zipfile.ZipFile(wheel) as files:
        name = next(n for n in files.namelist() if n.endswith(".dist-info/METADATA"))
        metadata = HeaderParser().parsestr(files.read(name).decode())
    browser = {"sys_platform": "emscripten", "platform_system": "Emscripten", "extra": ""}
    browser |= {"python_version": PYTHON, "python_full_version": f"{PYTHON}.0"}
    required = [Requirement(text) for text in metadata.get_all("Requires-Dist", ())]
    return sorted(
        canonicalize_name(one.name)
        for one in required
        if (one.marker is None or one.marker.evaluate(browser))
        and canonicalize_name(one.name) not in NOT_NEEDED
    )


def imports_of(wheel: Path) -> list[str]:
    with zipfile.ZipFile(wheel) as files:
        names = [name for name in files.namelist() if ".dist-info/" not in name]
    first = {name.split("/")[0] if "/" in name else name.removesuffix(".py") for name in names}
    return sorted(name for name in first if name.isidentifier())


def pack_starter(folder: Path) -> None:
    """The wheel of what the first cell of a chapter imports. Equal sources, equal bytes."""
    about = (
        f"Metadata-Version: 2.1\nName: {STARTER}\nVersion: 0\nRequires-Dist: policy-gradient-book\n"
    )
    files = {
        "book_in_browser.py": (OWN / "book_in_browser.py").read_text(),
        "book_in_browser-0.dist-info/METADATA": about,
        "book_in_browser-0.dist-info/WHEEL": "Wheel-Version: 1.0\nTag: py3-none-any\n",
    }
    with zipfile.ZipFile(folder / "book_in_browser-0-py3-none-any.whl", "w") as wheel:
        for name, text in files.items():
            wheel.writestr(zipfile.ZipInfo(name), text)


def entry(wheel: Path, depends: list[str]) -> dict:
    """What Pyodide's list says of a wheel that lies beside it."""
    name, version, *_ = parse_wheel_filename(wheel.name)
    return {
        "name": name,
        "version": str(version),
        "file_name": wheel.name,
        "install_dir": "site",
        "sha256": hashlib.sha256(wheel.read_bytes()).hexdigest(),
        "package_type": "package",
        "imports": imports_of(wheel),
        "depends": depends,
        "unvendored_tests": False,
    }


def is_compiled(package: dict) -> bool:
    return "-none-any" not in package["file_name"]


def lay_out_packages(folder: Path, wheels: Path, server: str) -> dict[str, dict]:
    """Everything that a chapter needs into Pyodide's folder, or named on its makers' server.

    Returns the packages that come from there.
    """
    lock = json.loads((folder / "pyodide-lock.json").read_text())
    theirs = {canonicalize_name(name): one for name, one in lock["packages"].items()}
    for one in theirs.values():
        one["file_name"] = server + one["file_name"]
        one["depends"] = [canonicalize_name(name) for name in one["depends"]]
    versions = {name: one["version"] for name, one in theirs.items()} | pins()
    ours, remote = {}, {}
    waiting = {STARTER, *KERNEL}
    while waiting:
        remote |= {n: theirs[n] for n in waiting if n in theirs and is_compiled(theirs[n])}
        pure = waiting - set(remote)
        download(sorted(pure), versions, wheels)
        for name in pure:
            wheel = wheel_of(name, wheels)
            shutil.copy(wheel, folder)
            ours[name] = entry(wheel, needs(wheel))
        named = {name for name in waiting for name in (ours | remote)[name]["depends"]}
        waiting = named - set(ours) - set(remote)
    lock["packages"] = theirs | ours
    (folder / "pyodide-lock.json").write_text(json.dumps(lock, separators=(",", ":")))
    return remote


# The site


def settings(packages: Iterable[str]) -> dict:
    kernel = {
        "pyodideUrl": "./static/pyodide/pyodide.mjs",
        "loadPyodideOptions": {"packages": sorted(packages)},
    }
    return {
        "jupyter-lite-schema-version": 0,
        "jupyter-config-data": {
            "appName": "The policy gradient theorem",
            "litePluginSettings": {"@jupyterlite/pyodide-kernel-extension:kernel": kernel},
        },
    }


def build(output: Path) -> Path:
    """Build ``output``/lite; the wheel of the book is taken from ``output``/html."""
    wheel = next((output / "html").glob("*.whl"), None)
    if wheel is None:
        raise SystemExit("There is no package of the book in _build/html: run `make book` first.")
    site, work, wheels = output / "lite", output / ".lite/site", output / ".lite/wheels"
    for folder in (site, work):
        shutil.rmtree(folder, ignore_errors=True)
    wheels.mkdir(parents=True, exist_ok=True)

    pyodide = work / "static/pyodide"
    pyodide.mkdir(parents=True)
    fetched = page_python.fetch_pyodide(page_python.store(output))
    for name in (*PYODIDE, "pyodide-lock.json"):
        shutil.copy(fetched / name, pyodide)
    version = json.loads((fetched / "package.json").read_text())["version"]
    server = f"https://cdn.jsdelivr.net/pyodide/v{version}/full/"
    for stale in wheels.glob("policy_gradient_book-*.whl"):
        stale.unlink()
    kernel = ROOT / ".venv/lite" / EXTENSION / "pypi"
    for own in (wheel, *kernel.glob("p*.whl"), *kernel.glob("ipykernel-*.whl")):
        shutil.copy(own, wheels)
    pack_starter(wheels)
    lay_out_packages(pyodide, wheels, server)

    lay_out_pages(work / "contents")
    (work / "jupyter-lite.json").write_text(json.dumps(settings(KERNEL), indent=1))
    shutil.copy(ROOT / "tools/lab/overrides.json", work)
    command = [TOOL, "-m", "jupyterlite_core", "build", "--no-sourcemaps", "--apps", "lab"]
    command += ["--lite-dir", work, "--contents", work / "contents", "--output-dir", site]
    run(*command, cwd=work)
    shutil.copytree(OWN / "start", site, dirs_exist_ok=True)
    return site


if __name__ == "__main__":
    built = build(ROOT / "_build")
    print(f"The site is in {built}; `make serve` shows it with the book.")
