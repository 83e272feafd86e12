"""`gems hub serve`, as a process."""

import signal
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest
from huggingface_hub import HfApi
from huggingface_hub.errors import HfHubHTTPError

ROOT = Path(__file__).parents[2]
COMMAND = [sys.executable, "-c", "from gems.hub import hub; hub()", "serve"]


@contextmanager
def serving(*arguments):
    process = subprocess.Popen(
        [*COMMAND, *map(str, arguments)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    try:
        yield process, process.stdout.readline().strip()
    finally:
        process.kill()
        process.communicate()


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)], ids=["int", "term"]
)
def test_it_prints_its_url_first_and_stops_cleanly(shelf, put, number, code):
    put("base/trunk", {"config.json": "{}"})
    with serving(shelf) as (process, url):
        assert [model.id for model in HfApi(endpoint=url).list_models()] == ["base/trunk"]
        process.send_signal(number)
        assert process.wait(10) == code


def test_it_misbehaves_on_request(shelf, tmp_path):
    faults = tmp_path / "faults.yaml"
    faults.write_text("faults: [{fault: status, status: 418}]")
    with serving(shelf, "--faults", faults) as (_, url), pytest.raises(HfHubHTTPError, match="418"):
        list(HfApi(endpoint=url).list_models())
