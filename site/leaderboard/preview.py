"""`gems publish --serve`: the published folder over HTTP, for looking at."""

from __future__ import annotations

from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from leaderboard.errors import PortTaken


class _Quiet(SimpleHTTPRequestHandler):
    extensions_map = {  # noqa: RUF012  # the base class's own shape
        **SimpleHTTPRequestHandler.extensions_map,
        ".atom": "application/atom+xml",
        ".svg": "image/svg+xml",
        ".sqlite": "application/vnd.sqlite3",
    }

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: a preview's log is of no use to anyone."""

    def end_headers(self) -> None:
        self.send_header("Cache-Control", "no-store")
        super().end_headers()


def preview(folder: Path, host: str = "127.0.0.1", port: int = 0) -> ThreadingHTTPServer:
    """A server that is listening; `serve_forever()` it. Raises PortTaken."""
    try:
        return ThreadingHTTPServer((host, port), partial(_Quiet, directory=str(folder)))
    except OSError as error:
        raise PortTaken(
            f"cannot listen on {host}:{port} ({error.strerror}): choose another --port"
        ) from error
