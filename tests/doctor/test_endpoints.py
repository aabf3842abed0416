"""URLs at which no MCP server answers: each is told with what fits a URL."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import anyio
import pytest

from client_demo.doctor.checks import Check
from client_demo.doctor.examination import Plan, examine
from client_demo.servers.target import Target

pytestmark = pytest.mark.anyio


class Odd(BaseHTTPRequestHandler):
    """Answers a POST to `/STATUS` with that, and those to `/refuses`, `/echoes` and `/never` in that way."""

    protocol_version = "HTTP/1.1"
    over = threading.Event()

    def do_POST(self) -> None:
        asked = self.rfile.read(int(self.headers["content-length"]))
        match self.path.strip("/"):
            case "never":
                self.over.wait()
                self.close_connection = True
            case "echoes":
                self.say(200, asked)
            case "refuses":
                error = {"code": -32000, "message": "Too many sessions"}
                told = {"jsonrpc": "2.0", "id": json.loads(asked)["id"], "error": error}
                self.say(200, json.dumps(told).encode())
            case "page":
                self.say(200, b"<html>", kind="text/html")
            case status:
                self.say(int(status), b"")

    def say(self, status: int, body: bytes, *, kind: str = "application/json") -> None:
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(body)))
        if 300 <= status < 400:
            self.send_header("location", "/mcp/")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def odd() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Odd) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        Odd.over.set()
        server.shutdown()
        thread.join()


async def connect(url: str) -> Check:
    with anyio.fail_after(30):
        report = await examine(Plan(Target("odd", url=url), timeout_s=0.5), tell=lambda code: None)
    return report.checks[0]


@pytest.mark.parametrize(
    ("path", "sentence", "remedy"),
    [
        ("404", "`initialize` comes to nothing there: HTTP 404 Not Found", "correct the URL: it has to be"),
        ("501", "HTTP 501 Not Implemented", "correct the URL: it has to be"),
        ("307", "HTTP 307 Temporary Redirect, redirected to /mcp/", "give the URL that it redirects to."),
        ("500", "HTTP 500 Internal Server Error", "read the server's log, or correct the URL."),
        ("401", "HTTP 401 Unauthorized", "give it its key"),
        ("page", "it answers with text/html", "read the server's log, or correct the URL."),
        ("never", "it did not answer `initialize` within 1.5 s", "raise --timeout if it is slow, or correct"),
        ("echoes", "it sends back what it is sent, and is no MCP server", "correct the URL."),
        ("refuses", "it refuses `initialize`: error -32000: Too many sessions", "read its log."),
    ],
)
async def test_an_endpoint_that_is_none_is_told_with_what_fits_a_url(
    odd: str, path: str, sentence: str, remedy: str
) -> None:
    check = await connect(f"{odd}/{path}")
    assert check.verdict == "bad"
    assert sentence in check.sentence
    assert check.remedy.startswith(remedy)
