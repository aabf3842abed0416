"""The comparison on a real model: it ends, answers, and loses nothing. What it says is its own affair."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator

import pytest

from client_demo.experiment.compare import Plan, compare
from client_demo.experiment.runs import Run
from client_demo.paths import PATHS
from throughline.model import open_model
from throughline.model.catalog import status
from throughline.model.errors import ModelError

pytestmark = [pytest.mark.anyio, pytest.mark.embedded, pytest.mark.timeout(600)]

ASYNC_PATHS = tuple(path.name for path in PATHS if path.name != "invoke")
WITH_TOKENS = ("astream:messages", "astream:messages+tools+updates", "events:v2", "events:v3")


def why_not() -> str | None:
    """Say why there is no embedded model here, where there is none."""
    try:
        now = status(env=dict(os.environ))
    except ModelError as error:
        return str(error)
    if now.engine_problem:
        return now.engine_problem
    return None if any(model.path for model in now.models) else "no weights: throughline model pull"


@pytest.fixture(scope="module")
async def runs(anyio_backend: str) -> AsyncIterator[dict[str, Run]]:
    if reason := why_not():
        pytest.skip(reason)
    async with open_model("embedded", env=dict(os.environ)) as model:
        plan = Plan("What items are in the bedroom?", "list_items", ("bridged",), ASYNC_PATHS)
        yield {run.cell.path: run for run in await compare(plan, model)}


@pytest.mark.parametrize("path", ASYNC_PATHS)
async def test_a_real_model_answers_on(runs: dict[str, Run], path: str) -> None:
    assert runs[path].status == "ok", runs[path].error
    assert runs[path].answer
    assert [call.name for call in runs[path].tool_calls][:1] == ["list_items"]


@pytest.mark.parametrize("path", WITH_TOKENS)
async def test_every_token_of_a_real_model_is_seen_on(runs: dict[str, Run], path: str) -> None:
    tokens = runs[path].tool_tokens
    assert tokens.seen == tokens.emitted > 0
