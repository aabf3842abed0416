"""The tap on an HTTP server: bytes pass, messages are noted, keys are not, and leaving is leaving."""

from __future__ import annotations

import gzip
import json
import shutil
import socket
import ssl
import subprocess
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing, suppress
from pathlib import Path

import anyio
import httpx
import pytest
from anyio.abc import ByteStream, SocketAttribute
from anyio.streams.tls import TLSListener

from client_demo.taps.http import HttpTap
from client_demo.taps.log import UNREADABLE
from client_demo.taps.reach import is_there

pytestmark = pytest.mark.anyio

CALL = b'{ "jsonrpc":"2.0","id":1, "method":"tools/call","params":{"name":"a"} }'
ANSWER = b'{"jsonrpc":"2.0","id":1,"result":{}}'
EVENTS = (
    b': hello\r\nid: 1\r\ndata:\r\n\r\nevent: message\ndata: {"method":"notifications/progress",\n'
    b'data: "params":{"x":"Gr\xc3\xbc"}}\n\nretry: 5\n\ndata: no JSON\n\ndata: ' + ANSWER + b"\n\n"
)
JSON = b"content-type: application/json\r\n"
STREAM = b"content-type: text/event-stream\r\ntransfer-encoding: chunked\r\n"


class Far:
    """A raw HTTP server: one answer to every request, in pieces; the next one goes out when it may."""

    def __init__(self, address: str) -> None:
        self.url = f"http://{address}/a%20b/mcp?k=v%2F1"
        self.requests: list[bytes] = []
        self.status = b"200 OK"
        self.headers = JSON
        self.pieces: list[bytes] = [ANSWER]
        self.may_go_on = anyio.Semaphore(1000)
        self.left = anyio.Event()

    async def serve(self, stream: ByteStream) -> None:
        async with stream:
            with suppress(
                anyio.EndOfStream, anyio.BrokenResourceError
            ):  # somebody looked whether we are there
                self.requests.append(await self._read(stream))
                await self._answer(stream)

    async def _answer(self, stream: ByteStream) -> None:
        await stream.send(b"HTTP/1.1 " + self.status + b"\r\n" + self.headers)
        await stream.send(b"set-cookie: a=1\r\nset-cookie: b=2\r\nconnection: close\r\n\r\n")
        chunked = b"chunked" in self.headers
        for piece in self.pieces:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(self._watch, stream, tasks.cancel_scope)
                await self.may_go_on.acquire()
                tasks.cancel_scope.cancel()
            if self.left.is_set():
                return
            await stream.send(b"%x\r\n%s\r\n" % (len(piece), piece) if chunked else piece)
        if chunked:
            await stream.send(b"0\r\n\r\n")

    async def _watch(self, stream: ByteStream, waiting: anyio.CancelScope) -> None:
        with pytest.raises((anyio.EndOfStream, anyio.BrokenResourceError)):
            await stream.receive()
        self.left.set()
        waiting.cancel()

    async def _read(self, stream: ByteStream) -> bytes:
        data = b""
        while b"\r\n\r\n" not in data:
            data += await stream.receive()
        head = data.lower().partition(b"\r\n\r\n")[0]
        lengths = [line[15:] for line in head.split(b"\r\n") if line.startswith(b"content-length:")]
        while len(data) < len(head) + 4 + sum(map(int, lengths)):
            data += await stream.receive()
        return data


@asynccontextmanager
async def listening() -> AsyncIterator[Far]:
    listener = await anyio.create_tcp_listener(local_host="127.0.0.1")
    far = Far(f"127.0.0.1:{listener.extra(SocketAttribute.local_port)}")
    async with listener, anyio.create_task_group() as tasks:
        tasks.start_soon(listener.serve, far.serve)
        yield far
        tasks.cancel_scope.cancel()


@pytest.fixture
async def far() -> AsyncIterator[Far]:
    async with listening() as far:
        yield far


@pytest.fixture
def tap(far: Far) -> Iterator[HttpTap]:
    tap = HttpTap(far.url)
    yield tap
    tap.stop()


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(trust_env=False, timeout=10) as client:
        yield client


def noted(tap: HttpTap) -> list[tuple[str, object]]:
    return [(one.direction, one.body) for one in tap.log.drain()]


