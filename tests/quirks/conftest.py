"""The scripted model at reading speed, so that a stream lasts long enough to be disturbed."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from throughline.model import OpenModel, open_model


@pytest.fixture(scope="module")
async def model(anyio_backend: str) -> AsyncIterator[OpenModel]:
    async with open_model("scripted?pace_ms=5", env={}) as opened:
        yield opened
