"""Where suites come from: packaged ones by name, anyone's own by file."""

from __future__ import annotations

from pathlib import Path

from evaluator.suites.checking import check
from evaluator.suites.errors import SuiteError
from evaluator.suites.prompt import Prompt
from evaluator.suites.reading import Problem, Sheet, read_jsonl, read_yaml
from evaluator.suites.suite import Suite, halves

LARGEST_FILE = 64 * 2**20
SHELF = Path(__file__).parent / "shelf"
SUFFIXES = {".yaml": read_yaml, ".yml": read_yaml, ".jsonl": read_jsonl}


def names() -> tuple[str, ...]:
    """The packaged suites, by name."""
    return tuple(sorted(folder.name for folder in SHELF.glob("*/")))


def load(name_or_path: str | Path) -> Suite:
    """The packaged suite of that name, or the suite in that file.

    A packaged suite is a folder of suite files of one name, read in the order of their names.
    Raises SuiteError: no such suite, or what is first wrong in it, with its line and the mend.
    """
    name = str(name_or_path)
    if name in names():
        parts = [read(path) for path in sorted((SHELF / name).iterdir()) if _is_suite(path)]
        prompts = tuple(prompt for part in parts for prompt in part.prompts)
        return Suite(name=name, prompts=prompts, confirm=parts[0].confirm)
    path = Path(name)
    if not _is_suite(path):
        known = ", ".join(names())
        raise SuiteError(f"no suite '{name[:200]}': name one of {known}, or a .yaml or .jsonl file")
    return read(path)


def split(
    suite: Suite, confirm: str | Path | None = None
) -> tuple[tuple[Prompt, ...], tuple[Prompt, ...]]:
    """(selection, confirmation) of a suite. `confirm` goes before the suite's own `confirm:`.

    Raises SuiteError where the confirming suite cannot be used, or adds no prompt of its own.
    """
    named = str(confirm or suite.confirm)
    if not named:
        return halves(suite, None)
    own = Path(named)
    if not confirm and suite.folder is not None and named not in names() and not own.is_absolute():
        named = str(suite.folder / own)
    parts = halves(suite, load(named))
    if not parts[1]:
        said = f"suite '{named}' has no prompt that '{suite.name}' has not"
        raise SuiteError(f"{said}: name another to confirm")
    return parts


def read(path: Path) -> Suite:
    """The suite in a file. Raises SuiteError with the first fault, and how many more there are."""
    sheet, prompts, problems = _checked(path)
    if problems:
        first = problems[0]
        more = f" ({len(problems) - 1} more)" if len(problems) > 1 else ""
        raise SuiteError(f"{path}, line {first.line}: {first.message}{more}")
    named = sheet.head.fields
    return Suite(
        name=named.get("suite") or path.stem,
        prompts=tuple(prompts),
        confirm=named.get("confirm") or "",
        folder=path.parent,
    )


def problems_in(path: Path) -> list[Problem]:
    """Everything that is wrong in a suite file, in the order of its lines.

    Raises SuiteError where it cannot be read at all.
    """
    return _checked(path)[2]


def _is_suite(path: Path) -> bool:
    return path.suffix.lower() in SUFFIXES


def _checked(path: Path) -> tuple[Sheet, list[Prompt], list[Problem]]:
    if not _is_suite(path):
        raise SuiteError(f"{path} is no suite file: give a .yaml or .jsonl file")
    if not path.stem.isprintable():
        raise SuiteError(
            f"the file {path.name!r} would name a suite by what cannot be shown: rename it"
        )
    try:
        with path.open("rb") as file:
            raw = file.read(LARGEST_FILE + 1)
        text = raw.decode("utf-8-sig")
    except OSError as error:
        said = error.strerror or type(error).__name__
        raise SuiteError(f"{path} cannot be read ({said}): check the path") from error
    except UnicodeDecodeError as error:
        raise SuiteError(f"{path} is not UTF-8 text: save it as UTF-8") from error
    if len(raw) > LARGEST_FILE:
        raise SuiteError(f"{path} is over {LARGEST_FILE >> 20} MB: split the suite")
    sheet = SUFFIXES[path.suffix.lower()](text)
    prompts, problems = check(sheet)
    return sheet, prompts, problems
