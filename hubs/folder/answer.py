"""What the folder hub is asked and what it answers, apart from sockets."""

import json
from dataclasses import dataclass, field
from urllib.parse import unquote

JSON = "application/json; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Request:
    """`path` keeps its quoting: a revision may hold a quoted slash.

    `base` is this hub as its client calls it; header names are in lower case.
    """

    method: str
    path: str
    query: dict[str, list[str]]
    headers: dict[str, str]
    body: bytes
    base: str
    raw_query: str = ""

    @property
    def segments(self) -> list[str]:
        return [unquote(part) for part in self.path.split("/") if part]


@dataclass(frozen=True, slots=True)
class Part:
    """`length` bytes of a file on disk, from `start`."""

    real: str
    start: int
    length: int


@dataclass(frozen=True, slots=True)
class Answer:
    """`pause`: seconds of silence first. `cut`: bytes of body after which the connection breaks."""

    status: int
    body: bytes | Part = b""
    headers: dict[str, str] = field(default_factory=dict)
    pause: float = 0.0
    cut: int | None = None

    @property
    def length(self) -> int:
        return self.body.length if isinstance(self.body, Part) else len(self.body)


class Denied(Exception):
    """A request that gets an error for an answer; `code` is the Hub's error code, if it has one."""

    def __init__(self, status: int, message: str, code: str | None = None) -> None:
        super().__init__(message)
        self.status, self.message, self.code = status, message, code

    def answer(self) -> Answer:
        ascii_message = self.message.encode("ascii", "replace").decode().replace("\n", " ")
        headers = {"X-Error-Message": ascii_message}
        if self.code:
            headers["X-Error-Code"] = self.code
        return as_json({"error": self.message}, self.status, headers)


def as_json(value: object, status: int = 200, headers: dict[str, str] | None = None) -> Answer:
    body = json.dumps(value, ensure_ascii=False, default=str).encode(errors="replace")
    return Answer(status, body, {"Content-Type": JSON, **(headers or {})})
