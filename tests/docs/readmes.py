"""Which READMEs there are, and what each is for.

Knows nothing of what stands in them.
"""

from __future__ import annotations

import pytest

from tests.conftest import MODELS, ROOT
from tests.docs.topic_reference import TOPIC_REFERENCE

README = ROOT / "README.md"
NETWORKS = MODELS / "README.md"
SCRIPTS = ROOT / "scripts" / "README.md"
SERVICE = ROOT / "systemd" / "README.md"
"""Also the place where every key of the configuration is explained."""
SCRIPTING = ROOT / "edged" / "scripting" / "README.md"
COMMANDS = ROOT / "edged" / "cli" / "README.md"
CAMERAS = ROOT / "edged" / "camera" / "README.md"
CARD = ROOT / "edged" / "homeassistant" / "card" / "README.md"
BESIDE_THE_CODE = [COMMANDS, SCRIPTING, TOPIC_REFERENCE, CAMERAS, CARD]
DOCUMENTS = [README, ROOT / "CHANGELOG.md", *BESIDE_THE_CODE, SCRIPTS, SERVICE, NETWORKS, *sorted(MODELS.glob("*/README.md"))]

every_document = pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
