"""mcp 1.30's client session, made to keep its word to the server.

mcp 1.30's own never tells a server that a request was abandoned, whether its caller was cancelled or its time
limit ran out; `tests/test_private_names.py` says when this file can go. Knows mcp's session, inside and out.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import anyio
from mcp import ClientSession, McpError, types
from typing_extensions import override

TELL_S = 2.0
"""Seconds that telling the server of a cancelled request may take."""
_TIMED_OUT = 408


class CancellingClientSession(ClientSession):
    """mcp 1.30's client session that tells the server when a request is abandoned, and us when it ends."""

    def __init__(self, *args: Any, on_end: Callable[[], None], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._on_end = on_end
        self._over = False

    @override
    async def send_request(self, request: types.ClientRequest, *args: Any, **kwargs: Any) -> Any:
        request_id = self._request_id  # what super() takes before its first await
        try:
            return await super().send_request(request, *args, **kwargs)
        except anyio.get_cancelled_exc_class():
            self._abandon(request, request_id, "The caller went away.")
            raise
        except McpError as error:
            if error.error.code == _TIMED_OUT:
                self._abandon(request, request_id, "The caller's time limit ran out.")
            raise

    @override
    async def _receive_loop(self) -> None:
        try:
            await super()._receive_loop()
        finally:
            self._over = True
            self._on_end()

    def _abandon(self, request: types.ClientRequest, request_id: int, reason: str) -> None:
        """Have the server told by a task of the session: the caller's own may be cancelled at every await."""
        if not self._over and not isinstance(request.root, types.InitializeRequest):  # the specification
            self._task_group.start_soon(self._tell, request_id, reason)

    async def _tell(self, request_id: int, reason: str) -> None:
        params = types.CancelledNotificationParams(requestId=request_id, reason=reason)
        notification = types.ClientNotification(types.CancelledNotification(params=params))
        # where the connection is gone, so is the server
        with anyio.move_on_after(TELL_S), suppress(anyio.ClosedResourceError, anyio.BrokenResourceError):
            await self.send_notification(notification)
