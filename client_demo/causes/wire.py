"""Causes between server and client: what was sent, what arrived, when, in which order, and for whom.

Pure. Reads MCP messages only, beside the times of the provider's chunks. Where calls were mixed up, their
order and number say nothing more and are not judged.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from statistics import median

from client_demo.causes.findings import Exhibit, Finding
from client_demo.causes.mixed import mixed
from client_demo.causes.reading import asked, counted, finding
from client_demo.causes.wirelog import Arrival, Call, calls, has_tokens, runs_of
from client_demo.evidence.data import Evidence
from throughline.events import Frame

LEAST_CHUNKS = 3
LEAST_SPREAD_S = 0.2
"""Below this, a model's tokens come at once, or a busy machine holds all of them up."""


def _clean(evidence: Evidence) -> list[Call]:
    """Calls that were neither mixed up nor left by their caller."""
    wrong = {one.run.number for one in mixed(evidence)}
    return [one for one in calls(evidence) if one.run.number not in wrong and "left_s" not in one.run.notes]


def late_progress(evidence: Evidence) -> Iterable[Finding]:
    """Progress came after the result of its call."""
    found = {id(call): call for call in _clean(evidence) for one in call.arrivals if one.late}
    if found:
        late = [one for call in found.values() for one in call.arrivals if one.late]
        yield finding(
            "LATE_PROGRESS",
            runs_of(list(found.values())),
            f"{counted(len(late), 'progress message')} arrived after the result of {_of(len(found))}: "
            "whoever stops listening there misses them.",
            evidence=[
                proof
                for call in found.values()
                for proof in (
                    call.answer_proof("the result"),
                    *(one.proof(f"{_name(one)}, after the result") for one in call.arrivals if one.late),
                )
            ],
        )


def reordered(evidence: Evidence) -> Iterable[Finding]:
    """Frames, or the numbers of plain progress, went backwards."""
    found = [(call, back) for call in _clean(evidence) if (back := list(_backwards(call)))]
    if found:
        pairs = [pair for _, back in found for pair in back]
        framed = any(one.frame for _, one in pairs)
        yield finding(
            "REORDERED",
            runs_of([call for call, _ in found]),
            f"Progress arrived out of order {counted(len(pairs), 'time')}, in {_of(len(found))}: "
            "text made of it is scrambled.",
            evidence=[one.proof(f"{_name(one)}, after {_name(before)}") for before, one in pairs],
            sure="certain" if framed else "likely",
        )


def _backwards(call: Call) -> Iterator[tuple[Arrival, Arrival]]:
    for late in (False, True):
        some = [one for one in call.arrivals if one.late == late]
        for before, one in pairwise(some):
            if before.frame and one.frame:
                if one.frame.seq < before.frame.seq:
                    yield before, one
            elif one.progress < before.progress:
                yield before, one


def lost_frames(evidence: Evidence) -> Iterable[Finding]:
    """Frames are missing among those that came, or none came though progress can travel this way."""
    found = [(call, gone) for call in _clean(evidence) if (gone := _missing(call))]
    if not found:
        return
    lost = sum(len(gone) for _, gone in found)
    sent = sum(max(call.ledger.frames if call.ledger else 0, *gone) for call, gone in found)
    yield finding(
        "LOST_FRAMES",
        runs_of([call for call, _ in found]),
        f"{lost} of {sent} frames that the server sent never arrived, in {_of(len(found))}.",
        evidence=[_ledger_proof(call, f"missing: {_numbers(gone)}") for call, gone in found],
    )


def _missing(call: Call) -> list[int]:
    seqs = {frame.seq for _, frame in call.framed}
    if not call.answered or (not seqs and (not call.ledger or _no_way(call))):
        return []
    last = call.ledger.frames if call.ledger else max(seqs)
    return [seq for seq in range(1, last + 1) if seq not in seqs]


