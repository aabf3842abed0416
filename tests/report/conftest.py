"""The scripted model for the tests of reports, as fast as it goes."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from throughline.model import OpenModel, open_model


@pytest.fixture(scope="module")
async def scripted(anyio_backend: str) -> AsyncIterator[OpenModel]:
    async with open_model("scripted?pace_ms=0", env={}) as model:
        yield model
