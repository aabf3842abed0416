"""The house rules that a machine can hold: arrows, sizes, settings, names, and what stands in the tree.

Reads source, never runs it, except to ask whether exported names exist.
"""

from __future__ import annotations

import ast
import importlib
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent
HOUSES = ("throughline", "mcp_server", "client_demo")
MODULES = sorted(
    path.relative_to(ROOT).as_posix() for house in HOUSES for path in (ROOT / house).rglob("*.py")
)
TESTS = sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "tests").rglob("*.py"))

MAY_IMPORT = {
    "throughline": {"throughline"},
    "mcp_server": {"mcp_server", "throughline"},
    "client_demo": {"client_demo", "throughline"},
}
# Settings are read once, at an entry point, and passed down.
ENTRY_POINTS = {"client_demo/cli.py", "client_demo/pytest_plugin.py", "mcp_server/__main__.py"}
# Private names of dependencies, by the file that uses them: one file a side. What each is taken for, and the
# check that fails when it moves or comes to mean something else, stand in test_private_names.py.
PRIVATE_NAMES = {
    "throughline/client/ambient.py": {
        "langchain_core.tracers._streaming._StreamingCallbackHandler",
        "langchain_core.tracers._streaming._V2StreamingCallbackHandler",
        "langgraph._internal._constants.CONF",
        "langgraph._internal._constants.CONFIG_KEY_CHECKPOINT_NS",
        "langgraph._internal._constants.CONFIG_KEY_RUNTIME",
        "langgraph._internal._constants.CONFIG_KEY_STREAM",
        "langgraph._internal._constants.CONFIG_KEY_TASK_ID",
        "langgraph.pregel._messages.StreamMessagesHandler",
        "langgraph.pregel._tools.StreamToolCallHandler",
        "langgraph.pregel._tools._tool_call_writer",
    },
    "throughline/client/bridge.py": {"langchain_mcp_adapters.tools._convert_call_tool_result"},
    "throughline/server/graph.py": {
        "langchain_core.tracers._streaming._StreamingCallbackHandler",
        "langchain_core.tracers._streaming._V2StreamingCallbackHandler",
        "langgraph._internal._constants.CONF",
        "langgraph._internal._constants.CONFIG_KEY_CHECKPOINT_NS",
        "langgraph._internal._constants.CONFIG_KEY_SCRATCHPAD",
        "langgraph._internal._constants.CONFIG_KEY_STREAM",
        "langgraph._internal._constants.CONFIG_KEY_TASK_ID",
        "langgraph._internal._constants.NS_SEP",
        "langgraph._internal._scratchpad.PregelScratchpad",
        "langgraph.pregel._messages.StreamMessagesHandler",
        "langgraph.pregel._messages.StreamMessagesHandlerV2",
    },
    "throughline/server/unheard.py": {"langgraph._internal._constants.CONFIG_KEY_RUNTIME"},
}
LONGEST_MODULE = 250
LONGEST_FUNCTION = 30


def tree_of(module: str) -> ast.Module:
    return ast.parse((ROOT / module).read_text())


