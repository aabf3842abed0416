"""The bodies by themselves, as a local placement runs them: what they report to whoever listens."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from mcp_server.tools import TOOLS, configure
from throughline.model import OpenModel

pytestmark = pytest.mark.anyio


@dataclass(slots=True)
class Heard:
    """A Reporter that remembers."""

    statuses: list[tuple[str, float | None, float | None]] = field(default_factory=list)
    partials: list[Any] = field(default_factory=list)

    async def status(
        self, message: str, *, progress: float | None = None, total: float | None = None
    ) -> None:
        self.statuses.append((message, progress, total))

    async def partial(self, value: Any) -> None:
        self.partials.append(value)


@pytest.fixture(autouse=True)
def own_model(scripted: OpenModel) -> None:
    configure(scripted.settings)


def body(name: str) -> Any:
    [spec] = [spec for spec in TOOLS if spec.name == name]
    return spec.body


async def test_ask_hands_out_its_answer_piece_by_piece_as_plain_text() -> None:
    heard = Heard()
    answer = await body("ask")(prompt="[[tokens:5]]", reporter=heard)
    assert len(heard.partials) == 5
    assert "".join(heard.partials) == answer
    assert {type(piece) for piece in (*heard.partials, answer)} == {str}


async def test_a_joke_says_where_in_its_graph_it_is() -> None:
    heard = Heard()
    await body("tell_joke")(topic="bread", reporter=heard)
    assert [message for message, _, _ in heard.statuses] == [
        "Refining the topic",
        "Writing a joke about bread and cats",
    ]


async def test_a_summary_shows_how_far_it_is_and_hands_out_each_part() -> None:
    heard = Heard()
    await body("summarize")(text="\n\n".join("Words here. " * 300 for _ in range(5)), reporter=heard)
    assert [(done, total) for _, done, total in heard.statuses] == [
        (1, 6),
        (2, 6),
        (3, 6),
        (4, 6),
        (5, 6),
        (5, 6),
    ]
    assert sorted(part["section"] for part in heard.partials) == [1, 2, 3, 4, 5]
    assert all(part["sections"] == 5 and part["summary"] for part in heard.partials)


async def test_listing_items_has_nothing_to_report() -> None:
    heard = Heard()
    assert type(await body("list_items")(place="attic", reporter=heard)) is str
    assert heard == Heard()
