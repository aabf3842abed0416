"""The comparison in GitHub's Markdown, for the comment of a pull request: verdict, matrix, causes.

Pure. All that comes from a recording is text: no markup of it is alive, and it mentions nobody.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from html import escape as _html

from client_demo.causes.findings import Finding, at_least, by_weight
from client_demo.evidence.data import RunEvidence
from client_demo.experiment.compare import reference_of
from client_demo.report import apart, cells
from client_demo.report.causes import told
from client_demo.report.gate import Breach
from client_demo.report.header import about
from client_demo.report.story import Story

LIMIT = 65_536
"""Characters that a comment holds."""
LONGEST = 1_500
"""Characters of any one text that are shown."""
HEAD = 200
"""Characters of a prompt that stand above the verdict."""
CUT = "\n_Cut here, because a comment holds {limit:,} characters: all of it is in the recording._\n"
NOT_SHOWN = "\ufffd"
MARKS = {"good": "\u2705", "bad": "\u274c", "note": ""}
_ALIVE = re.compile(r"([\\`*_\[\]|~#$])")
_NEVER = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]"
)
"""Controls, what turns the direction of a text around, and halves of characters."""
_LINKS = {"://": "&#58;//", "www.": "www&#46;", "@": "@\u200b"}
"""What becomes a link, or calls somebody, without any markup."""


def markdown(story: Story, breaches: Sequence[Breach] = ()) -> str:
    """The whole report, cut where it would not fit into a comment."""
    room = LIMIT - len(CUT.format(limit=LIMIT)) - 1
    text = ""
    for block in _blocks(story, breaches):
        if len(text) + len(block) + 1 > room:
            return text + CUT.format(limit=LIMIT)
        text += block + "\n"
    return text


def _blocks(story: Story, breaches: Sequence[Breach]) -> Iterator[str]:
    """Blocks that stand by themselves, the most important first."""
    yield f"### {_text(_cut(story.header.prompt, HEAD))}\n\n{_text(about(story.header))}\n"
    yield "\n".join(_verdict(story)) + "\n"
    if breaches:
        yield "**Not held:**\n"
        yield from (f"- {one.kind}: {_text(one.sentence)}" for one in breaches)
        yield ""
    yield "\n".join(_matrix(story)) + "\n"
    found = by_weight(story.findings)
    yield from (_finding(one) for one in at_least(found, "warning"))
    if notes := list(dict.fromkeys(one.code for one in found if one.severity == "note")):
        yield f"By design, no harm done: {', '.join(notes)}.\n"
    if story.differences:
        lines = list(apart.told(story.differences))
        yield _details("What differs, by an exact permutation test", _block("\n".join(lines)))
    yield _details(f"Every run ({len(story.runs)})", "\n".join(_runs(story.evidence.runs)))
    if _one_line(story.header.prompt) != _cut(story.header.prompt, HEAD):
        yield _details("The whole prompt", _block(story.header.prompt))
    yield f"<sub>throughline {_text(story.header.throughline)}, recorded {_text(story.header.at)}</sub>"


def _verdict(story: Story) -> Iterator[str]:
    for one in story.verdict:
        subject = f"**{_text(one.subject)}** " if one.subject else ""
        mark = f"{MARKS[one.tone]} " if MARKS[one.tone] else ""
        yield f"- {mark}{subject}{_text(one.text)}"


def _matrix(story: Story) -> Iterator[str]:
    header, words = story.header, cells.outcomes(story.runs, reference_of(story.header.placements))
    names = (*header.placements, *header.unfit)
    yield "| path | " + " | ".join(map(_text, names)) + " |"
    yield "|---" * (len(names) + 1) + "|"
    for path in header.paths:
        row = [words[place, path].text if (place, path) in words else "" for place in header.placements]
        row += ["n/a"] * len(header.unfit)
        yield f"| {_code(path)} | " + " | ".join(map(_text, row)) + " |"


def _finding(one: Finding) -> str:
    head = f"<b>{_plain(one.code)}</b> ({one.severity}, {one.sure}): {_plain(one.sentence)}"
    _, *proof = told((one,))
    return _details(head, _block("\n".join(proof)))


def _runs(runs: Sequence[RunEvidence]) -> Iterator[str]:
    """The runs that are compared, each with the number that findings name it by."""
    yield "| run | path | placement | repeat | outcome | seconds | tool tokens seen | made | answer |"
    yield "|--:|---|---|--:|---|--:|--:|--:|---|"
    for number, run in ((one.number, one.run) for one in runs if not one.probe):
        tokens, cell = run.tool_tokens, run.cell
        where = f"{number} | {_code(cell.path)} | {_text(cell.placement)} | {cell.repeat}"
        numbers = f"{run.seconds:.3f} | {tokens.seen} | {tokens.emitted}"
        said = _text(" ".join((run.answer or run.error or "").split())[:120])
        yield f"| {where} | {run.status} | {numbers} | {said} |"


def _details(summary: str, body: str) -> str:
    """What unfolds; `summary` is HTML, in which no Markdown is read."""
    return f"<details><summary>{summary}</summary>\n\n{body}\n\n</details>\n"


def _block(text: str) -> str:
    """A text as it is, within more backticks than it has in a row."""
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}text\n{_NEVER.sub(NOT_SHOWN, text)}\n{fence}"


def _code(text: str) -> str:
    return f"<code>{_text(text)}</code>"


def _text(text: str) -> str:
    """A text on one line in which no Markdown is alive."""
    return _unlinked(_ALIVE.sub(r"\\\1", _escaped(text)))


def _plain(text: str) -> str:
    """A text on one line in which no HTML is alive, where no Markdown is read."""
    return _unlinked(_escaped(text))


def _escaped(text: str) -> str:
    return _html(_cut(text, LONGEST), quote=False)


def _cut(text: str, chars: int) -> str:
    """A text on one line of so many characters at most."""
    line = _one_line(text)
    return line if len(line) <= chars else f"{line[: chars - 3]}..."


def _one_line(text: str) -> str:
    return " ".join(_NEVER.sub(NOT_SHOWN, text).split())


def _unlinked(line: str) -> str:
    for alive, dead in _LINKS.items():
        line = line.replace(alive, dead)
    return line
