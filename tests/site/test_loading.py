"""What every page owes its reader, looked at in a real browser in light, in dark and on a phone."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from reading import each_page

each_way = pytest.mark.parametrize("way", ["desk", "dark", "phone"])


@each_way
@each_page
def test_page_asks_no_other_host_for_anything(looks, site, page, way):
    own = urlsplit(site.url).netloc
    requests = looks(page, way).requests
    assert requests, "no request was recorded at all"
    assert [r for r in requests if urlsplit(r).netloc != own and not r.startswith("data:")] == []


@each_way
@each_page
def test_page_loads_without_error_or_warning(looks, page, way):
    """Nor does one come while its folds are opened and its figures moved."""
    look = looks(page, way)
    assert look.failures == []
    assert look.messages == []
