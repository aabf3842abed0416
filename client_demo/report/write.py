"""The files that reports go to: what may be wrong with them is told first, and each is written whole or not.

Knows which report goes to which option; the reports themselves are pure and know no file.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from client_demo.errors import FileUnwritable
from client_demo.report.clean import without_surrogates
from client_demo.report.gate import Breach, expected
from client_demo.report.story import Story
from client_demo.text.written import check_writable, write

STDOUT = Path("-")


@dataclass(frozen=True, slots=True)
class Files:
    """Where each report goes; `json` may be stdout."""

    json: Path | None = None
    svg: Path | None = None
    html: Path | None = None
    md: Path | None = None
    junit: Path | None = None

    def named(self) -> Iterator[tuple[str, Path]]:
        """The files that were asked for, by their option."""
        for name in self.__dataclass_fields__:
            path = getattr(self, name)
            if path is not None and (name, path) != ("json", STDOUT):
                yield f"--{name}", path

    def check(self, *, taken: Mapping[Path, str]) -> None:
        """Say what cannot be written before anything is done; what is `taken` is somebody else's.

        Raises: FileUnwritable.
        """
        if self.json not in (None, STDOUT) and self.json.suffix != ".json":
            raise FileUnwritable(
                option="--json", path=str(self.json), reason="its name does not end in .json"
            )
        owners = {path.resolve(): whose for path, whose in taken.items()}
        for option, path in self.named():
            if path == STDOUT:
                raise FileUnwritable(option=option, path="stdout", reason="only --json goes there")
            check_writable(option, path)
            if path.resolve() in owners:
                raise FileUnwritable(option=option, path=str(path), reason=owners[path.resolve()])
            if path.is_file() or not path.exists():  # a device may be written to by anybody
                owners[path.resolve()] = f"{option} writes there as well"


def write_reports(
    files: Files, story: Story, breaches: Sequence[Breach] | None, *, more: Mapping[str, Any] | None = None
) -> None:
    """Write every file that was asked for. `breaches` is None without conditions; `more` is for JSON.

    Raises: FileUnwritable.
    """
    for option, path in files.named():
        write(option, path, _drawn(option, story, breaches, more or {}))


def json_text(story: Story, more: Mapping[str, Any]) -> str:
    """The JSON report."""
    from client_demo.report.json import document

    return without_surrogates(json.dumps({**document(story), **more}, ensure_ascii=False, indent=2)) + "\n"


def _drawn(option: str, story: Story, breaches: Sequence[Breach] | None, more: Mapping[str, Any]) -> str:
    match option:
        case "--json":
            return json_text(story, more)
        case "--svg":
            from client_demo.report.svg import svg

            return svg(story)
        case "--html":
            from client_demo.report.html.page import html_page

            return html_page(story)
        case "--md":
            from client_demo.report.markdown import markdown

            return markdown(story, breaches or ())
    from client_demo.report.junit import junit

    return junit(story, expected(story) if breaches is None else breaches)
