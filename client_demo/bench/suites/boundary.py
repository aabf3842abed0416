"""`boundary`: tokens per second through the boundary, and the latency that it adds at a reading pace.

Against the SDK's `report_progress` for each token (what everybody does) and a bare pipe with a JSON line for
each token (the limit). In every variant a plain loop makes the tokens, and the client reads each of them.
"""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from itertools import islice

import anyio.to_thread
from mcp import ClientSession

from client_demo.bench import near
from client_demo.bench.errors import expect
from client_demo.bench.interleave import Tick, interleaved
from client_demo.bench.outcome import Outcome, ratio
from client_demo.bench.sizes import Sizes
from throughline.client import RemoteSession
from throughline.events import Tokens
from throughline.wire import StreamRequest

GAP_MS = 5.0
"""200 tokens a second."""
OURS, PER_TOKEN, PIPE, FLUSHED = "throughline", "report_progress", "pipe, buffered", "pipe, flushed"
NOTES = (
    "pipe, buffered: stdout.write(json.dumps({...}) + newline) for each token, flushed at the end, and in",
    "  the reader json.loads for each. Nobody sees a token before the writer's 8 KiB are full.",
    "pipe, flushed: the same with a flush after each line, as a reader needs it that wants tokens at once.",
)


@dataclass(frozen=True, slots=True)
class _Ends:
    """The near ends of the three far sides."""

    ours: RemoteSession
    sdk: ClientSession
    pipe: near.Talk


def steps(sizes: Sizes) -> int:
    """How often `tick` will be called."""
    return sizes.burst_rounds + 1 + sizes.paced_rounds


async def run(sizes: Sizes, tick: Tick) -> Outcome:
    """Measure throughput, then latency."""
    async with _opened() as ends:
        bursts = {
            OURS: partial(_burst, ends.ours, sizes.burst_tokens),
            PIPE: partial(_lines, ends.pipe, sizes.burst_tokens, flush=False),
            FLUSHED: partial(_lines, ends.pipe, sizes.burst_tokens, flush=True),
            PER_TOKEN: partial(_reports, ends.sdk, sizes.per_token_tokens),
        }
        rates = await interleaved(bursts, unit="tokens/s", rounds=sizes.burst_rounds, tick=tick)
        paced = {
            OURS: partial(_delays, ends.ours, sizes.paced_tokens),
            PER_TOKEN: partial(_report_delays, ends.sdk, sizes.paced_tokens),
        }
        delays = await interleaved(paced, unit="us", rounds=sizes.paced_rounds, tick=tick, warm_up=0)
    ratios = (
        ratio("throughput_vs_per_token", rates[OURS], rates[PER_TOKEN]),
        ratio("throughput_vs_pipe", rates[OURS], rates[PIPE]),
        ratio("throughput_vs_flushed_pipe", rates[OURS], rates[FLUSHED]),
        ratio("latency_p50_vs_per_token", delays[OURS], delays[PER_TOKEN]),
        ratio("latency_p95_vs_per_token", delays[OURS], delays[PER_TOKEN], percent=95),
    )
    return Outcome((*rates.values(), *delays.values()), ratios, notes=NOTES)


@asynccontextmanager
async def _opened() -> AsyncIterator[_Ends]:
    with near.talk(near.python("pipe")) as pipe:
        async with near.ours() as remote, near.sdk() as session:
            yield _Ends(remote, session, pipe)


async def _burst(remote: RemoteSession, tokens: int) -> tuple[float, ...]:
    began, seen, chars = time.perf_counter(), 0, 0
    async with remote.call("burst", {"tokens": tokens}, StreamRequest(streaming=True)) as call:
        async for event in call.events():
            if isinstance(event, Tokens):
                for text in event.texts:
                    seen += 1
                    chars += len(text)
    rate = seen / (time.perf_counter() - began)
    expect("a burst of tokens through throughline", (tokens, _chars(tokens)), (seen, chars))
    return (rate,)


async def _reports(session: ClientSession, tokens: int) -> tuple[float, ...]:
    seen, chars = 0, 0

    async def saw(progress: float, total: float | None, message: str | None) -> None:
        nonlocal seen, chars
        seen += 1
        chars += len(message or "")

    began = time.perf_counter()
    await session.call_tool("burst", {"tokens": tokens}, progress_callback=saw)
    rate = seen / (time.perf_counter() - began)
    expect("a burst of progress reports", (tokens, _chars(tokens)), (seen, chars))
    return (rate,)


async def _lines(pipe: near.Talk, tokens: int, *, flush: bool) -> tuple[float, ...]:
    return await anyio.to_thread.run_sync(_read_lines, pipe, tokens, flush)


def _read_lines(pipe: near.Talk, tokens: int, flush: bool) -> tuple[float, ...]:
    began, seen, chars = time.perf_counter(), 0, 0
    pipe.say(json.dumps({"tokens": tokens, "flush": flush}))
    for line in islice(pipe.stdout, tokens):
        text = json.loads(line)["token"]
        seen += 1
        chars += len(text)
    rate = seen / (time.perf_counter() - began)
    expect("a burst of lines", (tokens, _chars(tokens)), (seen, chars))
    return (rate,)


async def _delays(remote: RemoteSession, tokens: int) -> tuple[float, ...]:
    delays: list[float] = []
    arguments = {"tokens": tokens, "gap_ms": GAP_MS}
    async with remote.call("paced", arguments, StreamRequest(streaming=True)) as call:
        async for event in call.events():
            if isinstance(event, Tokens):
                delays.extend(_since(text) for text in event.texts)
    expect("tokens at a pace", tokens, len(delays))
    return tuple(delays)


async def _report_delays(session: ClientSession, tokens: int) -> tuple[float, ...]:
    delays: list[float] = []

    async def saw(progress: float, total: float | None, message: str | None) -> None:
        delays.append(_since(message or ""))

    await session.call_tool("paced", {"tokens": tokens, "gap_ms": GAP_MS}, progress_callback=saw)
    expect("progress reports at a pace", tokens, len(delays))
    return tuple(delays)


def _since(text: str) -> float:
    return (time.monotonic() - float(text)) * 1e6


def _chars(tokens: int) -> int:
    return sum(len(f"t{number} ") for number in range(tokens))
