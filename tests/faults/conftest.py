"""One scripted model for all faults; servers are started where they are broken."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from throughline.model import OpenModel, open_model


@pytest.fixture(scope="session")
async def model(anyio_backend: str) -> AsyncIterator[OpenModel]:
    """Paces are chosen a tool at a time, by the model's name."""
    async with open_model("scripted?pace_ms=0", env={}) as opened:
        yield opened
