"""What the user of throughline writes: three lines a test."""

import os
from typing import Any

import pytest
from sample_agent import make_agent

SERVER = f"python sample_server.py {os.environ.get('SAMPLE_SWITCH', '')}"

pytestmark = pytest.mark.throughline(model="scripted?pace_ms=0", prompt="What is there?", server=SERVER)


def test_my_agent_is_the_same_on_every_path(throughline: Any) -> None:
    throughline.compare(make_agent).check()


@pytest.mark.anyio
@pytest.mark.throughline(paths="ainvoke,astream:messages", repeat=2)
async def test_it_is_the_same_in_an_async_test_and_by_its_name(throughline: Any) -> None:
    throughline.compare("sample_agent:make_agent").check(fail_on="difference,error")
