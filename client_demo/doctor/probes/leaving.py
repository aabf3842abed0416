"""CANCELLATION and TIMEOUT: a caller that goes away, told and untold.

Knows `notifications/cancelled`, which a server may answer or not; what counts is that work stops.
"""

from __future__ import annotations

from client_demo.doctor.checks import Check, bad, good, not_applicable, warning, worst
from client_demo.doctor.dialogue import silence_s
from client_demo.doctor.patient import NAME_ONE, Patient, now, without_tool
from client_demo.doctor.record import Call, span

GRACE_S = 0.25
"""Seconds in which what was under way may still arrive."""
SIGN_S = 1.0
SETTLE_S = 0.3
WATCHED_S = 3.0
"""Seconds for which a cancelled call is watched whose end nobody knows."""
SILENT_S = 15.0
"""Seconds of silence after which a host may take a server for dead; the shortest limit of a host is 60 s."""
STOP = "stop a call's work when `notifications/cancelled` names it."
STAY = "run tools so that the server reads on, and let a cancelled one end without an answer of its own."


async def cancellation(patient: Patient) -> Check:
    """CANCELLATION."""
    if (check := patient.too_quick("CANCELLATION")) is not None:
        return check
    usual = patient.usual_s()
    call = await patient.begin()
    await patient.dialogue.until(lambda: bool(call.progress or call.ended), min(usual / 3, SIGN_S))
    if call.ended is not None:
        return not_applicable(
            "CANCELLATION", f"{patient.tool} was done before it could be cancelled", remedy=NAME_ONE
        )
    await patient.dialogue.cancel(call, "The doctor wants to see it stop.")
    left_s = max(call.began + usual - now(), 0)
    ping = await patient.dialogue.ping(patient.timeout_s)
    if ping is not None:
        longest = patient.timeout_s if patient.record.usual_s() is not None else WATCHED_S
        window = min(left_s + SETTLE_S, longest)
        await patient.dialogue.until(lambda: call.ended is not None, window)
        await patient.dialogue.until(lambda: bool(call.late), SETTLE_S)
    return _stopped(patient, call, ping, left_s)


def _stopped(patient: Patient, call: Call, ping: float | None, left_s: float) -> Check:
    assert call.cancelled is not None
    if patient.dialogue.lost:
        sentence = "a cancelled call ends the session"
        return bad("CANCELLATION", sentence, *patient.lost("after the cancellation"), remedy=STAY)
    if ping is None:
        sentence = "after a cancellation the server answers no more"
        return bad("CANCELLATION", sentence, f"no ping in {patient.timeout_s:g} s", remedy=STAY)
    if ping > max(0.8 * left_s, GRACE_S):
        evidence = f"the ping after it took {span(ping)}"
        return bad(
            "CANCELLATION", "a cancellation is heard only when the tool is done", evidence, remedy=STAY
        )
    after = [t - call.cancelled for t, _ in (*call.progress, *call.late) if t - call.cancelled > GRACE_S]
    if after:
        evidence = (
            f"{len(after)} notifications of progress, the last {span(after[-1])} after the cancellation"
        )
        return bad("CANCELLATION", "a cancelled call goes on", evidence, remedy=STOP)
    took = None if call.ended is None else call.ended - call.cancelled
    if call.succeeded and took is not None and took > left_s / 2:
        evidence = f"its result came {span(took)} after the cancellation"
        return bad("CANCELLATION", "a cancelled call runs to its end", evidence, remedy=STOP)
    heard = "it was not answered" if took is None else f"answered after {span(took)} ({call.said})"
    return good("CANCELLATION", "no more is heard of a cancelled call, and the session stays usable", heard)


async def time_limit(patient: Patient) -> Check:
    """TIMEOUT: signs of life, and a limit that runs out just as the answer comes."""
    if patient.choice is None:
        return without_tool("TIMEOUT")
    first = next(call for call in patient.record.calls if call.tool == patient.tool)
    if first.ended is None and first.cancelled is not None:  # it would not end this time either
        return _unfinished(patient, first, silence_s(first, first.cancelled))
    call = await patient.begin()
    done = await patient.finish(call)
    silent = silence_s(call, now())
    if not done:
        return _unfinished(patient, call, silent)
    await patient.dialogue.cancel(call, "The time limit ran out.")
    await patient.dialogue.tell("notifications/cancelled", {"requestId": 0, "reason": "Nobody made this."})
    again = await patient.begin()
    if not await patient.finish(again):
        evidence = (
            patient.lost("after it") if patient.dialogue.lost else (f"no answer in {patient.timeout_s:g} s",)
        )
        sentence = "a cancellation that crosses its answer breaks the session"
        return bad("TIMEOUT", sentence, *evidence, remedy="ignore cancellations of calls that are done.")
    heard = f"the longest silence in {span(call.seconds or 0)} was {span(silent)}"
    fine = good("TIMEOUT", "a caller whose limit runs out does no harm, and the next call is answered", heard)
    return worst([fine, *_silence(patient, silent)])


def _unfinished(patient: Patient, call: Call, silent: float) -> Check:
    limit = f"{patient.timeout_s:g} s"
    if patient.dialogue.lost:
        return bad("TIMEOUT", "a call ends the session", *patient.lost("during it"), remedy="read its log.")
    if call.progress and silent < patient.timeout_s / 2:
        sentence = f"{patient.tool} is not done in {limit}, and says all the while that it lives"
        return good("TIMEOUT", sentence, f"the longest silence was {span(silent)}")
    sentence = f"{patient.tool} is not done in {limit}, without a sign of life for {span(silent)}"
    remedy = "report progress at least every 15 s; raise --timeout if the tool takes longer."
    return warning("TIMEOUT", sentence, remedy=remedy)


def _silence(patient: Patient, silent: float) -> tuple[Check, ...]:
    if silent < SILENT_S:
        return ()
    sentence = f"{patient.tool} is silent for {span(silent)}, and hosts give up after 60 s"
    return (warning("TIMEOUT", sentence, remedy="report progress at least every 15 s."),)
