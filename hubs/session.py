"""The HTTP session that huggingface_hub and this room share in a process.

huggingface_hub lets its caller make the client it uses everywhere. Ours adds to every request, that
library's own and redirects included: a timeout, the pace, and no token but to a hub's own host.
"""

import threading
from urllib.parse import urlsplit

from huggingface_hub import set_client_factory
from huggingface_hub.utils import disable_progress_bars, httpx  # type: ignore[attr-defined]
from huggingface_hub.utils._http import default_client_factory

from hubs.pacing import Pace

Origin = tuple[str, str, int]
PORTS = {"http": 80, "https": 443}

_hosts: dict[Origin, float] = {}
_pace = Pace()
_lock = threading.Lock()


def join(endpoint: str, timeout: float) -> None:
    """Makes `endpoint` a host that may see tokens, and be silent for `timeout` seconds."""
    with _lock:
        first = not _hosts
        _hosts[origin(endpoint)] = timeout
    if first:
        disable_progress_bars()  # the command line shows its own
        set_client_factory(_client)


def origin(url: str) -> Origin:
    """(scheme, host, port) of a URL. Raises ValueError if it has none."""
    parts = urlsplit(url)
    if parts.scheme not in PORTS or not parts.hostname:
        raise ValueError(f"not an address: {url[:200]!r}")
    return parts.scheme, parts.hostname.lower(), parts.port or PORTS[parts.scheme]


def _client() -> httpx.Client:
    client = default_client_factory()
    hooks = client.event_hooks
    client.event_hooks = {
        "request": [*hooks["request"], _before],
        "response": [*hooks["response"], _after],
    }
    return client


def _before(request: httpx.Request) -> None:
    here = origin(str(request.url))
    known = _hosts.get(here)
    if known is None:
        request.headers.pop("authorization", None)
    limits = request.extensions.get("timeout") or {}
    longest = max(_hosts.values()) if known is None else known
    steps = ("connect", "read", "write", "pool")
    request.extensions["timeout"] = {s: min(limits.get(s) or longest, longest) for s in steps}
    if known is not None:
        _pace.wait(_budget(request))


def _after(response: httpx.Response) -> None:
    if origin(str(response.request.url)) in _hosts:
        _pace.learn(_budget(response.request), response.headers)


def _budget(request: httpx.Request) -> str:
    path = request.url.path
    api = path.startswith("/api/") and not path.startswith("/api/resolve-cache/")
    kind = "api" if api else "files"
    return f"{request.url.host}:{request.url.port} {kind}"
