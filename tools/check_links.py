"""Ask every outside link of the book whether it is still there, without running a notebook.

Sphinx asks. A publisher who turns robots away (401, 403, 429) has not lost the page: such an answer
is no failure.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parent.parent
TURNED_AWAY = re.compile(r"(401|403|429) Client Error")


def is_lost(answer: dict) -> bool:
    """Whether an entry of Sphinx's report is a page that is gone."""
    return answer["status"] == "broken" and not TURNED_AWAY.match(answer["info"])


def configuration() -> dict:
    """The book's own, but no notebook is run: the links stand in the text."""
    settings = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
    settings["execute"] = {"execute_notebooks": "off"}
    extensions = settings["sphinx"]["local_extensions"]
    settings["sphinx"]["local_extensions"] = {
        name: str(ROOT / folder) for name, folder in extensions.items()
    }
    return settings


def answers(folder: Path) -> list[dict]:
    """What each outside link of the book answered."""
    (folder / "_config.yml").write_text(yaml.safe_dump(configuration()), encoding="utf-8")
    command = [str(Path(sys.executable).parent / "jupyter-book"), "build", str(ROOT)]
    command += ["--path-output", str(folder), "--builder", "linkcheck"]
    command += ["--config", str(folder / "_config.yml"), "--toc", str(ROOT / "_toc.yml")]
    # Its own status counts every link that did not answer; the report says which and how.
    subprocess.run(command, cwd=ROOT, env=os.environ | {"BOOK_STATIC": "1"})
    report = next(folder.rglob("output.json"), None)
    if report is None:
        raise SystemExit("The links were NOT asked: mend the errors above.")
    return [json.loads(line) for line in report.read_text(encoding="utf-8").splitlines()]


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        asked = answers(Path(folder))
    lost = sorted({f"{a['uri']} ({a['filename']}): {a['info']}" for a in asked if is_lost(a)})
    print(f"{len(asked)} links asked, {len(lost)} lost")
    sys.exit("\n".join(lost) or 0)
