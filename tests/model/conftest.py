"""Open endpoints and raw HTTP clients for the tests of the model."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest

from tests.model.asking import Asker, asking
from throughline.model import OpenModel, open_model


@pytest.fixture(scope="module")
async def scripted(anyio_backend: str) -> AsyncIterator[OpenModel]:
    """The scripted model, as fast as it can."""
    async with open_model("scripted?pace_ms=0", env={}) as model:
        yield model


@pytest.fixture
async def ask(scripted: OpenModel) -> AsyncIterator[Asker]:
    """Asks the scripted model over raw HTTP."""
    async with asking(scripted) as asker:
        yield asker


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    """A client without a key."""
    async with httpx.AsyncClient(trust_env=False) as client:
        yield client
