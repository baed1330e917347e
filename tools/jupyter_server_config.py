"""Settings of the server that `make lab` starts."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from lab_contents import BookContents

c = get_config()  # noqa: F821
c.ServerApp.contents_manager_class = BookContents
c.LabApp.app_settings_dir = str(Path(__file__).resolve().parent / "lab")
c.LabApp.default_url = "/lab/tree/index.md"
c.LabApp.news_url = None
c.LabApp.check_for_updates_class = "jupyterlab.handlers.announcements.NeverCheckForUpdate"
c.LabApp.extension_manager = "readonly"
