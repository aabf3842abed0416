"""`python -m tests.docs [--update] [PAGE...]`: run pages of the handbook, some at once.

Without --update it compares, and its exit code is 1 where something has changed.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import click

from tests.docs.page import blocks, with_blocks_of, with_outputs
from tests.docs.run import HANDBOOK, PAGES, PageFailed, changes, run

AT_ONCE = 3
"""More than there are processors: a page often waits for a server that starts."""


def compare(page: Path) -> list[str]:
    """What has changed, in the page and in its translation."""
    return [*changes(page, run(page)), *untranslated(page)]


def update(page: Path) -> list[str]:
    """Write down what the page prints, there and in its translation; return what is left to do by hand."""
    outputs = run(page).outputs
    page.write_text(with_outputs(page.read_text(encoding="utf-8"), outputs), encoding="utf-8")
    translation = HANDBOOK / "ko" / page.name
    if translation.is_file() and len(blocks(translation)) == len(blocks(page)):
        text, original = (one.read_text(encoding="utf-8") for one in (translation, page))
        translation.write_text(with_blocks_of(text, original), encoding="utf-8")
    return untranslated(page)


def untranslated(page: Path) -> list[str]:
    """Say where the blocks of a translation are not those of the page."""
    translation = HANDBOOK / "ko" / page.name
    if not translation.is_file():
        return []
    theirs, ours = blocks(translation), blocks(page)
    if len(theirs) != len(ours):
        return [f"ko/{page.name} has {len(theirs)} blocks, and {page.name} has {len(ours)}."]
    wrong = [number for number, pair in enumerate(zip(theirs, ours, strict=True), 1) if pair[0] != pair[1]]
    return [f"ko/{page.name}: block {number} is not that of {page.name}." for number in wrong]


def tell(page: Path, *, updating: bool) -> bool:
    """Do one page and say how it went."""
    started = time.monotonic()
    try:
        wrong = update(page) if updating else compare(page)
    except PageFailed as error:
        wrong = [str(error)]
    verdict = "CHANGED" if wrong else "ok"
    click.echo("\n\n".join((f"{verdict:8}{page.stem}  ({time.monotonic() - started:.1f} s)", *wrong)))
    return not wrong


@click.command()
@click.option("--update", "updating", is_flag=True, help="Write down what the pages print.")
@click.argument("names", nargs=-1)
def main(names: Sequence[str], updating: bool) -> None:
    """Run the pages whose names begin with NAMES (all, if there are none)."""
    pages = [page for page in PAGES if not names or Path(page).name.startswith(tuple(names))]
    if not pages:
        raise click.UsageError(f"no page is called so; there are {', '.join(page.stem for page in PAGES)}")
    with ThreadPoolExecutor(AT_ONCE) as pool:
        good = list(pool.map(lambda page: tell(page, updating=updating), pages))
    if not all(good):
        click.echo(
            "\nThe handbook prints something else than it says: `make docs-update` writes it down.", err=True
        )
        sys.exit(1)


if __name__ == "__main__":
    main()
