"""The catalog knows a folder served on this machine apart from the Hub and its mirrors."""

from __future__ import annotations

import pytest

from gems.context import hub_name


@pytest.mark.parametrize(
    ("endpoint", "name"),
    [
        ("", "huggingface"),
        ("https://huggingface.co", "huggingface"),
        ("https://mirror.example:8443/hf", "huggingface"),
        ("http://127.0.0.1:8080", "folder"),
        ("http://[::1]:8080", "folder"),
        ("http://localhost:8080", "folder"),
    ],
)
def test_only_what_is_served_here_is_a_folder(
    endpoint: str, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_ENDPOINT", endpoint)
    assert hub_name() == name
