"""`gems show`: where a checkpoint came from, and what came of it."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict

import click

from catalog import families, lineage, opting_out, repositories, trees
from catalog.trees import Node
from gems.context import open_catalog_here
from gems.errors import GemsError
from gems.families import described_here

SHOWN = 20
UNBROKEN = 10_000  # columns


@click.command()
@click.argument("name", metavar="ORG/NAME")
@click.option("--all", "everything", is_flag=True, help=f"All children, not {SHOWN} of each.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def show(name: str, everything: bool, as_json: bool) -> None:
    """Draw where a checkpoint came from and what came of it, as the catalog knows it.

    \b
    Example:
      gems show NousResearch/Hermes-3-Llama-3.1-8B
    """
    described = described_here(None).opt_out
    catalog = open_catalog_here()
    with catalog.read() as session:
        unlisted = opting_out.opted_out(session)
        found = repositories.named(session, name)
        if found is None or found.name in described or found.name in unlisted:
            raise GemsError(f"{name} is not in the catalog: crawl its family, or check the name")
        above = trees.ancestry(session, found.id)
        below = trees.descent(session, found.id, None if everything else SHOWN)
        said = [
            (claim, chosen)
            for claim, chosen in lineage.evidence(session, found.id)
            if claim.parent not in unlisted
        ]
        former = [
            name for name in repositories.former_names(session, found.id) if name not in unlisted
        ]
        homes = [family.slug for family in families.families_of(session, found.id)]
        present = found.name
        sha = found.sha
    if as_json:
        told = [{**claim._asdict(), "chosen": chosen} for claim, chosen in said]
        click.echo(
            json.dumps(
                {
                    "name": present,
                    "sha": sha,
                    "former_names": former,
                    "families": homes,
                    "status": above.status,
                    "ancestry": [asdict(node) for node in above.next],
                    "children": [asdict(node) for node in below.next],
                    "evidence": told,
                },
                indent=2,
            )
        )
        return
    click.echo(f"{present} ({above.status}), {', '.join(homes) or 'in no family'}")
    if former:
        click.echo(f"formerly {', '.join(former)}")
    _draw("came from", above.next)
    _draw("came of it", below.next)
    rejected = [claim for claim, chosen in said if not chosen]
    for claim in rejected:
        against = "speaks against" if claim.confidence == 0 else "also names"
        click.echo(f"({claim.source} {against} {claim.parent}, {claim.relation})")


def _draw(title: str, nodes: list[Node]) -> None:
    from rich.console import Console
    from rich.text import Text
    from rich.tree import Tree

    def grow(tree: Tree, node: Node) -> None:
        downloads = "" if node.downloads is None else f", {node.downloads:,} downloads"
        above = " (see elsewhere)" if node.again else ""
        branch = tree.add(Text(f"{node.name}  {node.relation}, {node.status}{downloads}{above}"))
        for child in node.next:
            grow(branch, child)
        if node.more:
            branch.add(Text(f"… and {node.more} more"))

    if nodes:
        tree = Tree(Text(title))
        for node in nodes:
            grow(tree, node)
        # What reads a pipe would take a line broken in two for two nodes.
        Console(width=None if sys.stdout.isatty() else UNBROKEN).print(tree)
