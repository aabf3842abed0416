"""`startup`: how long until a spawned server has answered `initialize`, and what it holds when at rest.

Our server, whose tools use LangChain, against a bare server on the SDK with one trivial tool. Each is spoken
to in plain lines, so that no client library is part of the time.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

from mcp.client.stdio import get_default_environment
from mcp.types import LATEST_PROTOCOL_VERSION

from client_demo.bench import near
from client_demo.bench.errors import expect
from client_demo.bench.interleave import Tick, interleaved
from client_demo.bench.outcome import Outcome, Series, ratio
from client_demo.bench.processes import at_rest, resident_mib
from client_demo.bench.sizes import Sizes
from throughline.model.settings import ModelSettings

OURS, BARE = "throughline-server", "bare SDK server"
SETTINGS = ModelSettings("http://127.0.0.1:9/v1", "no-key", "scripted", "scripted")
"""Where the model would be: nobody asks it here."""
INITIALIZE = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {
        "protocolVersion": LATEST_PROTOCOL_VERSION,
        "capabilities": {},
        "clientInfo": {"name": "bench", "version": "1"},
    },
}
INITIALIZED = {"jsonrpc": "2.0", "method": "notifications/initialized"}
AT_REST = "At rest: `initialized` was sent, and no processor time was used for half a second since."


@dataclass(frozen=True, slots=True)
class Far:
    """A server's command and environment."""

    command: list[str]
    env: Mapping[str, str]


def steps(sizes: Sizes) -> int:
    """How often `tick` will be called."""
    return sizes.start_rounds + 1 + sizes.memory_rounds


async def run(sizes: Sizes, tick: Tick) -> Outcome:
    """Measure start-ups in turns, then memory."""
    env = get_default_environment()
    servers = {
        OURS: Far([sys.executable, "-m", "mcp_server"], env | SETTINGS.to_env()),
        BARE: Far(near.python("bare"), env),
    }
    starts = {name: partial(_start, far) for name, far in servers.items()}
    times = await interleaved(starts, unit="ms", rounds=sizes.start_rounds, tick=tick)
    started = ratio("startup_vs_bare", times[OURS], times[BARE])
    if resident_mib(os.getpid()) is None:
        return Outcome(tuple(times.values()), (started,), notes=("Memory can be read on Linux alone.",))
    holds = {name: partial(_hold, far) for name, far in servers.items()}
    held = await interleaved(holds, unit="MiB", rounds=sizes.memory_rounds, tick=tick, warm_up=0)
    first = {name: _pick(one, 0, f"{name}, initialize answered") for name, one in held.items()}
    rest = {name: _pick(one, 1, f"{name}, at rest") for name, one in held.items()}
    ratios = (
        started,
        ratio("memory_vs_bare", rest[OURS], rest[BARE]),
        ratio("memory_at_initialize_vs_bare", first[OURS], first[BARE]),
    )
    return Outcome((*times.values(), *first.values(), *rest.values()), ratios, notes=(AT_REST,))


async def _start(far: Far) -> tuple[float, ...]:
    """Milliseconds from before the spawn until `initialize` is answered."""
    began = time.perf_counter()
    with _spawned(far):
        return ((time.perf_counter() - began) * 1e3,)


async def _hold(far: Far) -> tuple[float, ...]:
    """Memory when `initialize` is answered, and when the server has done what it does in the background."""
    with _spawned(far) as process:
        first = resident_mib(process.pid)
        process.say(json.dumps(INITIALIZED))
        await at_rest(process.pid)
        return (first or 0.0, resident_mib(process.pid) or 0.0)


@contextmanager
def _spawned(far: Far) -> Iterator[near.Talk]:
    """A server that has answered `initialize`."""
    with near.talk(far.command, env=far.env) as process:
        process.say(json.dumps(INITIALIZE))
        expect("an initialize", 1, json.loads(process.stdout.readline())["id"])
        yield process


def _pick(series: Series, place: int, name: str) -> Series:
    return Series(name, series.unit, tuple((one[place],) for one in series.rounds))