async def test_a_request_and_its_answer_pass_as_they_are(
    far: Far, tap: HttpTap, http: httpx.AsyncClient
) -> None:
    far.pieces = [ANSWER[:10], ANSWER[10:]]
    headers = {"Authorization": "Bearer secret", "Cookie": "c=1", "Mcp-Session-Id": "s", "X-Odd": "1"}
    answer = await http.post(tap.url, content=CALL, headers=headers)
    head, _, body = far.requests[0].partition(b"\r\n\r\n")
    assert head.startswith(b"POST /a%20b/mcp?k=v%2F1 HTTP/1.1\r\n")
    for line in ("authorization: Bearer secret", "cookie: c=1", "mcp-session-id: s", "x-odd: 1"):
        assert line.encode() in head
    assert f"host: {httpx.URL(far.url).netloc.decode()}".encode() in head.lower()
    assert body == CALL
    assert answer.content == ANSWER
    assert answer.headers.get_list("set-cookie") == ["a=1", "b=2"]
    assert noted(tap) == [("to server", json.loads(CALL)), ("to client", json.loads(ANSWER))]
    assert [kind for _, kind in tap.log.drain_types()] == ["application/json"]


async def test_events_go_on_as_they_come_and_are_noted_before_they_are_read(
    far: Far, tap: HttpTap, http: httpx.AsyncClient
) -> None:
    far.headers, far.pieces = STREAM, [EVENTS[at : at + 7] for at in range(0, len(EVENTS), 7)]
    far.may_go_on = anyio.Semaphore(0)
    read = b""
    with anyio.fail_after(20):
        async with http.stream("POST", tap.url, content=CALL) as answer:
            pieces = answer.aiter_raw()
            far.may_go_on.release()
            async for piece in pieces:
                read += piece
                far.may_go_on.release()
    assert read == EVENTS
    progress = {"method": "notifications/progress", "params": {"x": "Gr\u00fc"}}
    told = [body for direction, body in noted(tap) if direction == "to client"]
    assert told == [progress, {UNREADABLE: "no JSON"}, json.loads(ANSWER)]
    assert [kind for _, kind in tap.log.drain_types()] == ["text/event-stream"]


async def test_each_line_end_ends_a_line(far: Far, tap: HttpTap, http: httpx.AsyncClient) -> None:
    far.headers, far.pieces = STREAM, [b'data: {"n":1}\r', b'\n\r\ndata: {"n":2}\r\rdata: {"n":3}\n\n']
    assert (await http.get(tap.url)).content == b"".join(far.pieces)
    assert [body for _, body in noted(tap)] == [{"n": 1}, {"n": 2}, {"n": 3}]


async def test_what_is_compressed_passes_compressed_and_is_read(
    far: Far, tap: HttpTap, http: httpx.AsyncClient
) -> None:
    packed = gzip.compress(ANSWER)
    far.headers, far.pieces = JSON + b"content-encoding: gzip\r\n", [packed[:9], packed[9:]]
    async with http.stream(
        "POST", tap.url, content=CALL, headers={"accept-encoding": "br, gzip;q=1, zstd"}
    ) as answer:
        assert b"".join([piece async for piece in answer.aiter_raw()]) == packed
    assert b"accept-encoding: gzip;q=1\r\n" in far.requests[0].lower()
    assert noted(tap)[1] == ("to client", json.loads(ANSWER))


async def test_what_is_no_message_is_not_noted(far: Far, tap: HttpTap, http: httpx.AsyncClient) -> None:
    form = b"client_secret=very-secret"
    await http.post(str(httpx.URL(tap.url).join("/token")), content=form)
    assert far.requests[0].endswith(form)
    assert noted(tap) == []
    far.status, far.headers, far.pieces = b"202 Accepted", b"content-length: 0\r\n", []
    assert (await http.post(tap.url, content=b"[%s]" % CALL)).status_code == 202
    assert noted(tap) == [("to server", json.loads(CALL))]


@pytest.mark.parametrize("absolute", [True, False])
async def test_a_redirection_to_the_server_itself_leads_through_the_tap(
    far: Far, tap: HttpTap, http: httpx.AsyncClient, absolute: bool
) -> None:
    there = str(httpx.URL(far.url).join("/mcp/")) if absolute else "/mcp/"
    far.status, far.headers = b"307 Temporary Redirect", JSON + f"location: {there}\r\n".encode()
    answer = await http.post(tap.url, content=CALL)
    assert answer.headers["location"] == str(httpx.URL(tap.url).join("/mcp/"))
    noted(tap)
    far.status, far.headers = b"200 OK", JSON
    await http.post(answer.headers["location"], content=CALL)
    assert len(noted(tap)) == 2
    far.status, far.headers = b"302 Found", JSON + b"location: http://elsewhere.example/mcp\r\n"
    answer = await http.get(tap.url)
    assert answer.headers["location"] == "http://elsewhere.example/mcp"


