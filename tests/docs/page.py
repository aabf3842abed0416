"""A handbook page: its blocks, what they are said to print, and the page with other outputs.

Knows Markdown and the format that the package's docstring tells. Refuses to run anything.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path
from typing import Literal

from markdown_it import MarkdownIt
from markdown_it.token import Token

ANY = "..."
PROMPT, MORE = "$ ", "> "

Kind = Literal["python", "file", "command"]


@dataclass(frozen=True, slots=True)
class Step:
    """Something to run and what it is said to print.

    `line` is the number of its first line, from 0; `place` are the lines that hold the output (if there is
    none: empty, at the line where it would be written), `name` is a file's.
    """

    kind: Kind
    source: str
    line: int
    expected: str
    place: tuple[int, int]
    name: str = ""


def fences(text: str) -> list[Token]:
    """Every fenced block of a page."""
    return [token for token in MarkdownIt("commonmark").parse(text) if token.type == "fence"]


def lines_of(fence: Token) -> tuple[int, int]:
    """The lines of a block, its fences included."""
    assert fence.map is not None
    return fence.map[0], fence.map[1]


def read_steps(text: str) -> list[Step]:
    """Read what there is to run, in order."""
    lines, blocks, found = text.splitlines(), fences(text), list[Step]()
    for block, after in zip(blocks, [*blocks[1:], None], strict=True):
        language, _, options = block.info.strip().partition(" ")
        if language == "console":
            found += _commands(block)
        elif language == "python" and options.startswith("file="):
            first, end = lines_of(block)
            name = options.removeprefix("file=").strip()
            found.append(Step("file", block.content, first + 1, "", (end, end), name))
        elif language == "python":
            found.append(_python(block, after, lines))
    return found


def _python(block: Token, after: Token | None, lines: Sequence[str]) -> Step:
    first, end = lines_of(block)
    expected, place = "", (end, end)
    if after is not None and after.info.strip() == "text":
        start, stop = lines_of(after)
        if not any(line.strip() for line in lines[end:start]):
            expected, place = after.content, (end, stop)
    return Step("python", block.content, first + 1, expected, place)


def _commands(block: Token) -> list[Step]:
    lines, first = block.content.splitlines(), lines_of(block)[0] + 1
    starts = [number for number, line in enumerate(lines) if line.startswith(PROMPT)]
    steps = []
    for start, stop in zip(starts, [*starts[1:], len(lines)], strict=True):
        more = list(takewhile(lambda one: one.startswith(MORE), lines[start + 1 : stop]))
        command = "\n".join(line[len(PROMPT) :] for line in (lines[start], *more))
        below = start + 1 + len(more)
        expected = "\n".join(lines[below:stop])
        steps.append(Step("command", command, first + start, expected, (first + below, first + stop)))
    return steps


def clean(output: str) -> str:
    """What counts of an output: no colours, no white space at the ends of lines, no blank lines around it."""
    plain = re.sub(r"\x1b\[[0-9;]*m", "", output)
    return "\n".join(line.rstrip() for line in plain.splitlines()).strip("\n")


def fits(expected: str, output: str) -> bool:
    """Say whether that was printed; a line `...` stands for any lines."""
    pattern = "".join(
        r"(?:.*\n)*?" if line == ANY else re.escape(line) + r"\n" for line in clean(expected).split("\n")
    )
    return re.fullmatch(pattern, clean(output) + "\n") is not None


def with_outputs(text: str, outputs: Sequence[str]) -> str:
    """Return the page with these outputs, one a step; what still fits stays as it is written."""
    lines = text.splitlines()
    for step, output in reversed(list(zip(read_steps(text), outputs, strict=True))):
        if step.kind != "file" and not fits(step.expected, output):
            start, stop = step.place
            lines[start:stop] = _written(step, clean(output))
    return "\n".join(lines) + "\n"


def _written(step: Step, output: str) -> list[str]:
    if step.kind == "command" or not output:
        return output.splitlines()
    fence = "`" * max(3, *(len(run) + 1 for run in re.findall(r"^ *(`+)", output, re.MULTILINE)), 3)
    return ["", f"{fence}text", *output.splitlines(), fence]


def with_blocks_of(text: str, original: str) -> str:
    """Return a translation with the blocks of the page that it translates; both must have as many."""
    lines, source = text.splitlines(), original.splitlines()
    for block, other in reversed(list(zip(fences(text), fences(original), strict=True))):
        start, stop = lines_of(block)
        first, end = lines_of(other)
        lines[start:stop] = source[first:end]
    return "\n".join(lines) + "\n"


def blocks(path: Path) -> list[tuple[str, str]]:
    """What every block of a page is and holds."""
    return [(block.info.strip(), block.content) for block in fences(path.read_text(encoding="utf-8"))]
