"""`gems publish`: the catalog as a static site."""

import json
from contextlib import closing
from pathlib import Path

import click


@click.command("publish")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=Path("public"),
    show_default=True,
    help="Folder to write; replaced as a whole when everything is ready.",
)
@click.option("--serve", is_flag=True, help="Preview it afterwards on this machine.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address of the preview.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=0,
    show_default=True,
    help="Port of the preview; 0: a free one.",
)
@click.option("--json", "as_json", is_flag=True, help="Say what was written as JSON.")
def publish(out: Path, serve: bool, host: str, port: int, as_json: bool) -> None:
    """Write the static site: leaderboards, checkpoints with their evidence, method and data.

    Pages that did not change keep their bytes and modification times, so a sync uploads little.

    \b
    Examples:
      gems publish --out public
      gems publish --serve --port 8000
      gems publish --json && rsync -a --delete public/ host:/var/www/gems/
    """
    from gems.context import open_catalog_here
    from gems.progress import Progress
    from leaderboard import preview
    from leaderboard import publish as write_site

    with closing(open_catalog_here()) as catalog, Progress("publishing") as bar:

        def tell(made: int, total: int) -> None:
            bar.expect(total)
            bar.advance(made - bar.done)

        done = write_site(catalog, out, progress=tell)
    if as_json:
        said = {
            "out": str(done.out),
            "families": done.families,
            "checkpoints": done.pages,
            "gems": done.gems,
            "changed": done.changed,
            "seconds": round(done.seconds, 3),
        }
        click.echo(json.dumps(said))
    else:
        click.echo(
            f"{done.out}: {done.families:,} families, {done.pages:,} checkpoints,"
            f" {done.gems:,} gems; {done.changed:,} files changed, {done.seconds:.1f} s"
        )
    if serve:
        server = preview(done.out, host, port)
        address, taken = server.server_address[:2]
        click.echo(f"http://{address!s}:{taken}/ (stop with Ctrl-C)")
        try:
            server.serve_forever()
        finally:
            server.server_close()
    elif not as_json:
        click.echo(f"open {done.out / 'index.html'}, or preview it with: gems publish --serve")
