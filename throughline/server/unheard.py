"""What a tool body runs under whose caller did not opt in: all that it writes or dispatches goes nowhere.

Imports nothing of LangGraph but the name that its config has for the runtime. An author's server would pay
for the rest at its first call, most often for bodies that know nothing of LangGraph.
"""

from __future__ import annotations

from typing import Any, Final
from uuid import uuid4

from langchain_core.callbacks import AsyncCallbackManager
from langchain_core.runnables import RunnableConfig
from langgraph._internal._constants import CONFIG_KEY_RUNTIME

RUNTIME: Final = CONFIG_KEY_RUNTIME


class _Nowhere:
    """LangGraph's Runtime of a run that nobody hears, made once a body asks for more than its writer."""

    context = store = None

    def stream_writer(self, _: Any) -> None:
        """Take what `get_stream_writer()` is given."""

    def __getattr__(self, name: str) -> Any:
        from langgraph.runtime import Runtime

        return getattr(Runtime(), name)


def unheard_config() -> RunnableConfig:
    """The config of a body that nobody listens to."""
    manager = AsyncCallbackManager([], parent_run_id=uuid4())
    return RunnableConfig(callbacks=manager, configurable={RUNTIME: _Nowhere()})
