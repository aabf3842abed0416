"""What a command line says about models: which there are, what is here, and fetching one.

Answers as data and prints nothing; reads no environment but the one it is given.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from throughline.model import engine
from throughline.model.pull import Progress, Tell, fetch
from throughline.model.settings import ModelSettings, read_settings
from throughline.model.shelf import DEFAULT, SHELF, Weights, take
from throughline.model.weights import cache_dir, find

__all__ = ["Listed", "Progress", "Pulled", "Status", "describe", "list_models", "pull", "status"]


@dataclass(frozen=True, slots=True)
class Listed:
    """A model on the shelf. `path` is None where its weights are not here."""

    name: str
    model: str
    summary: str
    license: str
    package: str
    download_bytes: int
    size_bytes: int
    is_default: bool
    path: Path | None


@dataclass(frozen=True, slots=True)
class Status:
    """What "auto" would find: settings, an engine (None or its version), and weights.

    `choice` is what would be opened: "configured", the name of an embedded model, or "scripted".
    """

    choice: str
    configured: ModelSettings | None
    engine: str
    engine_version: str | None
    engine_problem: str | None
    cache: Path
    models: tuple[Listed, ...]


@dataclass(frozen=True, slots=True)
class Pulled:
    """Weights that are here now; `fetched` is false where they were here before."""

    name: str
    path: Path
    size_bytes: int
    fetched: bool


def list_models(env: Mapping[str, str]) -> tuple[Listed, ...]:
    """List the shelf, the default model first."""
    return tuple(_listed(weights, env) for weights in SHELF)


def describe(name: str = DEFAULT.name, *, env: Mapping[str, str]) -> Listed:
    """Describe one model, by its name or the beginning of it; `ModelChoiceInvalid` where none is meant."""
    return _listed(take(name), env)


def status(env: Mapping[str, str], *, dotenv: Path | None = None) -> Status:
    """Look at what is here; loads the engine's library, but no model."""
    models = list_models(env)
    settings = read_settings(env, dotenv=dotenv)
    problem = engine.problem()
    here = [model.name for model in models if model.path] if problem is None else []
    return Status(
        choice="configured" if settings else (here or ["scripted"])[0],
        configured=settings,
        engine=engine.NAME,
        engine_version=engine.version(),
        engine_problem=str(problem) if problem else None,
        cache=cache_dir(env),
        models=models,
    )


def pull(name: str = DEFAULT.name, *, env: Mapping[str, str], progress: Tell | None = None) -> Pulled:
    """Fetch a model's weights, once; `progress` is told bytes, from this thread.

    Raises `ModelChoiceInvalid`, `PullFailed` or `WeightsDamaged`.
    """
    weights = take(name)
    before = find(weights, env)
    found = before or fetch(weights, env=env, tell=progress or (lambda _: None))
    return Pulled(weights.name, found.path, weights.size_bytes, fetched=before is None)


def _listed(weights: Weights, env: Mapping[str, str]) -> Listed:
    found = find(weights, env)
    return Listed(
        name=weights.name,
        model=weights.model,
        summary=weights.summary,
        license=weights.license,
        package=weights.source,
        download_bytes=weights.download_bytes,
        size_bytes=weights.size_bytes,
        is_default=weights is DEFAULT,
        path=found.path if found else None,
    )
