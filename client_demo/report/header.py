"""What was compared, as the first line of a recording says it and every report repeats it.

Pure. Knows no address and no secret; knows nothing of what came of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from pydantic import TypeAdapter

from client_demo.experiment.compare import Plan
from client_demo.experiment.runs import Run
from client_demo.report.verdict import Setting
from client_demo.text.redaction import redacted
from throughline.model.settings import ModelSettings


@dataclass(frozen=True, slots=True)
class Header:
    """The question, and under which conditions it was asked. `at` is when, in ISO 8601.

    `server` is the title of one that is not our own, `agent` what names one that is not our own, and
    `factory` whether that is handed its model and tools. `args` are what a tool was called with without any
    agent. `unfit` are the placements that did not apply, each with the reason.
    """

    schema: str
    throughline: str
    at: str
    prompt: str
    tool: str
    model: Mapping[str, str]
    placements: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()
    repeat: int = 1
    quirks: tuple[str, ...] = ()
    probes: tuple[str, ...] = ()
    transport: str = "stdio"
    server: str | None = None
    agent: str | None = None
    factory: bool = False
    args: Mapping[str, Any] | None = None
    unfit: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not {"kind", "name"} <= self.model.keys():
            raise ValueError("a header has to say which model was asked")

    @property
    def runs(self) -> int:
        """How many runs were to be made, without those that warm up and the probes."""
        return len(self.placements) * len(self.paths) * self.repeat

    def setting(self) -> Setting:
        """The conditions that a verdict depends on."""
        return Setting(
            self.tool,
            scripted=self.model["kind"] == "scripted",
            forced=self.agent is None and self.args is None,
            local=self.server is None,
            unfit=self.unfit,
            notes=self.notes,
        )


def header_of(
    plan: Plan, model: ModelSettings, *, schema: str = "", throughline: str = "", at: str = ""
) -> Header:
    """What a plan says of a comparison."""
    return Header(
        schema=schema,
        throughline=throughline,
        at=at,
        prompt=plan.prompt,
        tool=plan.tool,
        model={"kind": model.kind, "name": model.model},
        placements=plan.placements,
        paths=plan.paths,
        repeat=plan.repeat,
        quirks=plan.quirks,
        probes=plan.probes,
        transport=plan.transport,
        server=None if plan.server is None else plan.server.title,
        agent=None if plan.agent is None else plan.agent.given,
        factory=plan.agent is not None and plan.agent.is_factory,
        args=None if plan.args is None else redacted(dict(plan.args)),
        unfit=dict(plan.unfit),
        notes=plan.notes,
    )


def line_of(header: Header) -> dict[str, Any]:
    """The header as a recording has it: what is as usual is left out."""
    plain = Header(header.schema, header.throughline, header.at, header.prompt, header.tool, header.model)
    usual = {name: value for name, value in asdict(plain).items() if name in _MAY_BE_LEFT_OUT}
    return {name: value for name, value in asdict(header).items() if usual.get(name, _MISSING) != value}


def read_header(line: Mapping[str, Any]) -> Header:
    """Read it back; a field of a later throughline is passed over. Raises ValueError where it is none."""
    return _HEADER.validate_python({"throughline": "", "at": "", **line})


def completed(header: Header, runs: Sequence[Run]) -> Header:
    """Fill in what a recording of an older throughline leaves to its runs."""
    placements = header.placements or tuple(dict.fromkeys(run.cell.placement for run in runs))
    paths = header.paths or tuple(dict.fromkeys(run.cell.path for run in runs))
    repeat = max([header.repeat, *(run.cell.repeat for run in runs)])
    return replace(header, placements=placements, paths=paths, repeat=repeat)


def about(header: Header) -> str:
    """Which tool or agent it was, who was asked, and by how many paths, in a line."""
    where = f" of {header.server}" if header.server is not None else ""
    what = f"{header.tool or 'every tool'}{where}"
    if header.agent is not None:
        what = header.agent + (f" with {what}" if header.factory else "")
    if header.args is not None:
        what += ", called without an agent"
    name, kind = header.model["name"].partition("?")[0], header.model["kind"]
    model = "the scripted model (not a model)" if kind == "scripted" else f"{name} ({kind})"
    return f"{what} with {model}, {len(header.paths)} path{'' if len(header.paths) == 1 else 's'}"


_HEADER = TypeAdapter(Header)
_MISSING = object()
_MAY_BE_LEFT_OUT = frozenset(
    {"quirks", "probes", "transport", "server", "agent", "factory", "args", "unfit", "notes"}
)
