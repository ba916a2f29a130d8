from __future__ import annotations

import pytest
from support_table import documented_rows, markdown, rows


@pytest.mark.all
def test_the_documentation_shows_what_was_counted():
    counted = rows()
    assert counted == documented_rows(), f"docs/python.md is to show\n{markdown(counted)}"
