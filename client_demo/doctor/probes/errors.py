"""ERRORS: requests that make no sense, one after the other, and whether the server is there afterwards.

Knows JSON-RPC's ways of being wrong. What an error says is the server's own affair.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from client_demo.doctor.checks import Check, bad, good, warning, worst
from client_demo.doctor.choice import wrong
from client_demo.doctor.patient import Patient
from client_demo.doctor.record import told
from client_demo.doctor.wire import Message

NO_TOOL = "no_such_tool_of_the_doctor"
NO_METHOD = "doctor/no_such_method"
ANSWER = "answer every request, with an error or with `isError`, and never end for one."
BROKEN = '{"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {'


async def errors(patient: Patient) -> Check:
    """ERRORS."""
    found: list[Check] = []
    seen: list[str] = []
    for what, trial in _trials(patient):
        answer = await trial()
        if patient.dialogue.lost:
            return bad("ERRORS", f"{what} ends the server", *patient.lost("after it"), remedy=ANSWER)
        if answer is None:
            found.append(bad("ERRORS", f"{what} is never answered", remedy=ANSWER))
            break
        seen.append(f"{what}: {told(answer)}")
        if _accepted(answer):
            found.append(_taken(what))
    await patient.dialogue.wire.send_text(BROKEN)
    if await patient.dialogue.ping(patient.timeout_s) is None:
        evidence = patient.lost("after it") if patient.dialogue.lost else ()
        found.append(
            bad("ERRORS", "after a message that is no JSON, it answers no more", *evidence, remedy=ANSWER)
        )
    fine = good("ERRORS", "what makes no sense is answered with an error, and breaks nothing", *seen)
    return worst([*found, fine])


def _trials(patient: Patient) -> list[tuple[str, Callable[[], Awaitable[Message | None]]]]:
    async def call(tool: str, arguments: Message) -> Message | None:
        params = {"name": tool, "arguments": arguments}
        return await patient.dialogue.ask("tools/call", params, limit_s=patient.timeout_s)

    trials: list[tuple[str, Callable[[], Awaitable[Message | None]]]] = [
        ("a tool that is not there", lambda: call(NO_TOOL, {})),
        ("an unknown method", lambda: patient.dialogue.ask(NO_METHOD, {}, limit_s=patient.timeout_s)),
    ]
    if patient.choice is not None and (arguments := wrong(patient.choice)) is not None:
        trials.append(("arguments of a wrong type", lambda: call(patient.tool, arguments)))
    return trials


def _accepted(answer: Message) -> bool:
    result = answer.get("result")
    return isinstance(result, dict) and result.get("isError") is not True


def _taken(what: str) -> Check:
    if "type" in what:
        remedy = "check arguments against the schema, so that a model learns what it did wrong."
        return warning("ERRORS", f"{what} are taken as if they were right", remedy=remedy)
    return bad("ERRORS", f"{what} is answered as if it were there", remedy="answer with an error.")
