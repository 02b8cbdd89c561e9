"""How the connection to a broker is encrypted, and files that are of no use for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from edged.errors import ConfigError
from edged.mqtt.broker import Tls

if TYPE_CHECKING:
    from pathlib import Path


def test_tls_files_that_are_none_are_named(tmp_path: Path) -> None:
    nonsense = tmp_path / "nonsense.pem"
    nonsense.write_text("nonsense")
    with pytest.raises(ConfigError, match=r"nonsense\.pem"):
        Tls(ca_file=nonsense).context()
