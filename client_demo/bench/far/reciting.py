"""A chat model that counts aloud as fast as it can: LangChain's part of the cost, without a provider.

Knows LangChain's base class for chat models and nothing else.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from typing import Any

from langchain_core.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult


class Reciting(BaseChatModel):
    """Answers the number N with N tokens; the first says when it was made (monotonic seconds)."""

    @property
    def _llm_type(self) -> str:
        return "reciting"

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        text = "".join(_words(messages))
        return ChatResult(generations=[ChatGeneration(message=AIMessage(content=text))])

    async def _astream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> AsyncIterator[ChatGenerationChunk]:
        for word in _words(messages):
            yield ChatGenerationChunk(message=AIMessageChunk(content=word))


def _words(messages: list[BaseMessage]) -> list[str]:
    return [f"{time.monotonic():.6f} ", *(f"t{number} " for number in range(1, int(messages[-1].text)))]
