"""The words of one run: what the provider answered in it, and which lanes show the tool's as they were said.

Pure. Read from requests and sights, and so from a recording of any age. Knows nothing of what is compared.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from client_demo.evidence.data import Request, Sight
from client_demo.experiment.runs import Run, Words
from throughline.model.ask import text_of

MOST_READINGS = 2000
"""In so many ways pieces may be somebody's words, where answers came side by side, before one gives up."""


def words_of(run: Run, sights: Iterable[Sight], requests: Sequence[Request]) -> Words | None:
    """The words of a run; None where they are not known: not recorded, or asked for where nobody sees it."""
    unrecorded = requests and not any(one.answer for one in requests)
    unseen = run.answer is not None and not any(one.who == "agent" for one in requests)
    if unrecorded or unseen:
        return None
    said = sorted((one.who, repr(_said(one)), one.tokens) for one in requests)
    own = [one for one in requests if one.who == "tool"]
    lanes: dict[str, list[str]] = {}
    for sight in sights:
        if sight.who == "tool":
            lanes.setdefault(sight.lane, []).append(sight.text)
    kept = frozenset(lane for lane, pieces in lanes.items() if _add_up(pieces, own))
    return Words(tuple(said), kept)


def _said(request: Request) -> tuple[Any, ...]:
    """What an answer says, without what is new in every one."""
    calls = request.answer.get("tool_calls")
    asked = [one.get("function") for one in calls if isinstance(one, dict)] if isinstance(calls, list) else []
    return text_of(request.answer.get("content")), *asked


def _add_up(pieces: Sequence[str], requests: Sequence[Request]) -> bool:
    """Whether pieces are what was said, in its order; answers that came side by side may alternate."""
    texts = [text_of(one.answer.get("content")) for one in requests]
    readings = {(0,) * len(texts)}
    for piece in pieces:
        readings = {
            (*at[:n], at[n] + len(piece), *at[n + 1 :])
            for at in readings
            for n, text in enumerate(texts)
            if text.startswith(piece, at[n])
        }
        if len(readings) > MOST_READINGS:
            return True
    ends = [
        {len(text)} if one.streamed else {0, len(text)} for one, text in zip(requests, texts, strict=True)
    ]
    return any(all(n in end for n, end in zip(at, ends, strict=True)) for at in readings)
