"""The Debian package: what it is made of, what it asks of a system, and what lintian says of it.

Without the libraries, which take minutes; scripts/boot-deb is the whole proof, and scripts/check lints its scripts.
"""

from __future__ import annotations

import gzip
import os
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest

from edged.cli.main import make_parser
from tests.docs.command_reference import commands

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / "scripts" / "build-deb"
PROGRAM = "/usr/lib/edged/current/bin/edged"
UNITS = ["edged.service", "edged@.service", *(f"edged-backup{at}.{kind}" for at in ("", "@") for kind in ("service", "timer"))]


def run(*command: str | Path) -> subprocess.CompletedProcess[str]:
    """Run to the end, and keep what it says."""
    return subprocess.run(command, capture_output=True, text=True, timeout=300, check=False, env={**os.environ, "LC_ALL": "C.UTF-8"})


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """One of each release, by its name."""
    assert shutil.which("lintian"), "scripts/setup --dev installs lintian"
    folder = tmp_path_factory.mktemp("packages")
    done = run(BUILD, "--without-libraries", "bookworm:amd64", "trixie:arm64", "--output", folder)
    assert done.returncode == 0, done.stdout + done.stderr  # lintian's errors are among them
    assert "manual-page" not in done.stdout
    return {"bookworm": next(folder.glob("*+deb12_amd64.deb")), "trixie": next(folder.glob("*+deb13_arm64.deb"))}


