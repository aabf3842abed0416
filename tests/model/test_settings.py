"""Where the settings come from, which of two wins, and what becomes of nonsense."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from throughline.errors import EXIT_USAGE
from throughline.model import ModelSettings, chat_model, read_settings
from throughline.model.errors import SettingsInvalid

URL, KEY, MODEL = "OPENAI_BASE_URL", "OPENAI_API_KEY", "OPENAI_MODEL"


@pytest.fixture
def dotenv(tmp_path: Path) -> Path:
    path = tmp_path / ".env"
    path.write_text(
        f"{URL}=http://file:1/v1/\nexport {KEY}='from $FILE'\n{MODEL}=file-model\n".replace(" $", "-$")
    )
    return path


def test_without_an_address_and_a_key_there_are_no_settings(tmp_path: Path) -> None:
    assert read_settings({MODEL: "gpt"}, dotenv=None) is None
    assert read_settings({}, dotenv=tmp_path / "absent") is None


def test_a_key_alone_means_openai_and_an_address_alone_needs_no_key() -> None:
    by_key = read_settings({KEY: "sk-1"}, dotenv=None)
    by_url = read_settings({URL: "http://localhost:11434/v1"}, dotenv=None)
    assert by_key is not None
    assert by_url is not None
    assert by_key.base_url == "https://api.openai.com/v1"
    assert by_url.api_key


def test_the_file_is_read(dotenv: Path) -> None:
    settings = read_settings({}, dotenv=dotenv)
    assert settings == ModelSettings("http://file:1/v1", "from-$FILE", "file-model")


def test_the_environment_wins_over_the_file_and_is_not_changed_by_it(dotenv: Path) -> None:
    settings = read_settings({URL: "http://env:2/v1", MODEL: "env-model"}, dotenv=dotenv)
    assert settings == ModelSettings("http://env:2/v1", "from-$FILE", "env-model")
    assert URL not in os.environ


def test_an_empty_variable_takes_away_what_the_file_says(dotenv: Path) -> None:
    assert read_settings({URL: "", KEY: " "}, dotenv=dotenv) is None


def test_a_child_reads_what_its_parent_says() -> None:
    settings = ModelSettings("http://127.0.0.1:1/v1", "k", "scripted?pace_ms=0", "scripted")
    assert read_settings(settings.to_env(), dotenv=None) == settings


def test_the_key_is_in_no_representation() -> None:
    settings = ModelSettings("http://127.0.0.1:1/v1", "sk-secret", "m")
    llm = chat_model(settings, who="agent")
    assert "sk-secret" not in repr(settings) + str(settings) + f"{settings}" + repr(llm)


@pytest.mark.parametrize(
    "env",
    [
        {URL: "localhost:11434/v1"},
        {URL: "ftp://host/v1"},
        {URL: "http://"},
        {URL: "http://host:port/v1"},
        {KEY: "sk-\u201cquoted\u201d"},
        {KEY: "two\nlines"},
        {URL: "http://host/v1", "THROUGHLINE_MODEL_KIND": "magic"},
    ],
)
def test_nonsense_gets_a_sentence_that_does_not_repeat_the_key(env: dict[str, str]) -> None:
    with pytest.raises(SettingsInvalid) as caught:
        read_settings(env, dotenv=None)
    assert caught.value.exit_code == EXIT_USAGE
    assert caught.value.remedy
    assert env.get(KEY, "no key") not in str(caught.value)


def test_a_file_that_is_not_text_gets_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / ".env"
    path.write_bytes(b"OPENAI_API_KEY=\xff\xfe\n")
    with pytest.raises(SettingsInvalid, match="UTF-8"):
        read_settings({}, dotenv=path)


def test_a_directory_in_the_place_of_the_file_says_nothing(tmp_path: Path) -> None:
    assert read_settings({}, dotenv=tmp_path) is None


def test_the_client_asks_local_models_once_and_others_again() -> None:
    local = ModelSettings("http://127.0.0.1:1/v1", "k", "m", "scripted")
    theirs = ModelSettings("http://127.0.0.1:1/v1", "k", "m", "configured")
    assert chat_model(local, who="agent").max_retries == 0
    assert chat_model(theirs, who="agent").max_retries == 2
    assert chat_model(theirs, who="agent", max_retries=5, temperature=0.5).temperature == 0.5


def test_the_client_of_a_loopback_endpoint_ignores_a_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "OPENAI_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    llm = chat_model(ModelSettings("http://127.0.0.1:1/v1", "k", "m", "scripted"), who="agent")
    assert llm.openai_proxy is None
    assert llm.http_client is not None
    assert llm.http_client.trust_env is False
