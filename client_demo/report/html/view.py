"""What the page says, as data: everything but the timeline, in the order of a reader.

Pure data. Refuses to know how it is come by (`told.py`) and how it is marked up.
"""

from __future__ import annotations

from dataclasses import dataclass

from client_demo.report.html.texts import SidesView


@dataclass(frozen=True, slots=True)
class Line:
    """One sentence of the verdict."""

    tone: str
    sign: str
    subject: str
    text: str


@dataclass(frozen=True, slots=True)
class CellView:
    """A few words in a style; in the matrix with a run that they stand for, and how many said otherwise."""

    text: str
    style: str
    run: int | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class MatrixRow:
    """One path, by placement."""

    path: str
    cells: tuple[CellView, ...]


@dataclass(frozen=True, slots=True)
class ExhibitView:
    """A proof, and where on the page it is."""

    href: str
    what: str
    says: str


@dataclass(frozen=True, slots=True)
class FindingView:
    """A finding; `more` exhibits are left out."""

    code: str
    severity: str
    sure: str
    sentence: str
    remedy: str
    where: str
    exhibits: tuple[ExhibitView, ...]
    more: int


@dataclass(frozen=True, slots=True)
class DifferenceView:
    """An established (or suspected) difference, and two texts side by side where it is one of texts."""

    aspect: str
    within: str
    established: bool
    sentence: str
    diff: SidesView | None


@dataclass(frozen=True, slots=True)
class AnswerView:
    """An answer, and which runs gave it."""

    text: str
    whose: str


@dataclass(frozen=True, slots=True)
class RunRow:
    """One run's numbers."""

    number: int
    path: str
    placement: str
    style: str
    cells: tuple[CellView, ...]
    status: str
    error: str


@dataclass(frozen=True, slots=True)
class CostRow:
    """How long a path takes: the reference's median and a placement's, how much more that is, of how many."""

    path: str
    placement: str
    times: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Page:
    """All of it; `brief` is the prompt, or as much of it as stands above the verdict."""

    prompt: str
    brief: str
    about: str
    version: str
    at: str
    when: str
    headline: str
    tone: str
    verdict: tuple[Line, ...]
    placements: tuple[str, ...]
    matrix: tuple[MatrixRow, ...]
    legend: str
    findings: tuple[FindingView, ...]
    notes: tuple[FindingView, ...]
    lanes: tuple[str, ...]
    counted: str
    differences: tuple[DifferenceView, ...]
    more_differences: int
    answers: tuple[AnswerView, ...]
    reference: str
    costs: tuple[CostRow, ...]
    runs: tuple[RunRow, ...]
    left_out: str
    footer: str
