"""Anybody's agent: `module:attribute`, a graph of LangGraph's or a factory that makes one.

    my_package.agent:graph         a graph: compiled, not yet compiled, or a remote one
    path/to/agent.py:make_agent    a factory, sync or async, called with `model` and `tools` by keyword, where
                                   its signature has them

Any graph, not only ReAct. Runs a stranger's code in this process, and so maps whatever it raises to one
sentence. Knows LangGraph's graphs; knows nothing of what is asked of them.
"""

from __future__ import annotations

import asyncio
import importlib
import importlib.util
import inspect
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from operator import attrgetter
from pathlib import Path
from types import ModuleType
from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_core.tools import BaseTool
from langgraph.graph import StateGraph
from langgraph.pregel.protocol import PregelProtocol

from client_demo.errors import UnknownName, UsageError
from client_demo.experiment.culprit import place_of
from client_demo.experiment.strangers import heed_cancellation
from throughline.errors import EXIT_TOOL, ThroughlineError

Graph = PregelProtocol[Any, Any, Any, Any]
HANDED = ("model", "tools")
HOW = "name it as module:attribute, or as path/to/file.py:attribute."


class AgentUnusable(UsageError):
    """`--agent` names nothing that can be used as an agent."""

    def __init__(self, *, given: str, reason: str, remedy: str) -> None:
        self.given = given
        self.reason = reason
        super().__init__(f"--agent {given} cannot be used ({reason})", remedy=remedy)


def asks_for(given: str, model: str) -> AgentUnusable:
    """The error of an agent that asks our endpoint for another model than the one that is there."""
    reason = f"it asks for the model {model!r}, which is not the one of this comparison"
    return AgentUnusable(
        given=given, reason=reason, remedy="let it read OPENAI_MODEL, or take --model configured."
    )


class AgentRaised(ThroughlineError):
    """The code of an agent raised while it was imported or while its factory ran; the words are its own."""

    exit_code = EXIT_TOOL

    def __init__(self, *, given: str, doing: str, error: BaseException) -> None:
        self.given = given
        self.error = error
        line = next(iter(str(error).strip().splitlines()), "")
        said = f"{type(error).__name__}: {line}" if line else type(error).__name__
        if place := place_of(error):
            said += f", {place}"
        super().__init__(f"--agent {given} fails while {doing} ({said})", remedy="correct it there.")


@dataclass(frozen=True, slots=True)
class ForeignAgent:
    """A graph, or a factory of graphs, by the name that it was given. `wants` is what the factory takes."""

    given: str
    found: Any
    wants: frozenset[str] = frozenset()

    @property
    def is_factory(self) -> bool:
        """Whether each run can have a graph of its own, with our model and tools."""
        return not _is_graph(self.found)

    async def build(
        self, *, model: BaseChatModel, tools: Sequence[BaseTool], limit_s: float | None = None
    ) -> Graph:
        """The graph, made afresh where it is a factory's, within its limit.

        Raises: AgentRaised, AgentUnusable.
        """
        made = self.found
        if self.is_factory:
            handed = {"model": model, "tools": list(tools)}
            limit = asyncio.timeout(limit_s)
            try:
                made = self.found(**{name: handed[name] for name in HANDED if name in self.wants})
                if inspect.isawaitable(made):
                    async with limit:
                        made = await made
            except TimeoutError as error:
                said = TimeoutError(f"it was not done within {limit_s:g} s") if limit.expired() else error
                raise AgentRaised(given=self.given, doing="its factory runs", error=said) from error
            except (Exception, SystemExit) as error:  # a stranger's factory may raise anything
                heed_cancellation(error)
                raise AgentRaised(given=self.given, doing="its factory runs", error=error) from error
        return self._compiled(made)

    def _compiled(self, made: Any) -> Graph:
        if isinstance(made, StateGraph):
            try:
                made = made.compile()
            except Exception as error:  # LangGraph tells by many errors what is amiss
                raise AgentRaised(given=self.given, doing="its graph is compiled", error=error) from error
        if not isinstance(made, PregelProtocol):
            reason = f"what its factory returned is {_kind(made)}, and no graph"
            raise AgentUnusable(given=self.given, reason=reason, remedy="return a compiled LangGraph graph.")
        return made


