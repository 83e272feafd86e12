"""What a checkpoint's weights are, read from any hub without fetching them."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from hubs.errors import NotFound, Unreachable, Unsound
from hubs.json import parse
from hubs.protocol import Hub, HubFile, SafetensorsHeader
from hubs.safetensors import header_length, parse_header
from hubs.transport import Again, Transport

WHOLE = "model.safetensors"
INDEX = "model.safetensors.index.json"
ADAPTER = "adapter_model.safetensors"
FIRST_BYTES = 100_000  # most headers fit, so that one request reads them
MAX_INDEX = 64 * 1024 * 1024
MAX_SHARDS = 1000


def read_header(transport: Transport, url: str, whose: str) -> SafetensorsHeader:
    """The header of the safetensors file at `url`; `whose` names it in messages.

    One range request for most, two for long ones. Raises Unsound if it contradicts itself or the
    file's size, Unreachable if it breaks off each time, else what `Transport.bytes` raises.
    """
    try:
        start, size = _part(transport, url, 0, FIRST_BYTES, whose)
        length = header_length(start, size)
        header = start[8 : 8 + length]
        if len(header) < length:
            at = 8 + len(header)
            header += _part(transport, url, at, length - len(header), whose)[0]
        return parse_header(header, size)
    except Unsound as error:
        raise Unsound(f"{whose} {error}: leave it out") from error


def _part(transport: Transport, url: str, start: int, most: int, whose: str) -> tuple[bytes, int]:
    """A file's bytes from `start` on, `most` of them unless it ends before, and its size.

    An answer that ends early says nothing of the file: it is asked for again.
    """

    def ask() -> tuple[bytes, int]:
        reply = transport.bytes(url, most, start=start)
        if reply.size is None:
            raise Unsound("does not say how long it is")
        if len(reply.body) < min(most, reply.size - start):
            raise Again(Unreachable(f"{whose} breaks off each time: try again later"))
        return reply.body, reply.size

    return transport.persist(ask)


def read_headers(
    hub: Hub, name: str, sha: str, files: Sequence[HubFile] | None
) -> dict[str, SafetensorsHeader]:
    """Headers by file: of `model.safetensors`, else of the index's shards, else of the adapter.

    Raises NotFound if there are none, Unsound if index and shards disagree.
    """
    present = {file.path for file in (hub.files(name, sha) if files is None else files)}
    single = next((path for path in (WHOLE, ADAPTER) if path in present), None)
    if INDEX in present and single != WHOLE:
        return _shards(hub, name, sha, present)
    if single is None:
        raise NotFound(f"{name} has no safetensors weights: leave it out")
    return {single: hub.header(name, sha, single)}


def _shards(hub: Hub, name: str, sha: str, present: set[str]) -> dict[str, SafetensorsHeader]:
    owners = _weight_map(name, hub.text(name, sha, INDEX, MAX_INDEX))
    shards = sorted(set(owners.values()))
    if len(shards) > MAX_SHARDS:
        raise Unsound(f"{name} claims {len(shards):,} shards: leave it out")
    if missing := [shard for shard in shards if shard not in present]:
        raise Unsound(f"{name} lacks {missing[0]}, which its index names: leave it out")
    pool = ThreadPoolExecutor(4)
    try:
        read = pool.map(lambda shard: hub.header(name, sha, shard), shards)
        headers = dict(zip(shards, read, strict=True))
    finally:
        pool.shutdown(wait=False, cancel_futures=True)  # who is interrupted waits for no hub
    for tensor, shard in owners.items():
        if tensor not in headers[shard].tensors:
            raise Unsound(f"{shard} of {name} lacks {tensor[:80]}: leave it out")
    if sum(len(header.tensors) for header in headers.values()) > len(owners):
        raise Unsound(f"{name} holds tensors that its index does not name: leave it out")
    return headers


def _weight_map(name: str, index: str) -> dict[str, str]:
    """Which shard holds which tensor. Raises Unsound."""
    try:
        owners = parse(index.encode())["weight_map"]
    except (ValueError, LookupError, TypeError, RecursionError) as error:
        raise Unsound(f"{name} has an index that cannot be read: leave it out") from error
    if not isinstance(owners, dict) or not all(isinstance(s, str) for s in owners.values()):
        raise Unsound(f"{name} has an index that cannot be read: leave it out")
    return owners
