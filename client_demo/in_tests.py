"""A comparison as a test makes it: from keyword arguments to an assertion that a person can read.

Knows what `throughline compare` can be asked for and what a test may hold; knows nothing of pytest.
"""

from __future__ import annotations

import json
import re
import shlex
import warnings
from collections.abc import Iterable, Iterator, Mapping, MutableMapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from anyio.from_thread import start_blocking_portal

from client_demo.causes.findings import at_least
from client_demo.commands.comparison import compared
from client_demo.commands.request import Request
from client_demo.errors import UnknownName, UsageError
from client_demo.experiment.compare import REFERENCE
from client_demo.experiment.foreign import ForeignAgent, as_agent
from client_demo.report.causes import told
from client_demo.report.gate import Breach, Condition, breaches, read_conditions, untold
from client_demo.report.story import Story
from client_demo.report.verdict import BRIDGED
from client_demo.report.write import Files
from client_demo.servers.naming import read_target
from client_demo.servers.target import Target
from throughline.errors import ThroughlineError

FAIL_ON = "loss,difference,error"
PLACEMENTS = (REFERENCE, BRIDGED)
USUAL: dict[str, Any] = {
    "prompt": None,
    "placements": PLACEMENTS,
    "paths": ("all",),
    "tool": None,
    "model": "auto",
    "repeat": 1,
    "timeout": 120.0,
    "server": None,
    "agent": None,
    "args": None,
    "given": None,
    "transport": "stdio",
    "probe": (),
    "quirk": (),
}
_MANY = ("placements", "paths", "probe", "quirk")
_OBJECTS = ("args", "given")
_VALUE = r"\S+ (?:cannot be used|fails|has no)|\d|'\{|configured"
_OPTION = re.compile(rf"--({'|'.join(['input', 'fail-on', *USUAL])})\b( (?={_VALUE}))?")
"""An option of the command line, with the blank before its value where one follows."""


class NotTold(UserWarning):
    """Something that a test holds cannot be told of the comparison that it made."""


class NotTheSame(AssertionError):
    """A comparison came to what it must not; `breaches` are what was not held."""

    def __init__(self, message: str, not_held: tuple[Breach, ...]) -> None:
        super().__init__(message)
        self.breaches = not_held


@dataclass(frozen=True, slots=True)
class Comparison:
    """A comparison that was made: its story, and the file with its recording."""

    story: Story
    recording: Path
    fail_on: str = FAIL_ON

    def breaches(self, fail_on: str | None = None) -> tuple[Breach, ...]:
        """What is not held of `fail_on`, which is as on the command line."""
        __tracebackhide__ = True
        return breaches(self.story, _conditions(self.fail_on if fail_on is None else fail_on))

    def check(self, fail_on: str | None = None) -> Comparison:
        """Fail where something is not held, warn where it cannot be told.

        Raises: NotTheSame, an AssertionError.
        """
        __tracebackhide__ = True
        for sentence in untold(self.story, _conditions(self.fail_on if fail_on is None else fail_on)):
            warnings.warn(sentence, NotTold, stacklevel=2)
        if not_held := self.breaches(fail_on):
            raise NotTheSame("\n".join([*map(_in_python, self._reasons(not_held)), self._kept()]), not_held)
        return self

    def _reasons(self, not_held: tuple[Breach, ...]) -> Iterator[str]:
        header = self.story.header
        yield f"{header.agent or header.tool or 'The agent'} is not the same wherever it was run."
        yield from (f"  {one.kind}: {one.sentence}" for one in not_held)
        if bad := [one for one in self.story.verdict if one.tone == "bad"]:
            yield "What was seen:"
            yield from (f"  {one.subject or 'everywhere'}: {one.text}" for one in bad)
        if found := at_least(self.story.findings, "warning"):
            yield "Why, as far as the recording proves it:"
            yield from (f"  {line}" for line in told(found))

    def _kept(self) -> str:
        return f"The recording is kept; look at it with: throughline report {self.recording} --html page.html"


def compare(
    options: Mapping[str, Any], *, recording: Path, root: Path, live_env: MutableMapping[str, str]
) -> Comparison:
    """Make the comparison in a thread of its own. Raises: ThroughlineError."""
    __tracebackhide__ = True
    asked = dict(options)
    fail_on = asked.pop("fail_on", FAIL_ON)
    _conditions(fail_on)
    try:
        request = _request(asked, root, live_env)
        with start_blocking_portal() as portal:
            story, _ = portal.call(compared, replace(request, record=recording))
    except ThroughlineError as error:
        raise _told_in_python(error) from None
    return Comparison(story, recording, fail_on)


def _conditions(fail_on: str) -> tuple[Condition, ...]:
    __tracebackhide__ = True
    try:
        return read_conditions([fail_on])
    except ThroughlineError as error:
        raise _told_in_python(error) from None


def _told_in_python(error: ThroughlineError) -> ThroughlineError:
    """An error whose sentence says it all: without where it came from, and in the words of a test."""
    error.args = (_in_python(str(error)),)
    return error.with_traceback(None)


def _in_python(text: str) -> str:
    """The names of options as a test writes them: `--agent` is `agent=`."""
    names = {"input": "given", "fail-on": "fail_on"}
    return _OPTION.sub(lambda found: f"{names.get(found[1], found[1])}=", text)


def _request(options: Mapping[str, Any], root: Path, live_env: MutableMapping[str, str]) -> Request:
    for name in options:
        if name not in USUAL:
            raise UnknownName(kind="option of compare", name=name, valid=[*USUAL, "fail_on"])
    asked = {**USUAL, **options}
    if asked["repeat"] < 1 or asked["timeout"] <= 0:
        raise UsageError("A comparison takes runs, and time for them", remedy="set repeat and timeout.")
    asked |= {name: _names(asked[name]) for name in _MANY}
    asked |= {name: _json(asked[name]) for name in _OBJECTS}
    asked["server"] = _server(asked["server"], root, live_env)
    asked["agent"] = _agent(asked["agent"])
    return Request(
        **asked, record=None, files=Files(), env=dict(live_env), dotenv=root / ".env", live_env=live_env
    )


def _json(value: str | Mapping[str, Any] | None) -> str | None:
    return json.dumps(value) if isinstance(value, Mapping) else value


def _names(value: str | Iterable[str]) -> tuple[str, ...]:
    names = value.split(",") if isinstance(value, str) else value
    return tuple(name.strip() for name in names if name.strip())


def _agent(agent: Any) -> str | ForeignAgent | None:
    """What was named is imported later; an object is used as it is, by a name of its own."""
    if agent is None or isinstance(agent, str):
        return agent
    name = getattr(agent, "__qualname__", None) or getattr(agent, "name", None) or type(agent).__name__
    return as_agent(str(name), agent)


def _server(server: Any, root: Path, env: Mapping[str, str]) -> Target | None:
    if server is None or isinstance(server, Target):
        return server
    given = shlex.join(map(str, server)) if isinstance(server, list | tuple) else str(server)
    target = read_target(given, env=env)
    if not target.command:
        return target
    return replace(target, cwd=target.cwd or str(root))
