"""A chat model whose pieces you choose: what a provider's stream is, without the provider.

Real models end their tokens within words and within numbers, and so do these. Pages 04 to 06 use it.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any

from langchain_core.language_models.chat_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult

COUNTRIES = (
    *('{"countries": ', '[{"name": "', "France", '", "population": ', "68", "}, "),
    *('{"name": "', "Sp", "ain", '", "population": ', "48", "}, "),
    *('{"name": "', "Japan", '", "population": ', "12", "4", "}", "]}"),
)
"""The populations of France, Spain and Japan in millions, as JSON."""


class Pieces(BaseChatModel):
    """Answers every prompt with `pieces`: whole with `ainvoke`, one after another with `astream`."""

    pieces: tuple[str, ...] = COUNTRIES

    @property
    def _llm_type(self) -> str:
        return "pieces"

    def _generate(
        self, messages: Any, stop: Any = None, run_manager: Any = None, **options: Any
    ) -> ChatResult:
        return ChatResult(generations=[ChatGeneration(message=AIMessage("".join(self.pieces)))])

    def _stream(
        self, messages: Any, stop: Any = None, run_manager: Any = None, **options: Any
    ) -> Iterator[ChatGenerationChunk]:
        for piece in self.pieces:
            yield ChatGenerationChunk(message=AIMessageChunk(content=piece))

    async def _astream(
        self, messages: Any, stop: Any = None, run_manager: Any = None, **options: Any
    ) -> AsyncIterator[ChatGenerationChunk]:
        for piece in self.pieces:
            await asyncio.sleep(0)  # as a provider does: others get their turn between two pieces
            yield ChatGenerationChunk(message=AIMessageChunk(content=piece))
