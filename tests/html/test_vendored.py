"""The plotting library that is inlined: what npm serves by its name, to the byte."""

from __future__ import annotations

import io
import shutil
import subprocess
import tarfile
from hashlib import sha256
from pathlib import Path

import pytest

import client_demo.report.html

VENDORED = Path(client_demo.report.html.__file__).parent / "vendor"
PACKAGE = "uplot@1.6.32"
FILES = {
    "uPlot.iife.min.js": (
        "dist/uPlot.iife.min.js",
        "19c8d4c6ad88929a79f4ae49d6f7161566dfd0ba3d15cc495e974f787eb78f1f",
    ),
    "uPlot.min.css": (
        "dist/uPlot.min.css",
        "df630c6a8d6f8eeaff264b50f73ce5b114f646ffd9a0bb74f049b0a00135fa04",
    ),
    "uPlot.LICENSE": ("LICENSE", "8f989229699b4fe2f1a0432d0e9edc338a8a911e250e2d1b01ecd770a5f5b1bd"),
}


@pytest.mark.parametrize("name", FILES)
def test_what_is_vendored_is_what_was_reviewed(name: str) -> None:
    assert sha256((VENDORED / name).read_bytes()).hexdigest() == FILES[name][1]


def test_nothing_else_is_vendored() -> None:
    assert {path.name for path in VENDORED.iterdir()} == set(FILES)


def test_what_is_vendored_is_what_npm_serves(tmp_path: Path) -> None:
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("npm is not installed")
    packed = subprocess.run(
        [npm, "pack", PACKAGE, "--silent"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    if packed.returncode:
        pytest.skip(f"npm cannot fetch {PACKAGE} here")
    archive = (tmp_path / packed.stdout.strip()).read_bytes()
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        for name, (member, _) in FILES.items():
            file = tar.extractfile(f"package/{member}")
            assert file is not None
            assert file.read() == (VENDORED / name).read_bytes()
