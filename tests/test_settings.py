"""Settings: what is refused, and how it is said."""

from __future__ import annotations

import re
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
        ({"signals": 1}, "signals: 1 is not allowed"),
        ({"human_cost_usd": -1.0}, "human_cost_usd: '-1.0' is not allowed; allowed is USD, 0 to 1000000"),
        ({"human_cost_usd": float("nan")}, "human_cost_usd: 'nan' is not allowed"),
        ({"idle_seconds_by_channel": (("email", 0.5),)}, "idle_seconds_by_channel: 'email=0.5' is not allowed"),
        ({"max_clock_skew_seconds": -1.0}, "max_clock_skew_seconds: '-1.0' is not allowed"),
    ],
)
def test_settings_made_in_code_are_checked_too(wrong: dict[str, Any], said: str) -> None:
    """What the environment may not say, code may not say either."""
    with pytest.raises(SettingError, match=said):
        Settings(**wrong)


def test_idle_time_by_channel() -> None:
    """Channels and seconds divided by commas; spaces and empty parts do not matter, and anything else is refused."""
    variable = "AGENT_ANALYTICS_IDLE_SECONDS_BY_CHANNEL"
    read = Settings.from_environment({variable: "email=259200, phone = 300 ,"})

    assert read.idle_seconds_by_channel == (("email", 259200.0), ("phone", 300.0))
    for wrong in ("email", "email=", "=300", "email=soon", "email=0", "email=1;phone=2", "email=inf"):
        with pytest.raises(SettingError, match=rf"{variable}: '{re.escape(wrong)}' is not allowed"):
            Settings.from_environment({variable: wrong})


def test_settings_of_money_and_signals() -> None:
    """What a human costs, a file of prices, and whether texts are measured come from the environment too."""
    said = {
        "HUMAN_COST_USD": "7.5",
        "PRICES_FILE": "/etc/prices.json",
        "INTENTS_FILE": "/etc/intents.json",
        "SIGNALS": "false",
        "MAX_CLOCK_SKEW_SECONDS": "5",
    }
    read = Settings.from_environment({f"AGENT_ANALYTICS_{name}": value for name, value in said.items()})

    assert (read.human_cost_usd, read.prices_file, read.signals) == (7.5, "/etc/prices.json", False)
    assert read.max_clock_skew_seconds == 5
    assert (read.intents_file, Settings().intents_file) == ("/etc/intents.json", None)
    assert (Settings().human_cost_usd, Settings().prices_file, Settings().signals) == (5, None, True)


def test_misspelled_variables_are_found() -> None:
    """A variable with our prefix that no setting reads is found; others are nobody's business."""
    environ = {"AGENT_ANALYTICS_IDLE_SECOND": "5", "AGENT_ANALYTICS_IDLE_SECONDS": "5", "PATH": "/"}

    assert unknown_variables(environ) == ["AGENT_ANALYTICS_IDLE_SECOND"]
