"""Quirks are asked for by name, in an option or in the environment; a wrong name ends in the nearest."""

from __future__ import annotations

import subprocess
import sys

import pytest
from click.testing import CliRunner

from mcp_server.__main__ import cli
from mcp_server.config import read_config
from mcp_server.errors import QuirkNeedsHttp, UnknownQuirk
from mcp_server.quirks import QUIRKS, read_quirks
from mcp_server.quirks.bodies import _WRAPPERS, ASKING
from mcp_server.quirks.catalog import BODY


def test_names_come_one_by_one_or_with_commas_between_them() -> None:
    assert read_quirks(["late, cached", "raises"]) == {"late", "cached", "raises"}
    assert read_quirks([]) == read_quirks([""]) == frozenset()


def test_a_wrong_name_is_answered_with_the_nearest() -> None:
    with pytest.raises(UnknownQuirk, match="did you mean 'buffered'"):
        read_config({}, quirk=["late,bufered"])
    with pytest.raises(UnknownQuirk, match="use one of cached, "):
        read_config({}, quirk=["xyz"])


def test_a_quirk_of_http_is_refused_on_stdio() -> None:
    with pytest.raises(QuirkNeedsHttp, match="--transport http"):
        read_config({}, quirk=["json_response"])
    assert read_config({}, quirk=["json_response"], transport="http").quirks == {"json_response"}


def test_a_server_without_quirks_has_none() -> None:
    assert read_config({}).quirks == frozenset()


def test_the_command_says_what_is_wrong_and_ends() -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "mcp_server"],
        env={"THROUGHLINE_QUIRKS": "lossi"},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert ended.returncode == 2
    assert ended.stderr == "Error: There is no quirk 'lossi': did you mean 'lossy'?\n"


def test_help_says_of_each_quirk_in_one_sentence_what_it_does() -> None:
    shown = " ".join(CliRunner().invoke(cli, ["--help"], terminal_width=100).output.split())
    assert all(f"{name}: {sentence}" in shown for name, sentence in QUIRKS.items())
    assert all(sentence.endswith(".") and ". " not in sentence for sentence in QUIRKS.values())


def test_every_body_quirk_that_is_listed_is_there() -> None:
    assert {*_WRAPPERS, *ASKING} == BODY.keys()