def load_agent(given: str) -> ForeignAgent:
    """Import an agent. Raises: AgentUnusable, UnknownName, AgentRaised."""
    source, _, attribute = given.rpartition(":")
    if not source or not attribute or "/" in attribute:
        raise AgentUnusable(given=given, reason="it has no module, or no attribute", remedy=HOW)
    return as_agent(given, _attribute(given, _module(given, source), attribute))


def as_agent(given: str, found: Any) -> ForeignAgent:
    """An agent that is here already, by a name. Raises: AgentUnusable."""
    if _is_graph(found):
        return ForeignAgent(given, found)
    if isinstance(found, type) or not callable(found):
        reason = f"it is {_kind(found)}, and neither a graph nor a function that makes one"
        raise AgentUnusable(given=given, reason=reason, remedy="name a compiled graph or its factory.")
    return ForeignAgent(given, found, _wants(given, found))


def _module(given: str, source: str) -> ModuleType:
    path = Path(source).expanduser()
    is_file = path.suffix == ".py" or "/" in source
    if is_file and not path.is_file():
        raise AgentUnusable(given=given, reason=f"there is no file {source}", remedy=HOW)
    _first_on_path(path.resolve().parent if is_file else Path.cwd())
    try:
        return _from_file(path) if is_file else importlib.import_module(source)
    except ModuleNotFoundError as error:
        if not is_file and error.name and (source == error.name or source.startswith(f"{error.name}.")):
            reason = f"there is no module {error.name!r}"
            raise AgentUnusable(given=given, reason=reason, remedy=HOW) from error
        raise AgentRaised(given=given, doing="it is imported", error=error) from error
    except (Exception, SystemExit) as error:  # a stranger's module may raise anything
        raise AgentRaised(given=given, doing="it is imported", error=error) from error


def _from_file(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"agent_in_{path.stem}", path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path.name} is not a Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[module.__name__] = module  # where its dataclasses and pydantic models look for their names
    spec.loader.exec_module(module)
    return module


def _first_on_path(directory: Path) -> None:
    """A module finds what lies beside it, as when it is run."""
    if str(directory) not in sys.path:
        sys.path.insert(0, str(directory))


def _attribute(given: str, module: ModuleType, name: str) -> Any:
    try:
        return attrgetter(name)(module)
    except AttributeError as error:
        valid = [
            key for key, value in vars(module).items() if not key.startswith("_") and _may_be(value, module)
        ]
        if not valid:
            reason = f"there is no {name!r} in it, nor any graph or function"
            raise AgentUnusable(given=given, reason=reason, remedy=HOW) from error
        raise UnknownName(kind=f"agent in {module.__name__}", name=name, valid=valid) from error


def _may_be(value: Any, module: ModuleType) -> bool:
    return _is_graph(value) or (inspect.isfunction(value) and value.__module__ == module.__name__)


def _is_graph(value: Any) -> bool:
    return isinstance(value, PregelProtocol | StateGraph)


def _wants(given: str, factory: Callable[..., Any]) -> frozenset[str]:
    """Which of the things that we hand out a factory takes; it may need nothing else."""
    try:
        parameters = inspect.signature(factory).parameters.values()
    except ValueError:
        return frozenset()
    by_name = {one.name for one in parameters if one.kind in (one.POSITIONAL_OR_KEYWORD, one.KEYWORD_ONLY)}
    anything = any(one.kind is one.VAR_KEYWORD for one in parameters)
    unmet = [
        one.name
        for one in parameters
        if one.default is one.empty
        and one.kind not in (one.VAR_POSITIONAL, one.VAR_KEYWORD)
        and (one.name not in HANDED or one.kind is one.POSITIONAL_ONLY)
    ]
    if unmet:
        reason = (
            f"its factory needs {', '.join(map(repr, unmet))}, and is given `model` and `tools` by keyword"
        )
        raise AgentUnusable(given=given, reason=reason, remedy="give its other parameters a default.")
    return frozenset(HANDED if anything else by_name & set(HANDED))


def _kind(value: Any) -> str:
    if value is None:
        return "None"
    return f"the class {value.__name__}" if isinstance(value, type) else f"of type {type(value).__name__}"
