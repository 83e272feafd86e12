"""`gems hub`: a folder of checkpoints served as a model hub."""

import signal
import sys
from pathlib import Path
from types import FrameType

import click


@click.group("hub")
def hub() -> None:
    """Serve a folder of checkpoints as a model hub."""


@hub.command("serve")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=0, show_default=True, help="Port to listen on; 0 takes a free one.")
@click.option("--faults", type=click.Path(path_type=Path), help="YAML: how to misbehave.")
def serve(folder: Path, host: str, port: int, faults: Path | None) -> None:
    """Speak the Hub's HTTP API over FOLDER, laid out as ORG/NAME/…files.

    The URL is the first line printed. Any Hugging Face client works against it:

    \b
      gems hub serve checkpoints --port 8000
      HF_ENDPOINT=http://127.0.0.1:8000 gems crawl --family llama-3.1-8b

    A faults file is a list of what goes wrong, when and where:

    \b
      faults:
        - {fault: status, status: 503, on: [list], after: 3, for: 60}
        - {fault: ratelimit, requests: 500, window: 300}
        - {fault: rename, repository: ann/tuned, to: ann/better, after: 10}

    Faults: ratelimit, status, stall, reset, truncate, garble, next, rows, set, unranged, size,
    length, vanish, rename. Each may be confined by on, repository, file, after, times and for.
    """
    from hubs.folder import FolderHub

    server = FolderHub(folder, host, port, faults)
    signal.signal(signal.SIGTERM, _stop)
    try:
        click.echo(server.url)
        sys.stdout.flush()
        server.serve_forever()
    except KeyboardInterrupt:
        sys.exit(130)
    finally:
        server.close()


def _stop(number: int, _frame: FrameType | None) -> None:
    sys.exit(128 + number)
