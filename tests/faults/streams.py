"""The stream of a tool at its provider: begun, left, and how much of it was made in between."""

from __future__ import annotations

from collections.abc import Callable

import anyio

from throughline.model import OpenModel
from throughline.model.records import RequestRecord

MUST_LEAVE_S = 20
FEW = 100
"""Tokens that may be made after a stream was left, of twenty thousand; at their pace that is two seconds."""


class ToolStream:
    """The next request that a tool makes, from now on."""

    def __init__(self, model: OpenModel) -> None:
        self._endpoint = model.endpoint
        self._left_at = 0
        self.expect()

    def expect(self) -> None:
        """It is the next one from now on."""
        self._asked = len(self._endpoint.requests)

    def asked(self) -> bool:
        """Whether it was made."""
        return self._record(self._endpoint.requests) is not None

    def tokens(self) -> int:
        """How many were made so far."""
        record = self._record(self._endpoint.requests)
        return 0 if record is None else record.tokens

    async def begun(self) -> None:
        """Wait until a few tokens of it are there."""
        await self._wait(lambda record: record.tokens > 3)

    def left(self) -> None:
        """Say that it is left now."""
        self._left_at = self.tokens()

    async def assert_closed(self) -> None:
        """Its reader left, soon after it was left."""
        await self._wait(lambda record: record.reader_left)
        assert self.tokens() - self._left_at < FEW

    def _record(self, records: tuple[RequestRecord, ...]) -> RequestRecord | None:
        return next((record for record in records[self._asked :] if record.who == "tool"), None)

    async def _wait(self, wanted: Callable[[RequestRecord], bool]) -> None:
        def fulfilled(records: tuple[RequestRecord, ...]) -> bool:
            record = self._record(records)
            return record is not None and wanted(record)

        with anyio.fail_after(MUST_LEAVE_S):
            await self._endpoint.wait_for(fulfilled)
