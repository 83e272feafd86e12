"""GET requests to one hub: bounded in time and size, retried, and never led astray."""

import hashlib
import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urljoin

from huggingface_hub.errors import OfflineModeIsEnabled
from huggingface_hub.utils import (  # type: ignore[attr-defined]
    build_hf_headers,
    get_session,
    httpx,
    parse_ratelimit_headers,
)

from hubs import session
from hubs.errors import (
    Astray,
    Disabled,
    Gated,
    HubError,
    Malformed,
    NotFound,
    RateLimited,
    Refused,
    Unreachable,
)
from hubs.json import parse
from hubs.pacing import LONGEST_WAIT

Result = TypeVar("Result")
Reader = Callable[[bytes], Any]
MAX_JSON = 256 * 1024 * 1024
MAX_REDIRECTS = 5
PIECE = 64 * 1024 * 1024  # of a file, in memory at once
TRANSIENT: tuple[type[Exception], ...] = (
    httpx.TimeoutException,
    httpx.NetworkError,
    httpx.RemoteProtocolError,
)
TRANSIENT += (httpx.DecodingError, httpx.ProxyError)


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to keep asking.

    Between `tries`, half to all of `first`·2ⁿ seconds pass, at most `longest`. A request may be
    silent for `timeout` seconds and take `whole` seconds. The defaults outlast a minute's outage.
    """

    tries: int = 9
    first: float = 2.0
    longest: float = 30.0
    timeout: float = 20.0
    whole: float = 600.0

    def pause(self, attempt: int) -> float:
        return min(self.longest, self.first * 2.0**attempt) * random.uniform(0.5, 1.0)


STRANGER_TRIES = 3
"""An address that has never answered, and refuses, is more likely wrong than out for a minute."""


@dataclass(frozen=True, slots=True)
class Reply:
    """`next`: where the `Link` header leads. `size`: of the file that this is (part of)."""

    body: bytes
    next: str | None
    size: int | None


class Again(Exception):
    """A failure that may pass.

    `error` is what to raise in the end; `after`, the seconds that the hub asks us to wait.
    """

    def __init__(self, error: HubError, after: float | None = None) -> None:
        self.error, self.after = error, after


class Transport:
    """`endpoint`: where the hub is. `token`: its credential; None: this machine's; False: none."""

    def __init__(self, endpoint: str, token: str | bool | None, patience: Patience) -> None:
        self.endpoint = endpoint.rstrip("/")
        try:
            self._origin = session.origin(self.endpoint)
        except ValueError as error:
            raise Unreachable(
                f"{endpoint!r} is no hub's address: set HF_ENDPOINT to a URL"
            ) from error
        self.patience = patience
        self._met = False
        # Held until the next one is there: the room of a page, once freed, goes back to the system,
        # and each next page would have it made anew.
        self._last: Reply | None = None
        session.join(self.endpoint, patience.timeout)  # first: making headers asks the hub, too
        self._headers = build_hf_headers(token=token, library_name="hidden-gems")

    def own(self, url: str) -> bool:
        """Whether a URL is on this hub's own host."""
        try:
            return session.origin(url) == self._origin
        except ValueError:
            return False

    def json(
        self,
        url: str,
        params: Mapping[str, Any] | None = None,
        max_bytes: int = MAX_JSON,
        read: Reader = parse,
    ) -> tuple[Any, str | None]:
        """A JSON value, as `read` has it, and the link to the next page. Raises HubError."""

        def ask() -> tuple[Any, str | None]:
            self._last = reply = self._get(url, params, {}, max_bytes, whole=True, leave=False)
            try:
                return read(reply.body), reply.next
            except (ValueError, RecursionError) as error:
                raise Again(
                    Malformed(f"{url} answers with broken JSON ({error}): try again later")
                ) from error

        return self.persist(ask)

    def bytes(self, url: str, max_bytes: int, start: int | None = None) -> Reply:
        """A file, or its first `max_bytes` from `start` on. Follows the hub to its storage.

        Without `start`, a longer file raises Malformed. Raises HubError.
        """
        headers = {}
        if start is not None:
            headers = {"Range": f"bytes={start}-{start + max_bytes - 1}"}
            headers["Accept-Encoding"] = "identity"  # some storage drops ranges when it compresses
        return self.persist(
            lambda: self._get(url, None, headers, max_bytes, whole=start is None, leave=True)
        )

    def save(self, url: str, place: Path, size: int, sha256: str | None) -> None:
        """A file of exactly `size` bytes to disk; what broke off goes on where it was.

        Raises Malformed if it has another size or digest, HubError if it cannot be written.
        """
        part = place.with_name(place.name + ".incomplete")
        try:
            part.parent.mkdir(parents=True, exist_ok=True)
            part.touch()
            while (have := part.stat().st_size) < size:
                reply = self.bytes(url, min(PIECE, size - have), start=have)
                if not reply.body:
                    raise Malformed(f"{url[:200]} is shorter than {size:,} bytes: leave it out")
                with part.open("ab") as stream:
                    stream.write(reply.body)
            with part.open("rb") as stream:
                digest = hashlib.file_digest(stream, "sha256").hexdigest()
            if part.stat().st_size != size or digest != (sha256 or digest):
                part.unlink()
                raise Malformed(f"{url[:200]} is not what its digest says: leave it out")
            part.replace(place)
        except OSError as error:
            raise HubError(
                f"{place} cannot be written ({error.strerror}): free some room"
            ) from error

    def persist(self, ask: Callable[[], Result]) -> Result:
        """Asks until there is an answer, patience ends or the hub says no for good."""
        for attempt in range(self.patience.tries):
            try:
                return ask()
            except Again as again:
                failure = again
            refused = isinstance(failure.__cause__, httpx.ConnectError)
            if refused and not self._met and attempt + 1 >= STRANGER_TRIES:
                break
            if attempt + 1 < self.patience.tries:
                self._pause(attempt, failure)
        raise failure.error

    def _pause(self, attempt: int, failure: Again) -> None:
        pause = self.patience.pause(attempt)
        if failure.after is not None:
            # A hub rounds what is left of its window down, and many wait for its end.
            pause = min(failure.after, LONGEST_WAIT) + random.uniform(1, 2)
        time.sleep(pause)

    def _get(
        self,
        url: str,
        params: Mapping[str, Any] | None,
        headers: dict[str, str],
        max_bytes: int,
        *,
        whole: bool,
        leave: bool,
    ) -> Reply:
        sent = {**self._headers, **headers}
        for _ in range(MAX_REDIRECTS):
            try:
                with get_session().stream(
                    "GET", url, params=params, headers=sent, follow_redirects=False
                ) as response:
                    self._met = True
                    if not response.has_redirect_location:
                        check(response)
                        _check_range(response, headers.get("Range"))
                        return self._read(response, max_bytes, whole)
                    url, params = urljoin(str(response.url), response.headers["Location"]), None
            except OfflineModeIsEnabled as error:
                raise Unreachable("HF_HUB_OFFLINE forbids all requests: unset it") from error
            except TRANSIENT as error:
                raise Again(unreachable(url, error)) from error
            except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
                raise Malformed(f"{url[:200]} cannot be asked for ({error}): report it") from error
            if not self.own(url):
                sent.pop("authorization", None)
                if not leave:
                    raise Astray(f"{self.endpoint} redirects to {url[:200]}: not followed")
        raise Astray(f"{self.endpoint} redirects in circles at {url[:200]}: try again later")

    def _read(self, response: httpx.Response, max_bytes: int, whole: bool) -> Reply:
        deadline = time.monotonic() + self.patience.whole
        chunks, received = [], 0
        for chunk in response.iter_bytes():
            chunks.append(chunk)
            received += len(chunk)
            if received > max_bytes and whole:
                raise Malformed(f"{response.url} is longer than {max_bytes:,} bytes: not read")
            if received >= max_bytes and not whole:
                break
            if time.monotonic() > deadline:
                raise httpx.ReadTimeout(f"still sending after {self.patience.whole:.0f} s")
        link = response.links.get("next", {}).get("url")
        return Reply(b"".join(chunks)[:max_bytes], link, _file_size(response))


