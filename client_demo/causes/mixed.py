"""Which parallel calls were mixed up: frames under another's token, or texts under another's call id.

Pure. Two signs: the numbers of frames (some come twice in one call and are missing in another), and the
words (what came for one call is in another's result and not in its own).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import permutations

from client_demo.causes.findings import Exhibit
from client_demo.causes.reading import once, short
from client_demo.causes.wirelog import Arrival, Call, calls, of_runs, token_texts
from client_demo.evidence.data import Evidence, RunEvidence, ToolResult
from throughline.events import Frame
from throughline.ledger import Ledger


@dataclass(frozen=True, slots=True)
class Mixed:
    """One proof of a mix-up, and its run."""

    run: RunEvidence
    proof: Exhibit


@once
def mixed(evidence: Evidence) -> list[Mixed]:
    """Every proof that there is."""
    found: list[Mixed] = []
    for some in of_runs(calls(evidence)).values():
        if len(some) > 1:
            found += [Mixed(some[0].run, proof) for proof in (*_by_number(some), *_by_words(some))]
    for run in evidence.runs:
        if len(run.results) > 1:
            found += [Mixed(run, proof) for proof in _by_id(run)]
    return found


def _by_number(some: Sequence[Call]) -> Iterator[Exhibit]:
    """Frames that came twice under one token, while as many are missing under another."""
    extra = {id(call): _extra(call) for call in some}
    lacking = any(_lacks(call) for call in some)
    for call in some:
        if lacking and extra[id(call)]:
            arrival, frame = extra[id(call)][0]
            yield arrival.proof(f"frame {frame.seq} came under a token that had one of that number")


def _extra(call: Call) -> list[tuple[Arrival, Frame]]:
    seen: set[int] = set()
    found = []
    for arrival, frame in call.framed:
        if frame.seq in seen or (call.ledger and frame.seq > call.ledger.frames):
            found.append((arrival, frame))
        seen.add(frame.seq)
    return found


def _lacks(call: Call) -> bool:
    seqs = {frame.seq for _, frame in call.framed}
    return any(seq not in seqs for seq in range(1, (call.ledger.frames if call.ledger else 0) + 1))


def _by_words(some: Sequence[Call]) -> Iterator[Exhibit]:
    """Words under one token that the server did not send for it, and that are another's result's."""
    for call, other in permutations([one for one in some if not _as_sent(one)], 2):
        for arrival, frame in call.framed:
            text = max(_runs_of_text(frame), key=len, default="")
            if len(text) > 2 and text not in call.text and text in other.text:
                yield arrival.proof(f"{short(text, 60)} belongs to the call of message {other.number}")
                break


def _as_sent(call: Call) -> bool:
    """Whether the words that came for a call are those that the server counted for it."""
    came = Ledger()
    for _, frame in call.framed:
        came.add(frame)
    return call.ledger is None or came.totals() == call.ledger


def _runs_of_text(frame: Frame) -> list[str]:
    """The words of a frame: joined where they make one text, and one by one."""
    texts = token_texts(frame)
    return [text.strip() for text in ("".join(texts), *texts)]


def _by_id(run: RunEvidence) -> Iterator[Exhibit]:
    """Tokens that a path showed under one call's id, and that are another call's result."""
    shown: Counter[str] = Counter()
    texts: dict[tuple[str, str], str] = {}
    for one in run.sights:
        if one.who == "tool" and one.text and one.tool_call_id:
            key = (one.tool_call_id, one.lane)
            texts[key] = texts.get(key, "") + one.text
            shown[one.tool_call_id] += 1
    for (call_id, lane), text in texts.items():
        mine = [one for one in run.results if one.call_id == call_id]
        others = [one for one in run.results if one.call_id != call_id]
        if mine and (other := _owner(text, mine[0], others)):
            yield Exhibit(
                run.number,
                f"{shown[call_id]} events of {call_id}",
                f"{lane} shows {short(text, 60)}, which is the result of {other.call_id}",
            )


def _owner(text: str, mine: ToolResult, others: Sequence[ToolResult]) -> ToolResult | None:
    words = text.strip()
    if not words or words in mine.text:
        return None
    return next((one for one in others if words in one.text), None)
