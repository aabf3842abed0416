"""pytest's plugin: the fixture and the marker `throughline`, for tests that hold an agent to being the same.

    def test_my_agent_is_the_same_on_every_path(throughline):
        throughline.compare(make_agent, server="python -m my_server", prompt="...").check()

Loaded by every pytest that finds throughline installed, and so imports nothing that takes time: what a
comparison needs is imported by the first one.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from client_demo.in_tests import Comparison

MARKER = "throughline"


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known."""
    told = "throughline(agent=, server=, prompt=, ...): what the fixture `throughline` compares, unless told."
    config.addinivalue_line("markers", told)


class Throughline:
    """Makes comparisons in a test; the fixture `throughline` is one."""

    def __init__(self, defaults: dict[str, Any], folder: Path, root: Path) -> None:
        self._defaults = defaults
        self._folder = folder
        self._root = root
        self._made = 0

    def compare(self, agent: Any = None, **options: Any) -> Comparison:
        """Run an agent by every path, with its tools in this process and over the bridge, and tell of it.

        `agent` is a graph of LangGraph's, a factory that takes `model` and `tools`, or "module:name"; without
        one it is throughline's own. The options are those of `throughline compare`: `server` (a command, a
        list of its words, a URL, or a file with `mcpServers`), `prompt` or `given` (the agent's input),
        `tool`, `args`, `paths`, `placements`, `repeat`, `model`, `timeout`, `probe`, `quirk`, `transport`.
        A graph that is made already asks the model that it was made with; a factory, or what is named, is
        told of the comparison's, by `model` or by OPENAI_*.

        The tools of a `server` of yours cannot run in this process, and so there is nothing to count against:
        `error` and `difference` hold as ever (equal calls have to have equal results), `loss` as far as the
        findings tell of it. Where they cannot, because no token was made or seen, `check` warns (`NotTold`).

        Runs in a thread with an event loop of its own, and so in async tests as well; one whose own loop has
        to go on meanwhile calls it by `asyncio.to_thread`. A command line that starts with `python` is run
        by the Python of the tests. Raises: ThroughlineError, one sentence, where no comparison can be made.
        """
        __tracebackhide__ = True
        from client_demo.in_tests import compare

        self._made += 1
        recording = self._folder / f"comparison-{self._made}.jsonl"
        given = {**self._defaults, **({} if agent is None else {"agent": agent}), **options}
        return compare(given, recording=recording, root=self._root, live_env=os.environ)


@pytest.fixture
def throughline(request: pytest.FixtureRequest, tmp_path: Path) -> Throughline:
    """Compare an agent's paths: `throughline.compare(agent, server=..., prompt=...).check()`."""
    defaults: dict[str, Any] = {}
    for marker in request.node.iter_markers(MARKER):  # the closest comes first
        defaults = {**marker.kwargs, **defaults}
    return Throughline(defaults, tmp_path, request.config.rootpath)
