"""The runner of the handbook: what it runs, what it notices, and what it writes down."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.docs import __main__ as command
from tests.docs.page import fits, read_steps, with_blocks_of, with_outputs
from tests.docs.run import PageFailed, changes, run

PAGE = """# A page

```python file=words.py
WORDS = ("one", "two")
```

```python
import asyncio
from words import WORDS

async def later(word):
    await asyncio.sleep(0)
    return word

print(await later(WORDS[0]))
```

```text
one
```

```python
print(WORDS[1])
```

```console
$ python -c 'from words import WORDS; print(len(WORDS))'
2
$ echo a \\
>   b; false
a b
[exit code 1]
```

```json
{"not": "run"}
```
"""


@pytest.fixture
def page(tmp_path: Path) -> Path:
    path = tmp_path / "01-page.md"
    path.write_text(PAGE.replace("print(WORDS[1])\n```", "print(WORDS[1])\n```\n\n```text\ntwo\n```"))
    return path


def test_a_page_whose_blocks_print_what_stands_below_them_has_not_changed(page: Path) -> None:
    assert changes(page, run(page)) == []


def test_a_changed_output_is_shown_with_its_line_and_a_diff(page: Path) -> None:
    played = run(page)
    page.write_text(page.read_text().replace("```text\none\n", "```text\nuno\n"))
    (change,) = changes(page, played)
    assert change.splitlines() == [
        "01-page.md, line 8:",
        "--- on the page",
        "+++ printed",
        "@@ -1 +1 @@",
        "-uno",
        "+one",
    ]


def test_an_output_that_does_not_stand_on_the_page_is_a_change(page: Path) -> None:
    page.write_text(PAGE)
    (change,) = changes(page, run(page))
    assert change.endswith("+two")


def test_what_went_to_standard_error_is_shown_where_something_has_changed(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("```console\n$ echo out; echo trouble >&2\nout\n```\n")
    assert changes(page, run(page)) == []
    page.write_text(page.read_text().replace("\nout\n", "\nin\n"))
    assert changes(page, run(page))[-1] == "Standard error, its end:\ntrouble"


def test_an_update_writes_outputs_where_they_belong_and_nothing_else(page: Path) -> None:
    good = page.read_text()
    wrong = PAGE.replace("```text\none\n", "```text\nuno\ndos\n").replace("a b\n[exit code 1]\n", "")
    assert with_outputs(wrong, run(page).outputs) == good


def test_a_line_of_three_dots_stands_for_any_lines_and_outlives_an_update() -> None:
    page = "```python\nprint(1)\n```\n\n```text\nfirst\n...\nlast\n```\n"
    assert with_outputs(page, ["first\n1\n2\nlast\n"]) == page
    assert with_outputs(page, ["first\n1\n2\n"]) == page.replace("...\nlast", "1\n2")


@pytest.mark.parametrize(
    ("expected", "printed", "same"),
    [
        ("a\n...\nb", "a\nb\n", True),
        ("a\n...\nb", "a\nx\n\ny\nb\n", True),
        ("...\nb", "c\n", False),
        ("a... b", "aaa b", False),
        ("a", "\x1b[1ma\x1b[0m  \n\n", True),
        ("", "", True),
        ("", "a", False),
        ("a.c", "abc", False),
    ],
)
def test_what_fits(expected: str, printed: str, same: bool) -> None:
    assert fits(expected, printed) is same


def test_an_output_that_holds_a_fence_gets_a_longer_one() -> None:
    page = "```python\nprint(x)\n```\n"
    written = with_outputs(page, ["```python\n1\n```\n"])
    assert written.endswith("\n````text\n```python\n1\n```\n````\n")
    assert read_steps(written)[0].expected == "```python\n1\n```\n"


def test_a_page_that_raises_fails_with_a_traceback_that_names_its_line(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# A page\n\n```python\nx = 1\nraise ValueError('no')\n```\n")
    with pytest.raises(PageFailed, match=r'page\.md", line 5, in <module>'):
        run(page)


def test_no_setting_of_the_machine_reaches_a_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "secret")
    page = tmp_path / "page.md"
    page.write_text('```console\n$ echo "[$OPENAI_API_KEY]"\n```\n')
    assert run(page).outputs == ["[]\n"]


def test_a_translation_gets_the_blocks_of_the_page_and_keeps_its_words() -> None:
    page = "# One\n\n```python\nprint(1)\n```\n\n```text\n1\n```\n"
    assert with_blocks_of("# 하나\n\n```python\nprint(2)\n```\n말\n\n```text\n```\n", page) == (
        "# 하나\n\n```python\nprint(1)\n```\n말\n\n```text\n1\n```\n"
    )


def test_the_command_ends_with_1_where_something_has_changed_and_an_update_mends_it(
    page: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = page.read_text()
    monkeypatch.setattr(command, "PAGES", [page])
    monkeypatch.setattr(command, "HANDBOOK", page.parent)
    page.write_text(PAGE)
    told = CliRunner().invoke(command.main, [])
    assert told.exit_code == 1
    assert "CHANGED 01-page" in told.output
    assert CliRunner().invoke(command.main, ["--update"]).exit_code == 0
    assert page.read_text() == good
    assert CliRunner().invoke(command.main, ["01"]).exit_code == 0
    assert CliRunner().invoke(command.main, ["99"]).exit_code == 2


def test_a_translation_with_other_blocks_is_told(page: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "HANDBOOK", page.parent)
    (page.parent / "ko").mkdir()
    translation = page.parent / "ko" / page.name
    translation.write_text(page.read_text().replace("WORDS[1]", "WORDS[0]"))
    assert command.untranslated(page) == ["ko/01-page.md: block 4 is not that of 01-page.md."]
    translation.write_text("# No blocks\n")
    assert command.untranslated(page) == ["ko/01-page.md has 0 blocks, and 01-page.md has 7."]
