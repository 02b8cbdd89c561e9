"""What the runtime prints by itself is left out, and nothing else is."""

from __future__ import annotations

import subprocess
import sys

from tests.conftest import MODELS

LOADING = f"""
from pathlib import Path
from edged.vision.embedder import Embedder
from edged.vision.model_card import EmbeddingCard
Embedder(EmbeddingCard.read(Path({str(MODELS / "embedding_sface")!r})))
"""
WRITING = """
import os
from edged.vision.boasts import first_boast_left_out
with first_boast_left_out():
    os.write(2, b"INFO: I am fast.\\nWARNING: I am lost.\\n")
with first_boast_left_out():
    os.write(2, b"INFO: I come later.\\n")
"""


def said(code: str, *closed: str) -> str:
    """What a program writes on standard error."""
    return subprocess.run([*closed, sys.executable, "-c", code], stderr=subprocess.PIPE, text=True, check=True).stderr


def test_a_network_is_loaded_without_a_word() -> None:
    assert said(LOADING) == ""


def test_warnings_are_heard_and_so_is_what_comes_later() -> None:
    assert said(WRITING) == "WARNING: I am lost.\nINFO: I come later.\n"


def test_a_program_without_standard_error_loads_networks() -> None:
    assert said(LOADING, "bash", "-c", 'exec "$@" 2>&-', "bash") == ""