async def test_who_leaves_the_tap_leaves_the_server(far: Far, tap: HttpTap, http: httpx.AsyncClient) -> None:
    far.headers, far.pieces, far.may_go_on = STREAM, [b"data: 1\n\n", b"data: 2\n\n"], anyio.Semaphore(1)
    with anyio.fail_after(10):
        async with http.stream("POST", tap.url, content=CALL) as answer:
            async for _ in answer.aiter_raw():
                break
        await far.left.wait()


async def test_an_answer_that_breaks_off_there_breaks_off_here(
    far: Far, tap: HttpTap, http: httpx.AsyncClient
) -> None:
    far.headers = JSON + b"content-length: 1000\r\n"
    with anyio.fail_after(10), pytest.raises(httpx.RemoteProtocolError):
        await http.post(tap.url, content=CALL)


async def test_a_server_that_has_gone_ends_the_connection_without_an_answer(http: httpx.AsyncClient) -> None:
    async with listening() as far:
        url = far.url
        assert is_there(url)
    assert not is_there(url)
    tap = HttpTap(url)
    try:
        with anyio.fail_after(10), pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
            await http.post(tap.url, content=CALL)
    finally:
        tap.stop()
    assert noted(tap) == [("to server", json.loads(CALL))]


async def test_stopping_ends_what_is_under_way_and_leaves_nothing(far: Far, http: httpx.AsyncClient) -> None:
    far.headers, far.pieces, far.may_go_on = STREAM, [b"data: 1\n\n", b"data: 2\n\n"], anyio.Semaphore(1)
    tap = HttpTap(far.url)
    with anyio.fail_after(10):
        async with http.stream("GET", tap.url) as answer:
            pieces = answer.aiter_raw()
            assert await anext(pieces) == b"data: 1\n\n"
            tap.stop()
            with pytest.raises(httpx.RemoteProtocolError):
                await anext(pieces)
        await far.left.wait()
    assert "throughline-tap" not in [thread.name for thread in threading.enumerate()]


def test_nothing_is_sent_to_see_whether_a_server_is_there() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        assert is_there(f"http://127.0.0.1:{port}/mcp")
        connection, _ = listener.accept()
        with closing(connection):
            assert connection.recv(10) == b""
    assert not is_there(f"https://127.0.0.1:{port}/mcp")
    assert not is_there("http://no-such-host.invalid/mcp")


async def test_the_login_in_a_url_is_kept(far: Far, http: httpx.AsyncClient) -> None:
    tap = HttpTap(far.url.replace("//", "//me:word@"))
    try:
        await http.post(tap.url, content=CALL)
    finally:
        tap.stop()
    assert b"authorization: Basic bWU6d29yZA==" in far.requests[0]


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A certificate of this machine's own, with its key, that nobody knows."""
    if (openssl := shutil.which("openssl")) is None:
        pytest.skip("needs openssl, to make a certificate")
    path = tmp_path / "own.pem"
    options = (
        "req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=IP:127.0.0.1"
    )
    command = [openssl, *options.split(), "-keyout", str(path), "-out", str(tmp_path / "cert.pem")]
    subprocess.run(command, capture_output=True, timeout=60, check=True)
    path.write_text(path.read_text() + (tmp_path / "cert.pem").read_text())
    return path


async def test_https_is_spoken_with_the_certificates_that_the_user_trusts(
    certificate: Path, http: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    plain = await anyio.create_tcp_listener(local_host="127.0.0.1")
    listener = TLSListener(plain, context, standard_compatible=False)
    far = Far(f"127.0.0.1:{plain.extra(SocketAttribute.local_port)}")
    url = far.url.replace("http:", "https:")
    async with listener, anyio.create_task_group() as tasks:
        tasks.start_soon(listener.serve, far.serve)
        with anyio.fail_after(20):
            assert not await anyio.to_thread.run_sync(is_there, url)
            monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
            assert await anyio.to_thread.run_sync(is_there, url)
            tap = HttpTap(url)
            try:
                assert (await http.post(tap.url, content=CALL)).content == ANSWER
            finally:
                tap.stop()
        tasks.cancel_scope.cancel()
    assert len(noted(tap)) == 2