def imports_of(module: str) -> Iterator[str]:
    """Every imported name in full: `from a import b` is `a.b`."""
    package = Path(module).with_suffix("").parts
    for node in ast.walk(tree_of(module)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            up = ".".join(package[: -node.level]) if node.level else ""
            source = ".".join(part for part in (up, node.module) if part)
            yield from (f"{source}.{alias.name}" for alias in node.names)


def functions_of(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def tracked_files() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, timeout=30, check=False
    )
    if listed.returncode:
        pytest.skip("not a git checkout")
    return [ROOT / name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]


@pytest.mark.parametrize("module", MODULES)
def test_the_arrows_run_one_way(module: str) -> None:
    own = Path(module).parts[0]
    allowed = MAY_IMPORT[own] | ({"mcp_server"} if module == "client_demo/placements.py" else set())
    used = {name.split(".")[0] for name in imports_of(module)} & {*HOUSES, "tests"}
    assert used <= allowed


@pytest.mark.parametrize("module", [name for name in MODULES if name.startswith("throughline/")])
def test_the_boundary_knows_no_tool_no_agent_and_no_command_line(module: str) -> None:
    from mcp_server.tools import TOOLS

    tools = {spec.name for spec in TOOLS}
    spoken = {node.value for node in ast.walk(tree_of(module)) if isinstance(node, ast.Constant)}
    assert not tools & spoken
    assert not [name for name in imports_of(module) if name.startswith(("click", "langchain.agents"))]


@pytest.mark.parametrize("module", MODULES)
def test_a_module_is_short_and_says_what_it_knows(module: str) -> None:
    assert len((ROOT / module).read_text().splitlines()) <= LONGEST_MODULE
    assert ast.get_docstring(tree_of(module))


@pytest.mark.parametrize("module", MODULES)
def test_a_function_stops_at_thirty_lines(module: str) -> None:
    def lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
        body = function.body[1:] if ast.get_docstring(function) is not None else function.body
        return (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0

    assert not [f"{f.name}: {lines(f)}" for f in functions_of(tree_of(module)) if lines(f) > LONGEST_FUNCTION]


@pytest.mark.parametrize("module", sorted(set(MODULES) - ENTRY_POINTS))
def test_only_an_entry_point_reads_the_environment(module: str) -> None:
    touched = [
        f"line {node.lineno}: os.{node.attr}"
        for node in ast.walk(tree_of(module))
        if isinstance(node, ast.Attribute) and node.attr in {"environ", "environb", "getenv", "putenv"}
    ]
    assert not touched
    assert not {"os.environ", "os.getenv"} & set(imports_of(module))


def private_names_in(module: str) -> set[str]:
    known = {*HOUSES, "tests", "__future__"} | set(sys.stdlib_module_names)
    private = re.compile(r"(^|\.)_(?!_)")
    return {name for name in imports_of(module) if name.split(".")[0] not in known and private.search(name)}


def test_private_names_of_dependencies_are_used_in_one_file_a_side() -> None:
    used = {module: names for module in MODULES if (names := private_names_in(module))}
    assert used == PRIVATE_NAMES
    for side in {Path(module).parent for module in used}:
        twice = [name for module, named in used.items() if Path(module).parent == side for name in named]
        assert len(twice) == len(set(twice)), side


@pytest.mark.parametrize("module", MODULES)
def test_every_exported_name_exists(module: str) -> None:
    name = module.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    if name.endswith("__main__"):
        return
    loaded = importlib.import_module(name)
    assert not [exported for exported in getattr(loaded, "__all__", ()) if not hasattr(loaded, exported)]


def test_the_packages_ship_their_types() -> None:
    assert all((ROOT / house / "py.typed").is_file() for house in HOUSES)


def test_constraints_pin_every_declared_dependency_within_its_range() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    declared = [
        *project["dependencies"],
        *(one for extra in project["optional-dependencies"].values() for one in extra),
    ]
    lines = [line for line in (ROOT / "constraints.txt").read_text().splitlines() if not line.startswith("#")]
    assert all(re.fullmatch(r"[\w.-]+==[\w.]+", line) for line in lines)
    pinned = {
        canonicalize_name(name): version for name, _, version in (line.partition("==") for line in lines)
    }
    for requirement in map(Requirement, declared):
        assert requirement.specifier.contains(pinned[canonicalize_name(requirement.name)]), requirement


def test_the_tree_names_no_registry_and_no_path_of_a_machine() -> None:
    hosts = r"(index-url|extra-index|--registry)[ =]|\b(pypi|npmjs|pythonhosted)\.(org|com)\b"
    homes = "|".join(re.escape(f"{path}/") for path in {Path.home(), ROOT.parent} if path != Path("/"))
    wrong = re.compile(rf"{hosts}|(?<![\w.])({homes})")
    found = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()[:100]}"
        for path in tracked_files()
        if path != Path(__file__).resolve() and path.suffix not in {".png", ".ico", ".woff2"}
        for number, line in enumerate(path.read_text(errors="replace").splitlines(), start=1)
        if wrong.search(line)
    ]
    assert not found


@pytest.mark.parametrize("module", TESTS)
def test_tests_wait_for_events_and_never_sleep(module: str) -> None:
    assert not [name for name in imports_of(module) if name.endswith(".sleep")]
    slept = [
        node.lineno
        for node in ast.walk(tree_of(module))
        if isinstance(node, ast.Attribute) and node.attr == "sleep"
    ]
    assert not slept
