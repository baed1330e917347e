"""What every page owes its reader, looked at in a real browser in light and in dark."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from reading import each_page

each_scheme = pytest.mark.parametrize("scheme", ["light", "dark"])


@each_scheme
@each_page
def test_page_asks_no_other_host_for_anything(visits, site, page, scheme):
    own = urlsplit(site.url).netloc
    requests = visits(page, scheme).requests
    assert requests, "no request was recorded at all"
    assert [r for r in requests if urlsplit(r).netloc != own and not r.startswith("data:")] == []


@each_scheme
@each_page
def test_page_loads_without_error_or_warning(visits, page, scheme):
    record = visits(page, scheme)
    assert record.failures == []
    assert record.messages == []
