"""The probe `callback`: a progress callback that raises. Who learns of it?

It is one of the adapters' callbacks, on the session that is held: only there are callbacks the user's.
"""

from __future__ import annotations

from dataclasses import replace

from langchain_mcp_adapters.callbacks import CallbackContext, Callbacks
from langchain_mcp_adapters.tools import load_mcp_tools

from client_demo.experiment.runs import Cell, Run
from client_demo.experiment.trial import Bench

NAME = "callback"
PATH = "ainvoke"
HELD = "held"
RAISED = "This progress callback raises on purpose."


async def callback(bench: Bench, placement: str) -> Run | None:
    """Make a run whose progress meets a callback that raises."""
    if placement != HELD or bench.placed.session is None or not bench.tool:
        return None
    tools = await load_mcp_tools(bench.placed.session(), callbacks=Callbacks(on_progress=_raise))
    placed = replace(bench.placed, tools=tuple(tools))
    return await replace(bench, placed=placed).run(Cell(placement, PATH, probe=NAME))


async def _raise(progress: float, total: float | None, message: str | None, context: CallbackContext) -> None:
    raise ValueError(RAISED)