def check(response: httpx.Response) -> None:
    """Raises what an answer's status means: Again if it may pass, HubError if not."""
    status, url = response.status_code, str(response.url)[:200]
    if status < 300:
        return
    code = response.headers.get("X-Error-Code")
    said = response.headers.get("X-Error-Message", "")[:200]
    if status in (408, 429) or status >= 500:
        raise Again(_busy(status, url), _asked_to_wait(response))
    if status == 416:
        raise Malformed(f"{url} ends before it begins: leave it out")
    if code == "GatedRepo":
        raise Gated(f"{url} is gated: accept its terms on the hub and set HF_TOKEN")
    if "resource is disabled" in said:
        raise Disabled(f"{url} was disabled by the hub: leave it out")
    if said == "Invalid credentials in Authorization header":
        raise Refused(f"the hub does not know this token ({url}): set HF_TOKEN to a valid one")
    if code in ("RepoNotFound", "RevisionNotFound", "EntryNotFound") or status in (401, 404, 410):
        raise NotFound(f"{url} does not exist or is private ({said or status}): check the name")
    raise Refused(f"{url} is refused ({status} {said}): check the request and HF_TOKEN")


def _check_range(response: httpx.Response, wanted: str | None) -> None:
    """Raises Malformed unless the bytes asked for come; a whole file has its start."""
    start = wanted.removeprefix("bytes=").partition("-")[0] if wanted else "0"
    told = response.headers.get("Content-Range", "bytes 0-")
    if not told.startswith(f"bytes {start}-"):
        raise Malformed(f"{str(response.url)[:200]} does not hand out parts of files: leave it out")


def _busy(status: int, url: str) -> Unreachable:
    if status == 429:
        return RateLimited(f"{url} was asked for too often: wait some minutes, or set HF_TOKEN")
    return Unreachable(f"{url} answers {status} each time: try again later")


def _asked_to_wait(response: httpx.Response) -> float | None:
    told = parse_ratelimit_headers(response.headers)
    if response.status_code == 429 and told is not None and told.remaining == 0:
        return float(told.reset_in_seconds)
    after = response.headers.get("Retry-After", "")
    return float(after) if after.isdecimal() else None


def unreachable(url: str, error: Exception) -> Unreachable:
    kind = type(error).__name__
    return Unreachable(f"{url[:200]} cannot be reached ({kind}: {error}): check the network")


def _file_size(response: httpx.Response) -> int | None:
    whole = response.headers.get("Content-Range", "").rpartition("/")[2]
    if not whole and response.status_code == 200:
        whole = response.headers.get("Content-Length", "")
    return int(whole) if whole.isdecimal() and len(whole) < 20 else None
