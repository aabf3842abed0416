"""The scripted model for the server's tests, as fast as it goes."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from throughline.model import OpenModel, open_model


@pytest.fixture
async def scripted() -> AsyncIterator[OpenModel]:
    async with open_model("scripted?pace_ms=0", env={}) as model:
        yield model
