"""Door 2: the core behind a socket, with a thread that sends its webhooks."""

from __future__ import annotations

import contextlib
import http.client
import ipaddress
import socket
import socketserver
import sqlite3
import threading
from collections.abc import Iterable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import cast
from urllib.parse import urlsplit

from simulator.core import LocalStripe
from simulator.errors import unrecognised
from simulator.faults import ConnectionReset, TimedOut
from simulator.keys import is_live, mask
from simulator.messages import Response
from simulator.pages import is_control

WEBHOOK_PATIENCE = 10  # seconds for an endpoint to answer
IDLE = 0.2  # seconds between looks at the queue of webhooks


class LiveKeyPresent(Exception):  # it says what was found
    """A live key is configured: the local Stripe does not run beside one."""


def refuse_beside(keys: Iterable[str]) -> None:
    """Raise when any of the keys is live: nobody should take the local answers for money."""
    for key in keys:
        if is_live(key):
            raise LiveKeyPresent(f"{mask(key)} is a live key: the local Stripe does not start beside it.")


class Server:
    """`with Server(core) as server: …` or start() and stop(); port 0 takes a free one."""

    def __init__(
        self,
        core: LocalStripe,
        host: str = "127.0.0.1",
        port: int = 0,
        *,
        hang: float = 90.0,
        webhooks: bool = True,
        public_url: str | None = None,
    ) -> None:
        self.core = core
        self._http = _Listener((host, port), core, hang)
        self._stopping = threading.Event()
        self._threads = [threading.Thread(target=self._http.serve_forever, args=(0.05,), daemon=True)]
        if webhooks:
            self._threads.append(threading.Thread(target=self._send_webhooks, daemon=True))
        core.base_url = public_url or self.url

    @property
    def url(self) -> str:
        host, port = self._http.server_address[:2]
        return f"http://{host if isinstance(host, str) else host.decode()}:{port}"

    def start(self) -> Server:
        for thread in self._threads:
            thread.start()
        return self

    def stop(self) -> None:
        """Answer what is at work, then close."""
        self._stopping.set()
        self._http.stopping.set()
        if self._threads[0].is_alive():
            self._http.shutdown()
        self._http.wait_until_idle(timeout=5)
        self._http.server_close()
        for thread in self._threads:
            if thread.is_alive():
                thread.join(timeout=5)

    def __enter__(self) -> Server:
        return self.start()

    def __exit__(self, *_exc: object) -> None:
        self.stop()

    def _send_webhooks(self) -> None:
        while not self._stopping.wait(IDLE):
            with contextlib.suppress(OSError, sqlite3.Error):  # the next look may find the store free
                self.core.deliver(post)


def serve(host: str, port: int, core: LocalStripe, *, live_keys: Iterable[str] = ()) -> None:
    """Serve until interrupted."""
    refuse_beside(live_keys)
    server = Server(core, host, port).start()
    try:
        threading.Event().wait()
    except KeyboardInterrupt:
        server.stop()


def post(url: str, headers: dict[str, str], body: bytes) -> int:
    """Send one webhook; 0 when nobody answers."""
    parts = urlsplit(url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=WEBHOOK_PATIENCE)
    try:
        connection.request("POST", f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}", body, headers)
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return 0
    finally:
        connection.close()


class _Listener(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], core: LocalStripe, hang: float) -> None:
        self.core = core
        self.hang = hang
        self.stopping = threading.Event()
        self._idle = threading.Condition()
        self._at_work = 0
        super().__init__(address, _Handler)

    @contextlib.contextmanager
    def working(self) -> Iterator[None]:
        with self._idle:
            self._at_work += 1
        try:
            yield
        finally:
            with self._idle:
                self._at_work -= 1
                self._idle.notify_all()

    def wait_until_idle(self, timeout: float) -> None:
        with self._idle:
            self._idle.wait_for(lambda: self._at_work == 0, timeout)

    def server_bind(self) -> None:
        """As the base does, without its look-up of the host's name, which may take seconds."""
        socketserver.TCPServer.server_bind(self)
        host, port = self.server_address[:2]
        self.server_name, self.server_port = str(host), int(port)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "LocalStripe"
    sys_version = ""
    disable_nagle_algorithm = True
    wbufsize = -1  # head and body leave in one packet
    timeout = 30

    def _serve(self) -> None:
        listener = cast("_Listener", self.server)
        with listener.working():
            self._answer(listener)

    def _answer(self, listener: _Listener) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if is_control(urlsplit(self.path).path) and not self._may_control():
            self._send(Response.of_json(403, unrecognised(self.command, self.path).body()))
            return
        try:
            answer = listener.core.handle(self.command, self.path, dict(self.headers.items()), body)
        except ConnectionReset:
            self._reset()
        except TimedOut:
            listener.stopping.wait(listener.hang)
            self._reset()
        else:
            self._send(answer)

    do_GET = do_POST = do_DELETE = do_PUT = do_PATCH = do_HEAD = _serve  # noqa: N815 # names of the base class

    def _send(self, answer: Response) -> None:
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer.body)
        self.wfile.flush()

    def _reset(self) -> None:
        """Break off without an answer: a zero linger makes the close a reset."""
        self.close_connection = True
        with contextlib.suppress(OSError):
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
            self.connection.close()

    def _may_control(self) -> bool:
        """This machine alone, and no page of another site that a browser on it has open."""
        near = ipaddress.ip_address(self.client_address[0].partition("%")[0]).is_loopback
        origin = self.headers.get("Origin")
        return near and (origin is None or urlsplit(origin).netloc == self.headers.get("Host"))

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 # the base names it so
        """The journal keeps what is worth reading."""
