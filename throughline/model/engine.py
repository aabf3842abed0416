"""The engine of the embedded model: xllamacpp, used in this process.

The only file that knows its names. Refuses to know OpenAI's tools and choices, which the engine's own
templates drop or ignore (2026.10 on a template without tools): it is given messages and, at most, a
JSON schema.
"""

from __future__ import annotations

import importlib.util
import os
import secrets
import threading
from collections.abc import Callable
from importlib import metadata
from pathlib import Path
from typing import Any

from throughline.model.ask import Json
from throughline.model.errors import EngineFailed, EngineMissing, ModelError

NAME = "xllamacpp"
SLOTS = 4
CONTEXT_TOKENS = 4096
MOST_TOKENS = 512
# The engine hears that its reader left between two pieces of a prompt; a piece of this size takes a quarter
# of a second on one core, and larger ones are hardly faster.
PROMPT_PIECE_TOKENS = 64

Hear = Callable[[Json], bool]


def version() -> str | None:
    """Name the installed version, or None."""
    try:
        return metadata.version(NAME)
    except metadata.PackageNotFoundError:
        return None


def problem() -> ModelError | None:
    """Say why the engine cannot be used here; None where it can."""
    if importlib.util.find_spec(NAME) is None:
        return EngineMissing(engine=NAME)
    try:
        import xllamacpp  # noqa: F401 - its library may lack another (libgomp) or the machine an instruction
    except (ImportError, OSError) as error:
        return EngineFailed(engine=NAME, reason=str(error))
    return None


class Engine:
    """One model's weights, loaded at the first use, shared by a few readers at a time."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._server: Any = None

    def chat(self, request: Json, hear: Hear) -> None:
        """Generate, in the caller's thread; `hear` gets each chunk and says True to stop the engine."""
        self._loaded().handle_chat_completions({**request, "stream": True}, hear)

    def close(self) -> None:
        """Give the memory back; nobody may be generating."""
        with self._lock:
            self._server = None

    def _loaded(self) -> Any:
        with self._lock:
            if self._server is None:
                self._server = self._load()
            return self._server

    def _load(self) -> Any:
        import xllamacpp

        params = xllamacpp.CommonParams()
        params.model.path = str(self._path)
        for name, value in self._parameters().items():
            if hasattr(params, name):  # the engine's versions do not all know them all
                setattr(params, name, value)
        # Half the cores for both: with all of them the engine's threads spin at a barrier as soon as anything
        # else wants a core, and prompts are read five times slower.
        params.cpuparams.n_threads = params.cpuparams_batch.n_threads = max(1, (os.cpu_count() or 1) // 2)
        try:
            return xllamacpp.Server(params)
        except RuntimeError as error:
            raise EngineFailed(engine=NAME, reason=str(error)) from error

    def _parameters(self) -> dict[str, Any]:
        """Name the settings. The engine opens an HTTP port of its own, which nobody is told the key of."""
        return {
            "n_parallel": SLOTS,
            "n_ctx": CONTEXT_TOKENS * SLOTS,
            "n_predict": MOST_TOKENS,
            "n_batch": PROMPT_PIECE_TOKENS,
            "n_ubatch": PROMPT_PIECE_TOKENS,
            "cache_ram_mib": 0,
            "verbosity": -1,
            "warmup": False,
            "ui": False,
            "webui": False,  # the same, before 2026
            "hostnames": ["127.0.0.1"],
            "n_threads_http": 1,
            "api_keys": [secrets.token_urlsafe(24)],
        }
