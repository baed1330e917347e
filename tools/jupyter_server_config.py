"""Settings of the server that `make lab` starts."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from tidy import drop_widget_view


def store_still_faces(model: dict, **_: object) -> None:
    """Before a notebook is saved, drop the live face of every figure: a picture of it stays."""
    if model["type"] != "notebook":
        return
    model["content"]["metadata"].pop("widgets", None)
    for cell in model["content"]["cells"]:
        for output in cell.get("outputs", []):
            drop_widget_view(output)


c = get_config()  # noqa: F821
c.ContentsManager.pre_save_hook = store_still_faces
c.LabApp.check_for_updates_class = "jupyterlab.handlers.announcements.NeverCheckForUpdate"
c.LabApp.extension_manager = "readonly"
