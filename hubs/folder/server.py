"""Sockets for the folder hub: threaded HTTP/1.1 with kept-alive connections."""

import os
import re
import socket
import struct
import sys
import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

from hubs.errors import FolderError
from hubs.folder.answer import Answer, Denied, Part, Request
from hubs.folder.faults import Faults, MovingShelf, load_faults
from hubs.folder.routes import Routes, Target, target
from hubs.folder.shelf import Shelf

CHUNK = 1024 * 1024
MAX_BODY = 4 * 1024 * 1024
IDLE = 120.0  # seconds before a silent connection is dropped


class FolderHub:
    """A folder served as a model hub on `url`, from a thread of its own once entered.

        with FolderHub("checkpoints") as hub:
            HfApi(endpoint=hub.url).model_info("org/name")

    `port` 0 takes a free one. `faults`: how to misbehave, as a file or as what it would hold (see
    `hubs.folder.faults`). `requests` counts what was asked, by route
    (see `hubs.folder.routes`).
    Raises FolderError if the folder cannot be read or the port not be had.
    """

    def __init__(
        self,
        folder: str | os.PathLike[str],
        host: str = "127.0.0.1",
        port: int = 0,
        faults: Path | Mapping[str, Any] | None = None,
        *,
        page_size: int = 1000,
    ) -> None:
        self.requests: Counter[str] = Counter()
        self.closing = threading.Event()
        self._faults = load_faults(faults)
        shelf = Shelf(Path(folder))
        if self._faults is not None and self._faults.moving:
            shelf = MovingShelf(Path(folder), self._faults)
        self._routes = Routes(shelf, page_size)
        self._lock = threading.Lock()
        try:
            self._server = _Server((host, port), self)
        except (OSError, OverflowError) as error:
            raise FolderError(
                f"cannot listen on {host}:{port} ({error}): choose another --host or --port"
            ) from error
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        host, port = self._server.server_address[:2]
        return f"http://{host!s}:{port}"

    def answer(self, request: Request) -> Answer:
        """The answer to one request, counted."""
        wanted = Target("unknown")
        try:
            wanted = target(request.segments)
            if self._faults is None:
                return self._routes.answer(request, wanted)
            return self._faulty(self._faults, request, wanted)
        except Denied as denied:
            return denied.answer()
        except (FolderError, OSError) as error:  # a file changed or broke under us
            return Denied(500, str(error)).answer()
        finally:
            with self._lock:
                self.requests[wanted.route] += 1

    def _faulty(self, faults: Faults, request: Request, wanted: Target) -> Answer:
        striking = faults.striking(wanted)
        instead = faults.before(striking)
        if instead is not None:
            return instead
        if any(fault.kind == "unranged" for fault in striking):
            headers = {name: said for name, said in request.headers.items() if name != "range"}
            request = replace(request, headers=headers)
        try:
            answer = self._routes.answer(request, wanted)
        except Denied as denied:
            answer = denied.answer()
        return faults.after(striking, request, wanted, answer)

    def serve_forever(self) -> None:
        """Serve in this thread until `close` is called from another or a signal interrupts."""
        self._server.serve_forever(poll_interval=0.05)

    def close(self) -> None:
        """Stop serving, and cut every connection."""
        self.closing.set()
        if self._thread is not None:
            self._server.shutdown()
            self._thread.join()
            self._thread = None
        self._server.server_close()

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self.serve_forever, daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


class _Server(ThreadingHTTPServer):
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], hub: FolderHub) -> None:
        self.hub = hub
        self._open: set[socket.socket] = set()
        super().__init__(address, _Handler)

    def server_bind(self) -> None:
        # HTTPServer's own looks up the host's full name, which can take seconds without a resolver.
        socket.socket.bind(self.socket, self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = self.server_address[:2]  # type: ignore[assignment]

    def process_request(self, request: Any, client_address: Any) -> None:
        self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._open.discard(request)
        super().shutdown_request(request)

    def server_close(self) -> None:
        super().server_close()
        for connection in list(self._open):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue  # already gone

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients that go away in mid-answer are no news; anything else is a fault of ours."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "gems-hub"
    sys_version = ""
    disable_nagle_algorithm = True
    wbufsize = -1  # headers and body leave together
    timeout = IDLE
    server: _Server

    def do_GET(self) -> None:
        self._reply()

    def do_HEAD(self) -> None:
        self._reply()

    def do_POST(self) -> None:
        self._reply()

    def _reply(self) -> None:
        length = self.headers.get("Content-Length", "0")
        if not re.fullmatch("[0-9]{1,9}", length) or int(length) > MAX_BODY:
            self.close_connection = True
            self._send(Denied(413, "Body too large").answer())
            return
        parts = urlsplit(self.path)
        request = Request(
            method=self.command,
            path=parts.path,
            query=parse_qs(parts.query, keep_blank_values=True),
            headers={name.lower(): value for name, value in self.headers.items()},
            body=self.rfile.read(int(length)),
            base=f"http://{self.headers.get('Host') or urlsplit(self.server.hub.url).netloc}",
            raw_query=parts.query,
        )
        self._send(self.server.hub.answer(request))

    def _send(self, answer: Answer) -> None:
        if answer.pause and self.server.hub.closing.wait(answer.pause):
            self.close_connection = True
            return
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(answer.length))
        self.end_headers()
        if self.command == "HEAD":
            return
        if answer.cut is not None:
            self._break(answer, answer.cut)
        elif isinstance(answer.body, Part):
            self._copy(answer.body)
        else:
            self.wfile.write(answer.body)

    def _break(self, answer: Answer, after: int) -> None:
        if isinstance(answer.body, Part):
            self._copy(replace(answer.body, length=min(after, answer.length)))
        else:
            self.wfile.write(answer.body[:after])
        self.wfile.flush()
        self.close_connection = True
        # Closing with nothing left to linger for sends a reset instead of an orderly end.
        no_linger = struct.pack("ii", 1, 0)
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, no_linger)

    def _copy(self, part: Part) -> None:
        left = part.length
        with open(part.real, "rb") as stream:
            stream.seek(part.start)
            while left and (chunk := stream.read(min(CHUNK, left))):
                self.wfile.write(chunk)
                left -= len(chunk)
        if left:
            self.close_connection = True  # the file shrank: end short rather than lie

    def log_message(self, format: str, *args: object) -> None:
        """Silent: the counters say what was asked."""
