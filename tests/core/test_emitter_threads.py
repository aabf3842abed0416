"""The way out of a call, used from other threads and by models that are called without `await`."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from itertools import chain
from typing import Any
from uuid import uuid4

import anyio
import anyio.to_thread
import pytest
from langchain_core.callbacks import manager
from langchain_core.language_models import GenericFakeChatModel
from langchain_core.messages import AIMessage

from throughline.events import Event, Frame, Partial, RunEnd, RunStart, RunStream, Tokens
from throughline.server.emitter import HIGH_CHARS, Emitter, emitting
from throughline.server.relay import StreamingRelay

pytestmark = pytest.mark.anyio

THREADS, EACH = 8, 300


class Far:
    def __init__(self) -> None:
        self.frames: list[Frame] = []

    async def __call__(self, frame: Frame) -> None:
        self.frames.append(frame)

    @property
    def events(self) -> list[Event]:
        return list(chain.from_iterable(frame.events for frame in self.frames))


async def test_what_threads_say_arrives_whole_and_in_the_order_of_each() -> None:
    far = Far()

    def produce(emitter: Emitter, run: int) -> None:
        for number in range(EACH):
            if number % 7 == 0:
                emitter.put(Partial([run, number]))
            else:
                emitter.text(run, f"{number}")

    with anyio.fail_after(30):
        async with emitting(far) as emitter, anyio.create_task_group() as tasks:
            for run in range(THREADS):
                tasks.start_soon(anyio.to_thread.run_sync, produce, emitter, run)
    heard: dict[int, list[int]] = {run: [] for run in range(THREADS)}
    for event in far.events:
        match event:
            case Tokens(run, said):
                heard[run].extend(map(int, said))
            case Partial([run, number]):
                heard[run].append(number)
    assert heard == {run: list(range(EACH)) for run in range(THREADS)}
    assert [frame.seq for frame in far.frames] == list(range(1, len(far.frames) + 1))


async def test_a_thread_and_the_loop_are_heard_in_the_order_in_which_they_spoke() -> None:
    far = Far()

    def speak(emitter: Emitter) -> None:
        emitter.text(1, "from a thread")

    with anyio.fail_after(30):
        async with emitting(far) as emitter:
            emitter.text(1, "before")
            thread = threading.Thread(target=speak, args=(emitter,))
            thread.start()
            thread.join()  # the loop has no turn between the thread and what follows it
            emitter.text(1, "after")
    [said] = far.events
    assert said == Tokens(1, ("before", "from a thread", "after"))


@pytest.fixture
def shared_threads_are_ended() -> Iterator[None]:
    """LangChain keeps a pool of threads for handlers that are called without `await`."""
    yield
    manager._executor().shutdown()
    manager._executor.cache_clear()


@pytest.mark.usefixtures("shared_threads_are_ended")
async def test_a_model_that_is_called_without_await_is_told_in_order() -> None:
    far = Far()
    with anyio.fail_after(30):
        async with emitting(far) as emitter:
            relay = StreamingRelay(emitter, root=uuid4(), send_prompts=False)
            model = GenericFakeChatModel(messages=iter([AIMessage("one two three")]))
            model.invoke("hi", {"callbacks": [relay]})  # blocks the loop, as a careless body does
    kinds = [type(event) for event in far.events]
    assert (kinds[0], kinds[-1]) == (RunStart, RunEnd)
    assert "".join(texts_of(far.events)) == "one two three"


async def test_a_thread_is_never_made_to_wait_for_a_loop_that_may_wait_for_it() -> None:
    far = Far()

    def produce(emitter: Emitter) -> None:
        anyio.run(emitter.breathe)

    with anyio.fail_after(30):
        async with emitting(far) as emitter:
            emitter.text(1, "x" * 2 * HIGH_CHARS)
            thread = threading.Thread(target=produce, args=(emitter,))
            thread.start()
            thread.join(20)
            assert not thread.is_alive()
    assert sum(map(len, texts_of(far.events))) == 2 * HIGH_CHARS


def texts_of(events: list[Event]) -> list[str]:
    said: list[Any] = []
    for event in events:
        match event:
            case Tokens(_, texts):
                said.extend(texts)
            case RunStream(_, "message", value):
                said.append(value["content"])
    return said
