"""The scripted model: deterministic, paced, able to misbehave on request, and no model at all.

Knows when each piece of a script is due and where a fault strikes. Refuses to know what is said (`script`)
and how it travels.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from uuid import uuid4

import anyio

from throughline.model.ask import Ask
from throughline.model.deltas import (
    Batch,
    CallArguments,
    CallStart,
    Delta,
    Finish,
    FinishReason,
    Guise,
    Misstep,
    Text,
)
from throughline.model.errors import ModelChoiceInvalid, Refused
from throughline.model.local import Local
from throughline.model.options import NAME, Fault, Quirk, ScriptOptions, is_scripted, read_options
from throughline.model.script import Script, compose

# A token is about 240 bytes as an event, so this many make a write of just under 16 KiB.
BURST = 64
MESSAGE = "The scripted model fails on request."
OTHER_MODEL = "scripted-other"
OTHER_WORDS = ("In ", "other ", "words: ")

Faults = frozenset[Fault]
Quirks = frozenset[Quirk]


class Scripted:
    """Writes scripts. It has any name of the form `scripted?option=value`."""

    names: tuple[str, ...] = (NAME,)

    def serves(self, model: str) -> bool:
        """Say whether the name means the scripted model."""
        return is_scripted(model)

    async def write(self, ask: Ask) -> AsyncGenerator[Batch, None]:
        """Answer at the pace that the model's name asks for, with its faults."""
        try:
            options = read_options(ask.model)
        except ModelChoiceInvalid as error:
            raise Refused(str(error), param="model") from error
        faults = options.faults_for(ask.who)
        if "error" in faults:
            raise Refused(MESSAGE, status=500, code="scripted_error")
        if "slow_first_token" in faults:
            await anyio.sleep(options.slow_ms / 1000)
        quirks = options.quirks_for(ask.who)
        deltas = list(_played(_twisted(compose(ask, options), ask, quirks), ask, faults))
        guise = _guise(ask, quirks)
        async for batch in _paced(_struck(deltas, faults, options.after), options):
            yield [*guise, *batch]
            guise = ()


@asynccontextmanager
async def scripted() -> AsyncIterator[Local]:
    """Open the scripted model for an endpoint."""
    yield Local(Scripted())


def _guise(ask: Ask, quirks: Quirks) -> tuple[Guise, ...]:
    if not (ask.stream and quirks & {"bare_stream", "other_model_streaming"}):
        return ()
    model = OTHER_MODEL if "other_model_streaming" in quirks else ask.model
    return (Guise(model, bare="bare_stream" in quirks),)


def _twisted(script: Script, ask: Ask, quirks: Quirks) -> Script:
    """Let quirks change the words; a tool call and an answer with a schema stay as they are."""
    if script.calls or ask.schema is not None:
        return script
    tokens = script.tokens
    if "other_model_streaming" in quirks and ask.stream:
        tokens = (*OTHER_WORDS, *tokens)
    if "random" in quirks:
        tokens = (*tokens, f" ({uuid4().hex[:8]})")
    return replace(script, tokens=tokens)


def _played(script: Script, ask: Ask, faults: Faults) -> Iterator[Delta]:
    """Turn a script into deltas, calls first."""
    said = 0
    for index, call in enumerate(script.calls):
        yield CallStart(index, f"call_{uuid4().hex[:24]}", call.name)
        pieces = call.pieces
        for piece in pieces[: len(pieces) // 2] if "cut_arguments" in faults else pieces:
            said += 1
            yield CallArguments(index, piece)
    for token in script.tokens[: ask.max_tokens]:
        said += 1
        yield Text(token)
    yield Finish(_reason(script, ask, faults), prompt_tokens=_words_in(ask), completion_tokens=said)


def _reason(script: Script, ask: Ask, faults: Faults) -> FinishReason:
    if script.calls:
        return "length" if "cut_arguments" in faults else "tool_calls"
    return "length" if ask.max_tokens is not None and len(script.tokens) > ask.max_tokens else "stop"


def _words_in(ask: Ask) -> int:
    return sum(len(message.text.split()) for message in ask.messages)


def _struck(deltas: list[Delta], faults: Faults, after: int) -> list[Delta]:
    """Let a fault of mid-answer strike; an answer that is shorter is struck before its end."""
    place = min(after, len(deltas) - 1)
    if "invalid_json" in faults:
        return [*deltas[:place], Misstep("invalid_json"), *deltas[place:]]
    if "stop_midway" in faults:
        return [*deltas[:place], Misstep("hang_up")]
    if "error_midway" in faults:
        return [*deltas[:place], Misstep("error", MESSAGE)]
    return deltas


async def _paced(deltas: list[Delta], options: ScriptOptions) -> AsyncGenerator[Batch, None]:
    """Hand out what is due: the first at once, each further one after the pace, all that is late together."""
    pace_s = options.pace_ms / 1000
    started_s = anyio.current_time()
    given = 0
    while given < len(deltas):
        late_s = anyio.current_time() - started_s
        due = given + BURST if pace_s == 0 else int(late_s / pace_s) + 1
        for batch in _writes(deltas[given:due]):
            yield batch
        given = max(given, due)
        if given < len(deltas):  # at no pace, a zero: others get their turn
            await anyio.sleep(max(0.0, started_s + given * pace_s - anyio.current_time()) if pace_s else 0)


def _writes(deltas: Sequence[Delta]) -> list[Batch]:
    """Cut into writes; a hang-up stands alone, because it takes the rest of its write with it."""
    if deltas and deltas[-1] == Misstep("hang_up") and len(deltas) > 1:
        return [deltas[:-1], deltas[-1:]]
    return [deltas] if deltas else []
