"""Are there known vulnerabilities in what is installed in .venv?

Fails where one has a remedy. Where the database of advisories cannot be had, says so in one line.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import venv
from pathlib import Path
from typing import Any

SECONDS = 300
OWN = "hidden-gems"


def audited(installed: Path) -> list[dict[str, Any]]:
    """What pip-audit, from an environment of its own, says of each package; empty without a word.

    Its exit code does not tell what it found from what it could not find out.
    """
    with tempfile.TemporaryDirectory() as place:
        venv.create(place, with_pip=True)
        python, said = Path(place) / "bin" / "python", Path(place) / "said.json"
        options = ["--path", str(installed), "--format", "json", "--output", str(said)]
        for arguments in (
            ["pip", "install", "--quiet", "pip-audit>=2.9,<3"],
            ["pip_audit", "--progress-spinner", "off", *options],
        ):
            try:
                subprocess.run(
                    [python, "-m", *arguments], check=False, capture_output=True, timeout=SECONDS
                )
            except subprocess.TimeoutExpired:
                return []
        found: list[dict[str, Any]] = []
        if said.exists():
            found = json.loads(said.read_text())["dependencies"]
        return [each for each in found if each["name"] != OWN]


def main() -> None:
    (installed,) = Path(".venv/lib").glob("python*/site-packages")
    found = audited(installed)
    known = [each for each in found if "skip_reason" not in each]
    if not known:
        print("dependencies are not audited: no database of advisories can be had here")
        return
    fixable = 0
    for each in known:
        for flaw in each["vulns"]:
            remedies = ", ".join(flaw["fix_versions"]) or "nothing yet"
            fixable += bool(flaw["fix_versions"])
            print(f"{each['name']} {each['version']}: {flaw['id']}, mended by {remedies}")
    print(f"{len(known)} of {len(found)} dependencies audited: {fixable} flaws have a remedy")
    sys.exit(fixable > 0)


if __name__ == "__main__":
    main()
