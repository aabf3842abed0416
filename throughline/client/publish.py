"""Reports of a tool -> the streams of LangGraph: the one place that says what they look like there.

A local tool's reports and a remote one's pass through here, which is why they are equal. A status goes to
`custom`; a partial value to `custom` and as a delta to `tools`; both to `astream_events` as custom events.
"""

from __future__ import annotations

from typing import Any

from langchain_core.callbacks import adispatch_custom_event
from langchain_core.runnables import RunnableConfig

from throughline.client.ambient import Ambient, write_delta

STATUS = "status"
PARTIAL = "partial"


async def publish_status(ambient: Ambient, message: str, progress: float | None, total: float | None) -> None:
    """Say what a tool is doing."""
    await _publish(ambient, STATUS, {"message": message} | _known(progress=progress, total=total))


async def publish_partial(ambient: Ambient, value: Any) -> None:
    """Hand out a provisional value of a tool."""
    write_delta(value)
    await _publish(ambient, PARTIAL, {"value": value})


async def publish_dispatched(name: str, value: Any, config: RunnableConfig) -> None:
    """Send a custom event from the run whose config this is."""
    await adispatch_custom_event(name, value, config=config)


async def _publish(ambient: Ambient, kind: str, body: dict[str, Any]) -> None:
    value = {"type": kind, **_known(tool_call_id=ambient.tool_call_id), **body}
    ambient.write_custom(value)
    if getattr(ambient.config.get("callbacks"), "parent_run_id", None) is not None:
        await publish_dispatched(kind, value, ambient.config)


def _known(**values: Any) -> dict[str, Any]:
    return {key: value for key, value in values.items() if value is not None}