def json_response_mode(evidence: Evidence) -> Iterable[Finding]:
    """Frames were sent over HTTP, and none came."""
    found = [call for call in calls(evidence) if _no_way(call)]
    if found:
        told = all("json" in str(call.run.notes.get("content_type", "")) for call in found)
        sent = sum(call.ledger.frames for call in found if call.ledger)
        yield finding(
            "JSON_RESPONSE_MODE",
            runs_of(found),
            f"The server sent {sent} frames over HTTP and not one arrived: "
            + (
                "it answers with one JSON body."
                if told
                else "one JSON body was the answer, or a proxy drops them."
            ),
            evidence=[_ledger_proof(call, "arrived: none") for call in found],
            sure="certain" if told else "likely",
        )


def _no_way(call: Call) -> bool:
    sent = call.ledger.frames if call.ledger else 0
    return bool(sent) and not call.arrivals and call.run.notes.get("transport") == "http"


def replayed_at_end(evidence: Evidence) -> Iterable[Finding]:
    """The model's words were spread over time, and the first of them crossed after the last was made."""
    found = [(call, held) for some in _by_placement(evidence) for call, held in _mostly_held(some)]
    if found:
        wait = median(first.t - begin for _, (begin, _, first) in found)
        yield finding(
            "REPLAYED_AT_END",
            runs_of([call for call, _ in found]),
            f"In {_of(len(found))} the first token arrived {wait * 1000:.0f} ms after the model had made it, "
            "when the model had made them all: something holds everything back until the end.",
            evidence=[
                first.proof(f"first token after {first.t:.3f} s; made from {begin:.3f} to {end:.3f} s")
                for _, (begin, end, first) in found
            ],
        )


Held = tuple[float, float, Arrival]
"""When the model began and ended, and the first words on the wire."""


def _by_placement(evidence: Evidence) -> Iterable[list[Call]]:
    places: dict[str, list[Call]] = {}
    for call in _clean(evidence):
        places.setdefault(call.run.run.cell.placement, []).append(call)
    return places.values()


def _mostly_held(some: Sequence[Call]) -> list[tuple[Call, Held]]:
    """The calls whose words waited for the end; none where most did not: a busy machine hiccups."""
    timed = [(call, held) for call in some if (held := _timed(call))]
    waited = [(call, held) for call, held in timed if _waited(*held)]
    return waited if len(waited) * 2 > len(timed) else []


def _timed(call: Call) -> Held | None:
    """Only where the words of a call took their time can it be told whether they waited."""
    within = (call.sent_s, call.answered_s or call.sent_s)
    chunks = [t for one in asked(call.run, "tool") for t in one.chunk_s if within[0] <= t <= within[1]]
    words = [one for one, frame in call.framed if has_tokens(frame)]
    if len(chunks) < LEAST_CHUNKS or not words or max(chunks) - min(chunks) < LEAST_SPREAD_S:
        return None
    return min(chunks), max(chunks), words[0]


def _waited(begin: float, end: float, first: Arrival) -> bool:
    return first.t >= end - (end - begin) / 10


def misattributed(evidence: Evidence) -> Iterable[Finding]:
    """What belongs to one of several calls came as another's: on the wire, or in what the path shows."""
    found = mixed(evidence)
    if found:
        yield finding(
            "MISATTRIBUTED",
            list({one.run.number: one.run for one in found}.values()),
            "What one of several parallel calls said was handed out as another's.",
            evidence=[one.proof for one in found],
        )


def _ledger_proof(call: Call, says: str) -> Exhibit:
    sent = call.ledger.frames if call.ledger else "an unknown number of"
    return call.answer_proof(f"the server says that it sent {sent} frames; {says}")


def _name(one: Arrival) -> str:
    frame: Frame | None = one.frame
    return f"frame {frame.seq}" if frame else f"progress {one.progress:g}"


def _numbers(seqs: Sequence[int]) -> str:
    return ", ".join(map(str, seqs[:8])) + (", ..." if len(seqs) > 8 else "")


def _of(count: int) -> str:
    return counted(count, "call")
