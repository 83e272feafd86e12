"""The command line. Commands are imported when they are called, so that `--help` is instant."""

from __future__ import annotations

import errno
import os
import sys
from importlib import import_module
from importlib.metadata import version

import click

from gems.errors import roots
from gems.signals import EXIT_INTERRUPTED, EXIT_TERMINATED, Terminated, terminate_like_interrupt

COMMANDS = {
    "crawl": "Enumerate a family from the hub, and vet its checkpoints.",
    "scan": "Find a family's best checkpoints in as few queries as possible.",
    "check": "Say where one checkpoint stands in its family.",
    "publish": "Write the static site.",
    "verify": "Make a scan's numbers again from its stored answers.",
    "nightly": "Crawl, visit what is new, and publish: for cron.",
    "regrade": "Grade stored answers with today's graders.",
    "replay": "Replay policies over a recorded score matrix.",
    "export": "Write stored scores as a matrix to replay.",
    "show": "Draw where a checkpoint came from and what came of it.",
    "families": "List the families, and how much of each is evaluated.",
    "suites": "List, show and validate prompt suites.",
    "hub": "Serve a folder of checkpoints as a hub.",
    "db": "Upgrade the catalog, or say which revision it is at.",
    "doctor": "Say what is missing on this machine, and for what.",
    "demo": "Train a tiny fleet, and find the best of it end to end.",
}

MODULES = {"check": "scan", "demo": "demo.command"}
"""Modules of `gems` that are not named like their command."""

EPILOG = """
\b
Examples:
  gems demo                                   see it work, without a GPU
  gems crawl --family llama-3.1-8b            who is there
  gems scan --family llama-3.1-8b --dry-run   what a search would cost
  gems scan --family llama-3.1-8b             search
  gems publish --out public                   write the site
  gems nightly --until 06:00                  all of it, every night

\b
Environment:
  GEMS_DATABASE_URL  the catalog (default sqlite:///gems.db in the working folder)
  GEMS_HOME          caches (default ~/.cache/hidden-gems)
  HF_ENDPOINT, HF_TOKEN, HF_HOME              the Hub's own
"""


class Commands(click.Group):
    """The group that imports a command's module only when the command is used."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in COMMANDS:
            return None
        module = import_module(f"gems.{MODULES.get(cmd_name, cmd_name)}")
        command: click.Command = getattr(module, cmd_name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(
    cls=Commands,
    epilog=EPILOG,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(version("hidden-gems"), prog_name="gems")
def gems() -> None:
    """Find the fine-tuned checkpoints that beat everything popular at the same inference cost."""


def main() -> None:
    """Run a command and turn what ended it into one line and an exit code."""
    _open_standard_streams()
    terminate_like_interrupt()
    try:
        # Click hands back what a command ended with: its exit code, or nothing.
        sys.exit(gems.main(standalone_mode=False))
    except click.ClickException as error:
        where = getattr(error, "ctx", None)
        hint = f" (see {where.command_path} --help)" if where is not None else ""
        _fail(error.format_message() + hint, error.exit_code)
    except Terminated:
        _fail("terminated: the same command goes on where it was", EXIT_TERMINATED)
    except (KeyboardInterrupt, click.Abort) as stop:
        if isinstance(stop.__cause__, Terminated):  # click makes an Abort of any interrupt
            _fail("terminated: the same command goes on where it was", EXIT_TERMINATED)
        _fail("interrupted: the same command goes on where it was", EXIT_INTERRUPTED)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            where = f" for {error.filename}" if error.filename else ""
            _fail(f"no room left on the disk{where}: free some, and run the same command again", 1)
        _fail(f"{error.filename or 'input/output'}: {error.strerror or error}", 1)
    except roots() as error:
        _fail(str(error), 1)


def _open_standard_streams() -> None:
    """What is written to a stream that was closed goes nowhere, instead of into the next file."""
    for name, descriptor in (("stdout", 1), ("stderr", 2)):
        if getattr(sys, name) is None:
            os.dup2(os.open(os.devnull, os.O_WRONLY), descriptor)
            setattr(sys, name, open(descriptor, "w", closefd=False))  # noqa: SIM115


def _fail(message: str, code: int) -> None:
    print(f"gems: {' '.join(message.split())}", file=sys.stderr)
    sys.exit(code)
