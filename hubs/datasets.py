"""Files of data sets, by repository, commit and path."""

import os
from pathlib import Path

from huggingface_hub import hf_hub_download
from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError
from huggingface_hub.utils import httpx  # type: ignore[attr-defined]

from hubs.errors import NotFound, Unreachable


def fetch_dataset_file(repository: str, commit: str, path: str) -> Path:
    """One file, from the cache or the hub at HF_ENDPOINT. Raises NotFound or Unreachable."""
    try:
        return Path(
            hf_hub_download(
                repository,
                path,
                revision=commit,
                repo_type="dataset",
                endpoint=os.environ.get("HF_ENDPOINT"),
                library_name="hidden-gems",
            )
        )
    except LocalEntryNotFoundError as error:
        said = f"the hub does not answer for {repository}"
        raise Unreachable(f"{said}: check the network and HF_ENDPOINT") from error
    except HfHubHTTPError as error:
        raise NotFound(f"{repository} has no {path} at {commit[:12]}: check HF_ENDPOINT") from error
    except (httpx.HTTPError, OSError) as error:
        raise Unreachable(f"{repository} cannot be fetched ({type(error).__name__})") from error
