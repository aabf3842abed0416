"""Adding the server to a host: nothing that is not ours is touched, and twice is once."""

from __future__ import annotations

import json
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from mcp_server.errors import InstallError
from mcp_server.install import entry, host_file, write

OTHERS = {"theme": "dark", "mcpServers": {"other": {"command": "other", "args": []}}}


@pytest.fixture
def host(tmp_path: Path) -> Path:
    path = tmp_path / "Claude" / "claude_desktop_config.json"
    path.parent.mkdir()
    path.write_text(json.dumps(OTHERS))
    return path


def test_an_entry_starts_this_interpreter_from_anywhere_with_the_variables_it_was_given() -> None:
    made = entry({"OPENAI_API_KEY": "k", "PRIVATE": "p"}, variables=["OPENAI_API_KEY", "OPENAI_MODEL=m=1"])
    assert Path(made["command"]).is_absolute()
    assert made["args"] == ["-m", "mcp_server"]
    assert {"OPENAI_API_KEY": "k", "OPENAI_MODEL": "m=1"}.items() <= made["env"].items()
    assert "PRIVATE" not in made["env"]


def test_the_server_that_an_entry_names_starts(tmp_path: Path) -> None:
    made = entry({})
    command = [made["command"], *made["args"], "--version"]
    done = subprocess.run(
        command, cwd=tmp_path, env=made.get("env", {}), capture_output=True, timeout=60, check=False
    )
    assert done.returncode == 0


def test_other_servers_and_settings_stay_and_the_file_as_it_was_is_kept(host: Path) -> None:
    before = host.read_bytes()
    said = write(host, name="throughline", server=entry({}))
    after = json.loads(host.read_text())
    assert after["mcpServers"].pop("throughline") == entry({})
    assert after == OTHERS
    assert (host.parent / f"{host.name}.bak").read_bytes() == before
    assert f"{host.name}.bak" in said


def test_installing_twice_changes_nothing_the_second_time(host: Path) -> None:
    write(host, name="throughline", server=entry({}))
    once = (host.read_bytes(), sorted(host.parent.iterdir()))
    assert "already" in write(host, name="throughline", server=entry({}))
    assert (host.read_bytes(), sorted(host.parent.iterdir())) == once


def test_every_change_keeps_a_backup_of_its_own(host: Path) -> None:
    for number in range(3):
        write(host, name="throughline", server=entry({}, variables=[f"N={number}"]))
    assert [path.name.removeprefix(host.name) for path in sorted(host.parent.iterdir())] == [
        "",
        ".bak",
        ".bak.1",
        ".bak.2",
    ]


def test_a_file_that_was_not_there_is_made_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "new" / "config.json"
    write(path, name="throughline", server=entry({}))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(path.parent.iterdir()) == [path]


def test_a_file_that_is_linked_stays_a_link(host: Path, tmp_path: Path) -> None:
    link = tmp_path / "linked.json"
    link.symlink_to(host)
    write(link, name="throughline", server=entry({}))
    assert link.is_symlink()
    assert "throughline" in json.loads(host.read_text())["mcpServers"]


@pytest.mark.parametrize("content", ['{"mcpServers": ', "[]", '{"mcpServers": []}', '"text"', "\xff"])
def test_a_file_that_is_no_configuration_is_left_as_it_is(host: Path, content: str) -> None:
    host.write_bytes(content.encode("latin-1"))
    with pytest.raises(InstallError, match="left as it is"):
        write(host, name="throughline", server=entry({}))
    assert host.read_bytes() == content.encode("latin-1")
    assert list(host.parent.iterdir()) == [host]


@pytest.mark.parametrize(
    ("platform", "env", "expected"),
    [
        ("darwin", {"HOME": "/h"}, "/h/Library/Application Support/Claude"),
        ("win32", {"APPDATA": "/h/AppData/Roaming"}, "/h/AppData/Roaming/Claude"),
        ("linux", {"HOME": "/h"}, "/h/.config/Claude"),
        ("linux", {"HOME": "/h", "XDG_CONFIG_HOME": "/x"}, "/x/Claude"),
    ],
)
def test_claude_desktop_is_found_where_it_keeps_its_file(
    platform: str, env: dict[str, str], expected: str
) -> None:
    assert host_file(env, platform=platform) == Path(expected) / "claude_desktop_config.json"


def test_the_command_installs_where_claude_desktop_looks(tmp_path: Path) -> None:
    done = run(["install", "-e", "OPENAI_API_KEY", "--model", "configured"], tmp_path)
    written = json.loads((tmp_path / ".config" / "Claude" / "claude_desktop_config.json").read_text())
    server = written["mcpServers"]["throughline"]
    assert done.returncode == 0
    assert server["args"] == ["-m", "mcp_server", "--model", "configured"]
    assert server["env"]["OPENAI_API_KEY"] == "sk-secret"


def test_a_dry_run_writes_nothing_and_shows_no_key(tmp_path: Path) -> None:
    done = run(["install", "--dry-run", "-e", "OPENAI_API_KEY"], tmp_path)
    assert "OPENAI_API_KEY" in done.stdout
    assert "sk-secret" not in done.stdout
    assert list(tmp_path.iterdir()) == []


def test_the_json_for_other_hosts_is_printed_whole(tmp_path: Path) -> None:
    done = run(["install", "--print", "--name", "mine", "-e", "OPENAI_API_KEY"], tmp_path)
    assert json.loads(done.stdout)["mcpServers"]["mine"]["env"]["OPENAI_API_KEY"] == "sk-secret"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("args", "words"), [(["-e", "NOT_SET"], "'NOT_SET'"), (["--model", "scriptd"], "'scripted'")]
)
def test_what_cannot_be_installed_is_refused_in_a_sentence(
    tmp_path: Path, args: list[str], words: str
) -> None:
    done = run(["install", *args], tmp_path)
    assert done.returncode == 2
    assert words in done.stderr
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []


def run(args: list[str], home: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "mcp_server", *args]
    env = {"HOME": str(home), "OPENAI_API_KEY": "sk-secret"}
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, cwd=home, env=env)
