"""What a story comes to, laid out for the page.

Pure. Knows stories; the tables are `tables.py`'s, what is behind them `proofs.py`'s, the shapes `view.py`'s.
"""

from __future__ import annotations

import json
from dataclasses import fields
from datetime import datetime

from client_demo.causes.findings import at_least, by_weight
from client_demo.evidence.data import Evidence
from client_demo.experiment.compare import reference_of
from client_demo.report.header import Header
from client_demo.report.html.data import Timeline, count
from client_demo.report.html.headline import headline
from client_demo.report.html.moments import LANES
from client_demo.report.html.proofs import DIFFERENCES, answers, differences, finding
from client_demo.report.html.tables import costs, matrix, run_rows
from client_demo.report.html.view import Line, Page
from client_demo.report.story import Story
from client_demo.report.terminal import LEGEND, MARKS
from client_demo.taps.latency import Latency

PROMPT_LINES, PROMPT_CHARS = 2, 120
"""As much of a prompt as stands above the verdict."""


def page_of(story: Story, shown: Evidence, timeline: Timeline) -> Page:
    """Lay out a story; `shown` are the runs that stand on the page one by one."""
    runs = story.runs
    tone, sentence = headline(story.verdict, runs, story.findings)
    found = by_weight(story.findings)
    reference = reference_of(story.header.placements)
    return Page(
        prompt=story.header.prompt,
        brief=_brief(story.header.prompt),
        about=_about(story.header),
        version=story.header.throughline,
        at=story.header.at,
        when=_when(story.header.at),
        headline=sentence,
        tone=tone,
        verdict=tuple(Line(one.tone, MARKS[one.tone][0], one.subject, one.text) for one in story.verdict),
        placements=(*story.header.placements, *story.header.unfit),
        matrix=tuple(matrix(story.evidence, story.header)),
        legend=LEGEND.format(reference),
        findings=tuple(finding(one) for one in at_least(found, "warning")),
        notes=tuple(finding(one) for one in found if one.severity == "note"),
        lanes=LANES,
        counted=_counted(story, shown, timeline),
        differences=tuple(differences(story.differences)),
        more_differences=max(0, len(story.differences) - DIFFERENCES),
        answers=tuple(answers(runs)),
        reference=reference,
        costs=tuple(costs(story.overhead)),
        runs=tuple(run_rows(story.evidence, shown)),
        left_out=_left_out(story, shown),
        footer=_footer(story),
    )


def _brief(prompt: str) -> str:
    """A prompt that fits above the verdict; on a phone the style cuts it further."""
    lines = [line for line in prompt.strip().splitlines() if line.strip()]
    brief = "\n".join(lines[:PROMPT_LINES])
    return (
        prompt
        if len(lines) <= PROMPT_LINES and len(prompt) <= PROMPT_CHARS
        else f"{brief[:PROMPT_CHARS].rstrip()} ..."
    )


def _about(header: Header) -> str:
    """What was compared, in one line."""
    parts = [
        _subject(header),
        _model(header),
        _many(len(header.paths), "path"),
        _many(len(header.placements), "placement"),
        _many(header.repeat, "repeat") if header.repeat > 1 else "",
        f"quirks: {', '.join(header.quirks)}" if header.quirks else "",
    ]
    return ", ".join(part for part in parts if part)


def _subject(header: Header) -> str:
    what = (header.tool or "every tool") + (f" of {header.server}" if header.server else "")
    if header.agent:
        return f"{header.agent} with {what}" if header.factory else header.agent
    if header.args is None:
        return what
    return f"{what}({json.dumps(dict(header.args), ensure_ascii=False)}), called without an agent"


def _model(header: Header) -> str:
    name, kind = header.model["name"].partition("?")[0], header.model["kind"]
    return "the scripted model (not a model)" if kind == "scripted" else f"{name} ({kind})"


def _many(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"


def _when(at: str) -> str:
    try:
        return datetime.fromisoformat(at).strftime("%Y-%m-%d %H:%M %Z").strip()
    except ValueError:
        return at


def _counted(story: Story, shown: Evidence, timeline: Timeline) -> str:
    """How much of the recording the timeline draws."""
    total, runs, of = count(story.evidence), len(shown.runs), len(story.evidence.runs)
    if timeline.drawn == total:
        return f"{total:,} events are drawn: all of them."
    some = f", of {runs:,} of {of:,} runs" if runs < of else ""
    return (
        f"{timeline.drawn:,} of {total:,} events are drawn, evenly thinned{some}; all are in the recording."
    )


def _left_out(story: Story, shown: Evidence) -> str:
    runs, of = len(shown.runs), len(story.evidence.runs)
    return f"{runs:,} of {of:,} runs are shown; all are in the recording." if runs < of else ""


def _footer(story: Story) -> str:
    """Where this comes from, and what the looking on added."""
    told = f"Drawn from a {story.header.schema} of throughline {story.header.throughline}."
    known = {one.name: (story.latency or {}).get(one.name) for one in fields(Latency)}
    return told if set(known.values()) == {None} else f"{told} {Latency(**known).sentence()}"
