"""Settings: what is refused, and how it is said."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from otel_agent_analytics.errors import SettingError
from otel_agent_analytics.settings import Settings, unknown_variables


def test_defaults_are_those_of_the_definitions() -> None:
    """Without anything set, a conversation is idle after 30 minutes, reopenable for a day, old after a week."""
    settings = Settings.from_environment({})

    assert (settings.idle_seconds, settings.reopen_seconds, settings.max_age_seconds) == (1800, 86400, 604800)
    assert settings == Settings()


def test_secret_from_a_file(tmp_path: Path) -> None:
    """A value can be in a file that the variable with _FILE names; white space around it is dropped."""
    file = tmp_path / "key"
    file.write_text("secret\n", encoding="utf-8")

    assert Settings.from_environment({"AGENT_ANALYTICS_USER_KEY_FILE": str(file)}).user_key == b"secret"


def test_file_that_is_not_there_is_said() -> None:
    """A file that cannot be read is named, with the variable."""
    with pytest.raises(SettingError, match=r"AGENT_ANALYTICS_USER_KEY_FILE: cannot read '/no/such/file'"):
        Settings.from_environment({"AGENT_ANALYTICS_USER_KEY_FILE": "/no/such/file"})


def test_secret_is_not_shown() -> None:
    """A wrong secret is refused without being printed."""
    with pytest.raises(SettingError, match="user_key: the value is not allowed") as caught:
        Settings(user_key="hunter2")  # type: ignore[arg-type]
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"idle_seconds": 0.5}, "idle_seconds: '0.5' is not allowed"),
        ({"model_turn_spans": "no"}, "model_turn_spans: 'no' is not allowed"),
        ({"user_key": b""}, "user_key: the value is not allowed"),
        ({"tool_error_pattern": "("}, r"tool_error_pattern: '\(' is not allowed; allowed is a regular expression"),
    ],
)
def test_settings_made_in_code_are_checked_too(wrong: dict[str, Any], said: str) -> None:
    """What the environment may not say, code may not say either."""
    with pytest.raises(SettingError, match=said):
        Settings(**wrong)


def test_misspelled_variables_are_found() -> None:
    """A variable with our prefix that no setting reads is found; others are nobody's business."""
    environ = {"AGENT_ANALYTICS_IDLE_SECOND": "5", "AGENT_ANALYTICS_IDLE_SECONDS": "5", "PATH": "/"}

    assert unknown_variables(environ) == ["AGENT_ANALYTICS_IDLE_SECOND"]
