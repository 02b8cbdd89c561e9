"""The benchmark takes networks apart without loss, counts what they multiply, and says where the time of a look goes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter
from bench_machine import BenchError
from bench_operators import operator_rows, time_operators
from bench_parts import PARTS, REST, part_rows, time_parts
from bench_pipeline import compose_frames
from tflite_operators import operators_of, plain_convolution

from tests.conftest import MODELS

if TYPE_CHECKING:
    from pathlib import Path

    import numpy.typing as npt
    from portraits import Portraits

YUNET, SFACE = MODELS / "detection_yunet" / "yunet_320x256.tflite", MODELS / "embedding_sface" / "sface_112x112.tflite"


def output_of(content: bytes, given: npt.NDArray[np.generic]) -> npt.NDArray[np.generic]:
    """What a file with one input and one output says."""
    interpreter = Interpreter(model_content=content)
    interpreter.allocate_tensors()
    interpreter.set_tensor(interpreter.get_input_details()[0]["index"], given)
    interpreter.invoke()
    answer: npt.NDArray[np.generic] = interpreter.get_tensor(interpreter.get_output_details()[0]["index"])
    return answer


def test_the_operators_one_after_the_other_say_what_the_network_says() -> None:
    """SFace is a chain: each operator's output is the next one's input."""
    content = SFACE.read_bytes()
    given = np.random.default_rng(0).integers(-128, 128, (1, 112, 112, 3), dtype=np.int8)
    step: npt.NDArray[np.generic] = given
    for operator in operators_of(content):
        step = output_of(operator.content, step)
    difference = step.astype(np.int32) - output_of(content, given).astype(np.int32)
    assert np.abs(difference).max() <= 1, "rounding of what is computed together"


@pytest.mark.parametrize(("file", "millions"), [(YUNET, 88.6), (SFACE, 585.0)], ids=["yunet", "sface"])
def test_multiplications_are_counted(file: Path, millions: float) -> None:
    operators = operators_of(file.read_bytes())
    assert sum(operator.multiplications for operator in operators) / 1e6 == pytest.approx(millions, abs=0.05)
    assert {"CONV_2D", "DEPTHWISE_CONV_2D"} <= {operator.kind for operator in operators if operator.multiplications}
    assert "PAD" not in {operator.kind for operator in operators}, "it is computed with the convolution behind it"


def test_the_convolution_that_tells_the_rate_multiplies_as_often_as_is_said() -> None:
    (operator,) = operators_of(plain_convolution((8, 4), (16, 32)))
    assert (operator.kind, operator.multiplications) == ("CONV_2D", 8 * 4 * 16 * 32)


def test_every_network_is_timed_and_told(tmp_path: Path) -> None:
    (tmp_path / "detection").mkdir()
    (tmp_path / "detection" / YUNET.name).symlink_to(YUNET)
    found = time_operators(tmp_path, rounds=1)
    (network,) = found.networks
    assert (network.file, sum(kind.count for kind in network.kinds)) == (YUNET.name, len(operators_of(YUNET.read_bytes())))
    assert 0 < network.bound(found.rate) < network.seconds
    assert any(YUNET.name in row and "88.6 million multiplications" in row for row in operator_rows(found))


def test_a_folder_without_networks_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BenchError, match="no network below"):
        time_operators(tmp_path, rounds=1)


def test_each_part_of_a_look_has_its_time_and_a_named_face_is_hardly_embedded(portraits: Portraits) -> None:
    before = [getattr(owner, name) for owner, name, _ in PARTS]
    found = time_parts(compose_frames(portraits), None, 4)
    assert before == [getattr(owner, name) for owner, name, _ in PARTS], "what was timed is as it was"
    assert list(found.embedded) == [*(part for *_, part in PARTS), REST]
    assert all(taken > 0 for part, taken in found.embedded.items())
    assert found.named["search among 50 templates"] == found.named["alignment"] == 0
    assert any("alignment" in row for row in part_rows(found))
