"""TOKENS: throughline's frames, counted against the server's own ledger.

Knows throughline's contract through the client that lives by it (`RemoteCall`).
"""

from __future__ import annotations

from client_demo.doctor.checks import Check, bad, good, not_applicable, warning
from client_demo.doctor.patient import Patient, without_tool
from client_demo.doctor.record import Call, meta_of, span
from throughline.client import CallLedger, Limits, RemoteCall
from throughline.errors import WireError
from throughline.wire import FRAME

AT_ONCE_S = 0.005
LOOK_FOR = "look for a proxy that drops or holds back notifications, and install one release on both sides."


async def tokens(patient: Patient) -> Check:
    """TOKENS."""
    if patient.choice is None:
        return without_tool("TOKENS")
    if patient.record.usual_s() is None:
        return not_applicable("TOKENS", f"{patient.tool} was not done in {patient.timeout_s:g} s")
    call = await patient.begin_with_frames()
    if not await patient.finish(call):
        sentence = f"{patient.tool} was not done in {patient.timeout_s:g} s when it was asked for its tokens"
        return bad("TOKENS", sentence, remedy="read its log.")
    if not patient.record.speaks_throughline():
        sentence = "it does not speak throughline's contract, so what models write in its tools stays there"
        return not_applicable("TOKENS", sentence, remedy="put `@streamed` on its tools (docs/boundary.md).")
    try:
        ledger = await _counted(call)
    except WireError as error:
        return bad("TOKENS", "a frame cannot be read", str(error), remedy=LOOK_FOR)
    return _judged(patient, call, ledger)


async def _counted(call: Call) -> CallLedger:
    """Take the call's frames as the client would, and hold them against the ledger."""
    counted = RemoteCall(tool=call.tool, token=str(call.token), limits=Limits(), strict=False)
    for _, params in call.progress:
        counted.deliver(meta_of(params))
    counted.finish(result=call.result, meta=meta_of(call.result))
    async for _ in counted.events():
        pass
    return counted.ledger()


def _judged(patient: Patient, call: Call, ledger: CallLedger) -> Check:
    got = ledger.received
    evidence = f"{got.tokens} tokens in {got.frames} frames, in {span(call.seconds or 0)}"
    if ledger.findings:
        return bad("TOKENS", "frames are lost on the way", *map(str, ledger.findings), remedy=LOOK_FOR)
    times = [t for t, params in call.progress if FRAME in meta_of(params)]
    if not got.frames:
        return not_applicable(
            "TOKENS", f"{patient.tool} calls no model and says nothing", remedy="try --tool."
        )
    if len(times) > 1 and times[-1] - times[0] < AT_ONCE_S and (call.seconds or 0) > len(times) * AT_ONCE_S:
        sentence = "all frames come at once, at the end"
        return warning(
            "TOKENS", sentence, evidence, remedy="look for a proxy that holds back what it forwards."
        )
    return good("TOKENS", "every frame came, in order, and the server's ledger agrees", evidence)