@pytest.fixture(scope="module")
def tree(packages: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What bookworm's installs."""
    folder = tmp_path_factory.mktemp("tree")
    assert run("dpkg-deb", "--extract", packages["bookworm"], folder).returncode == 0
    return folder


def field(package: Path, name: str) -> str:
    return run("dpkg-deb", "--field", package, name).stdout.strip()


@pytest.mark.parametrize(("release", "python", "next_python"), [("bookworm", "3.11", "3.12"), ("trixie", "3.13", "3.14")])
def test_asks_for_the_python_that_its_libraries_are_for(packages: dict[str, Path], release: str, python: str, next_python: str) -> None:
    depends = re.split(r",\s*", field(packages[release], "Depends"))
    assert {f"python3 (>= {python})", f"python3 (<< {next_python})"} <= set(depends)
    assert {"python3-systemd", "liblapack3", "libblas3"} <= set(depends)


def test_a_later_debian_upgrades_it(packages: dict[str, Path]) -> None:
    """And the version is that of edged."""
    older, newer = (field(packages[release], "Version") for release in ("bookworm", "trixie"))
    assert run("dpkg", "--compare-versions", older, "lt", newer).returncode == 0
    assert older.startswith(tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"])


def test_the_numpy_that_it_asks_for_is_one_that_edged_allows(packages: dict[str, Path]) -> None:
    """Debian 12's is the oldest; OpenCV and the runtime in the package are chosen beside it."""
    allowed = re.search(r'"numpy>=([\d.]+)"', (ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert allowed
    assert f"python3-numpy (>= 1:{allowed[1]})" in field(packages["bookworm"], "Depends")


def test_keeps_the_configuration_and_asks_nothing(packages: dict[str, Path], tmp_path: Path) -> None:
    assert run("dpkg-deb", "--control", packages["bookworm"], tmp_path).returncode == 0
    assert (tmp_path / "conffiles").read_text(encoding="utf-8").splitlines() == ["/etc/edged/edged.toml"]
    assert {path.name for path in tmp_path.iterdir()} == {"conffiles", "control", "md5sums", "preinst", "postinst", "prerm", "postrm"}


def test_only_root_may_read_the_configuration_before_it_is_the_services(packages: dict[str, Path]) -> None:
    """And nothing can be written by anybody else, nor is anything another user's."""
    listed = run("dpkg-deb", "--contents", packages["bookworm"]).stdout.splitlines()
    modes = {line.split()[5]: line.split()[:2] for line in listed}
    assert modes["./etc/edged/edged.toml"] == ["-rw-r-----", "root/root"]
    assert {owner for _, owner in modes.values()} == {"root/root"}
    assert [path for path, (mode, _) in modes.items() if not mode.startswith("l") and ("w" in mode[5:] or "s" in mode)] == []


@pytest.mark.parametrize("unit", UNITS)
def test_brings_each_unit_for_its_own_place(tree: Path, unit: str) -> None:
    text = (tree / "usr/lib/systemd/system" / unit).read_text(encoding="utf-8")
    assert "/opt/edged" not in text
    assert "scripts/install" not in text
    if unit.endswith(".service"):
        assert re.findall(r"^ExecStart=(\S+)", text, re.MULTILINE) == [PROGRAM]
    kept = tree / "usr/lib/edged/release/share/edged/systemd" / unit
    assert kept.read_text(encoding="utf-8") == text, "what goes back with the release"


def test_the_example_lies_beside_for_who_keeps_their_own(tree: Path) -> None:
    example = (ROOT / "systemd" / "edged.toml").read_text(encoding="utf-8")
    assert (tree / "etc/edged/edged.toml").read_text(encoding="utf-8") == example
    assert (tree / "usr/share/edged/edged.toml").read_text(encoding="utf-8") == example


def test_brings_the_networks_and_their_licences(tree: Path) -> None:
    networks = next((tree / "usr/lib/edged/release/lib").glob("python3.*/site-packages/edged/models"))
    brought = {path.parent.name for path in networks.glob("*/*.tflite")}
    assert brought
    assert brought == {path.parent.name for path in networks.glob("*/LICENSE")}
    copyright_file = (tree / "usr/share/doc/edged/copyright").read_text(encoding="utf-8")
    assert "Apache-2.0" in copyright_file
    assert "YuNet, face detection" in copyright_file


def test_brings_a_manual_of_each_program(tree: Path) -> None:
    pages = {page.name: gzip.decompress(page.read_bytes()).decode() for page in (tree / "usr/share/man").glob("man?/*.gz")}
    programs = {path.name: path for folder in ("usr/bin", "usr/sbin") for path in (tree / folder).iterdir()}
    assert {name.partition(".")[0] for name in pages} == programs.keys()
    every = [name for name, _ in commands(make_parser())]
    assert re.findall(r'^\.SS "(.*)"$', pages["edged.1.gz"].replace(r"\-", "-"), re.MULTILINE) == every


def test_a_manual_can_be_read(tree: Path) -> None:
    """By man, without a warning; what stands for an option is that to its last sign."""
    shown = {}
    for page in (tree / "usr/share/man").glob("man?/*.gz"):
        done = run("man", "--warnings", "-E", "UTF-8", "-l", "-Tutf8", page)
        assert (done.returncode, done.stderr) == (0, "")
        shown[page.name] = re.sub(r".\x08|\x1b\[[0-9;]*m", "", done.stdout)  # bold by writing twice, or by a terminal's codes
    assert re.search(r"--only config\|models\|attributes\|gallery\|clock\|cameras\|broker\n +check", shown["edged.1.gz"])
    assert "'**/*.png'" in shown["edged.1.gz"]


@pytest.mark.parametrize("wanted", ["buster:amd64", "bookworm:armhf", "--frobnicate"])
def test_refuses_what_it_cannot_build(wanted: str) -> None:
    done = run(BUILD, wanted)
    assert done.returncode == 1
    assert re.search(r"build-deb: there is no (release|architecture|option) ", done.stderr)


def test_refuses_to_begin_without_the_strip_of_the_other_architecture(tmp_path: Path) -> None:
    """Whose own is here as ever: that alone was looked for, and the package came out too large."""
    other = "bookworm:amd64" if os.uname().machine == "aarch64" else "bookworm:arm64"
    for program in ("bash", "dirname", "uname", "readelf"):
        (tmp_path / program).symlink_to(str(shutil.which(program)))
    done = run("env", f"PATH={tmp_path}", "bash", BUILD, other)
    assert done.returncode == 1
    assert re.search(r"there is no \w+-linux-gnu-strip: apt-get install binutils binutils-[\w-]+-linux-gnu\n", done.stderr)


def test_helps() -> None:
    done = run(BUILD, "--help")
    assert done.returncode == 0
    assert done.stdout.startswith("Usage: scripts/build-deb")
