"""The server's settings: one frozen object, read once at the entry point and passed down.

Knows the environment that the entry point hands in, and which models can be chosen. Nothing after it asks the
environment, and nothing is read from the working directory: a host starts its servers wherever it likes, and
a `.env` lying there belongs to somebody else. `--env-file` names one that is ours.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from mcp_server.errors import NothingConfigured, QuirkNeedsHttp
from mcp_server.quirks.catalog import OVER_HTTP, read_quirks
from throughline.model.opening import CHOICES
from throughline.model.options import is_scripted, read_options
from throughline.model.settings import ModelSettings, read_settings
from throughline.model.shelf import NAMES, take

LogLevel = Literal["debug", "info", "warning", "error"]
Transport = Literal["stdio", "http"]
LOOPBACK = "127.0.0.1"
PORT = 8000
DEADLINE_S = 55.0
"""Seconds; desktop hosts give up at 60."""


@dataclass(frozen=True, slots=True)
class ServerConfig:
    """What the server was told: which model, how to talk, and what may leave it.

    `endpoint` is where tools ask directly; None means that the server opens a model of its own, as `model`
    says. `env` is the environment as it was at the start. `host` and `port` (0: a free one) are for HTTP.
    After `deadline_s` seconds a host that shows no frames is answered with what there is (None: never).
    `quirks` are the faults that the server is to have.
    """

    model: str = "auto"
    endpoint: ModelSettings | None = None
    env: Mapping[str, str] = field(default_factory=dict, repr=False)
    transport: Transport = "stdio"
    host: str = LOOPBACK
    port: int = PORT
    sdk_stdio: bool = False
    send_prompts: bool = False
    deadline_s: float | None = DEADLINE_S
    log_level: LogLevel = "warning"
    quirks: frozenset[str] = frozenset()


def known_model(choice: str) -> str:
    """Return the choice, or raise ModelChoiceInvalid with the nearest that there is."""
    if is_scripted(choice):
        read_options(choice)
    elif choice not in CHOICES:
        take(choice, known=(*CHOICES, *NAMES))
    return choice


def read_config(
    env: Mapping[str, str],
    *,
    model: str = "auto",
    env_file: Path | None = None,
    deadline: float = DEADLINE_S,
    quirk: Iterable[str] = (),
    transport: Transport = "stdio",
    **settings: Any,
) -> ServerConfig:
    """Settle the settings, or say in a sentence (a ThroughlineError) what is wrong with them.

    `settings` are further fields of ServerConfig; a `deadline` of 0 means none; a text of `quirk` may hold
    several, with commas between them.
    """
    known_model(model)
    quirks = read_quirks(quirk)
    if OVER_HTTP in quirks and transport != "http":
        raise QuirkNeedsHttp(quirk=OVER_HTTP)
    endpoint = read_settings(env, dotenv=env_file) if model in ("auto", "configured") else None
    if model == "configured" and endpoint is None:
        raise NothingConfigured
    return ServerConfig(
        model=model,
        endpoint=endpoint,
        env=dict(env),
        deadline_s=deadline or None,
        quirks=quirks,
        transport=transport,
        **settings,
    )
