"""The near side of the boundary: a held session, and remote tools that stream as local ones do."""

from throughline.client.call import CallLedger, Limits, RemoteCall
from throughline.client.local import local_tool
from throughline.client.session import RemoteSession, open_session

__all__ = ["CallLedger", "Limits", "RemoteCall", "RemoteSession", "local_tool", "open_session"]
