"""How the command ends where its reader goes, or where it is interrupted before it has begun."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LIMIT_S = 100
FAST = ("--model", "scripted?pace_ms=0", "--placements", "local", "--paths", "ainvoke")
MEETS = """
import runpy, signal, sys

class Trap:
    def __set_name__(self, owner, name):
        signal.raise_signal(signal.SIGINT)

class Word:
    def __repr__(self):
        signal.raise_signal(signal.SIGINT)
        return ""

class Finder:
    def find_spec(self, name, path=None, target=None):
        if name == "{module}":
            {trap}

sys.meta_path.insert(0, Finder())
sys.argv[0] = "throughline"
runpy.run_module("client_demo", run_name="__main__")
"""
PLAIN = "signal.raise_signal(signal.SIGINT)"
IN_A_MODEL = "import pydantic_core as made; made.SchemaSerializer(made.core_schema.literal_schema([Word()]))"
IN_A_CLASS = "type('Made', (), {'trap': Trap()})"


@pytest.mark.parametrize("arguments", [("paths",), ("compare", *FAST), ("compare", *FAST, "--json")])
def test_a_reader_who_goes_is_told_apart_from_a_difference(arguments: tuple[str, ...]) -> None:
    command = [sys.executable, "-m", "client_demo", *arguments]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        said = process.stderr.read()
        assert process.wait(LIMIT_S) == 141
    assert b"Error" not in said
    assert b"Broken" not in said


@pytest.mark.parametrize(
    ("module", "trap"),
    [
        ("client_demo.commands.compare", PLAIN),
        ("client_demo.commands.comparison", IN_A_CLASS),
        ("client_demo.commands.comparison", IN_A_MODEL),
    ],
)
def test_an_interruption_while_things_are_imported_is_one_word(module: str, trap: str) -> None:
    code = MEETS.replace("{module}", module).replace("{trap}", trap)
    done = subprocess.run(
        [sys.executable, "-c", code, "compare", *FAST],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=False,
    )
    assert done.returncode == 130
    assert done.stderr.strip() == "Interrupted."
    assert done.stdout == ""
