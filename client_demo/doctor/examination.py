"""One examination: a session with the server, probe after probe, and a new one where a probe cost the old.

Every probe is bounded and so is the whole. Knows the order of the probes and none of them from inside.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from itertools import count
from typing import Any

import anyio

from client_demo.doctor.checks import CODES, Check, Report, bad, not_applicable
from client_demo.doctor.choice import choose
from client_demo.doctor.dialogue import Dialogue, open_dialogue
from client_demo.doctor.patient import Patient
from client_demo.doctor.probes.errors import errors
from client_demo.doctor.probes.leaving import cancellation, time_limit
from client_demo.doctor.probes.opening import connect, list_tools
from client_demo.doctor.probes.parallel import parallel
from client_demo.doctor.probes.progress import judge_progress, judge_stdout
from client_demo.doctor.probes.shutdown import shutdown
from client_demo.doctor.probes.tokens import tokens
from client_demo.doctor.record import Record
from client_demo.errors import UsageError
from client_demo.servers.target import Target

TIMEOUT_S = 10.0
CONNECT_TIMES = 3
PROBE_TIMES = 3
WHOLE_TIMES = 5
"""How many time limits of an answer connecting, a probe, and everything before the end may take."""

Probe = Callable[[Patient], Awaitable[Check]]
Tell = Callable[[str], None]

PROBES: dict[str, Probe] = {
    "TOKENS": tokens,
    "CANCELLATION": cancellation,
    "TIMEOUT": time_limit,
    "PARALLEL": parallel,
    "ERRORS": errors,
}


@dataclass(frozen=True, slots=True)
class Plan:
    """What is examined, with which tool, and how long any one answer is waited for."""

    target: Target
    tool: str | None = None
    arguments: dict[str, Any] | None = None
    timeout_s: float = TIMEOUT_S


async def examine(plan: Plan, *, tell: Tell) -> Report:
    """Examine a server; `tell` hears of what is under way. Raises: UnknownName, ArgumentsUnfit."""
    return await _Examination(plan, tell).run()


class _Examination:
    def __init__(self, plan: Plan, tell: Tell) -> None:
        self._plan = plan
        self._tell = tell
        self._record = Record()
        self._ids = count(1)
        self._began = anyio.current_time()
        self._checks: dict[str, Check] = {}
        self._stack = AsyncExitStack()
        self._patient: Patient

    async def run(self) -> Report:
        refused: UsageError | None = None
        async with self._stack:
            dialogue = await self._open()
            self._patient = Patient(dialogue, self._record, self._plan.timeout_s)
            self._tell("CONNECT")
            self._checks["CONNECT"] = await connect(dialogue, CONNECT_TIMES * self._plan.timeout_s)
            if dialogue.greeting:
                refused = await self._choose()
                if refused is None:
                    await self._probe_all()
        if refused is not None:
            raise refused  # not from within: the session's task group would wrap it
        return self._report(dialogue)

    async def _choose(self) -> UsageError | None:
        self._tell("TOOLS")
        patient = self._patient
        patient.tools, self._checks["TOOLS"] = await list_tools(patient.dialogue, self._plan.timeout_s)
        try:
            patient.choice = choose(patient.tools, wanted=self._plan.tool, given=self._plan.arguments)
        except UsageError as error:
            return error
        return None

    async def _probe_all(self) -> None:
        if self._patient.choice is not None:
            self._tell("PROGRESS")
            await self._bounded("PROGRESS", _let_be)
        for code, probe in PROBES.items():
            self._tell(code)
            self._checks[code] = await self._bounded(code, probe)
        self._tell("SHUTDOWN")
        self._checks["PROGRESS"] = judge_progress(self._patient)
        self._checks["SHUTDOWN"] = await self._shut_down()
        self._checks["STDOUT"] = judge_stdout(self._patient)

    async def _bounded(self, code: str, probe: Probe) -> Check:
        """One probe, on a session that works, within its time."""
        left_s = self._began + WHOLE_TIMES * self._plan.timeout_s - anyio.current_time()
        if left_s <= 0:
            return not_applicable(code, "there was no time left for it", remedy="raise --timeout.")
        limit_s = min(PROBE_TIMES * self._plan.timeout_s, left_s)
        if (failed := await self._alive(code, limit_s)) is not None:
            return failed
        with anyio.move_on_after(limit_s):
            return await probe(self._patient)
        return not_applicable(code, f"it was not done in {limit_s:.0f} s", remedy="raise --timeout.")

    async def _alive(self, code: str, limit_s: float) -> Check | None:
        """See to a session that answers; a new one, where need be."""
        dialogue = self._patient.dialogue
        if not dialogue.lost and await dialogue.ping(min(limit_s, self._plan.timeout_s)) is not None:
            return None
        await self._stack.aclose()
        self._patient.dialogue = await self._open()
        check = await connect(self._patient.dialogue, limit_s)
        if self._patient.dialogue.greeting:
            return None
        sentence = f"no second session could be had ({check.sentence})"
        return bad(code, sentence, *check.evidence, remedy=check.remedy)

    async def _shut_down(self) -> Check:
        limit_s = self._plan.timeout_s
        return await self._alive("SHUTDOWN", limit_s) or await shutdown(self._patient)

    async def _open(self) -> Dialogue:
        return await self._stack.enter_async_context(
            open_dialogue(self._plan.target, self._record, self._ids)
        )

    def _report(self, first: Dialogue) -> Report:
        choice = self._patient.choice
        info, nobody = first.greeting.get("serverInfo"), "the server was not reached"
        return Report(
            target=self._plan.target.title,
            transport="http" if self._plan.target.url else "stdio",
            server=info if isinstance(info, dict) else {},
            tool=choice.tool if choice else None,
            arguments=choice.arguments if choice else {},
            checks=tuple(self._checks.get(code) or not_applicable(code, nobody) for code in CODES),
            seconds=anyio.current_time() - self._began,
            unreachable=not first.greeting,
            key_refused=not first.lost and not first.greeting and first.wire.key_refused,
        )


async def _let_be(patient: Patient) -> Check:
    """One call that nobody disturbs, asked for as any host asks: what others are compared with."""
    await patient.finish(await patient.begin())
    return not_applicable("PROGRESS", "")
