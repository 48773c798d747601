import json
import subprocess
from pathlib import Path

import pytest
import yaml

from tests.grafana.expressions import every_expression
from tests.grafana.install_parsers import folder
from tests.servers.programs import run


def _parsed(questions: list[tuple[str, str]]) -> list[list[int]]:
    """Return the places of the errors in each question; skips where the parsers are not installed."""
    installed = folder()
    if not installed.exists():
        pytest.skip("the parsers of queries are not installed: `make servers` installs them")
    asked = json.dumps([{"language": language, "text": text} for language, text in questions])
    try:
        done = subprocess.run(
            ["node", installed / "check.mjs"], input=asked, capture_output=True, text=True, timeout=60, check=True
        )
    except FileNotFoundError:
        pytest.skip("there is no Node.js: the grammars of queries run in it")
    errors: list[list[int]] = json.loads(done.stdout)
    return errors


def test_every_question_is_in_the_grammar_of_its_language() -> None:
    """PromQL, LogQL and TraceQL, by the grammars with which Grafana's own editors read them."""
    all_of_them = every_expression()
    errors = _parsed([(one.datasource, one.substituted) for one in all_of_them])
    assert [(one.place, places) for one, places in zip(all_of_them, errors, strict=True) if places] == []
    assert {one.datasource for one in all_of_them} == {"prometheus", "loki", "tempo"}


def test_the_grammars_find_errors() -> None:
    """A parser that takes everything would prove nothing."""
    wrong = [("prometheus", "sum by (a) (rate(x[5m])"), ("loki", '{a="b" | c="d"'), ("tempo", "{ span.a = }")]
    assert all(places for places in _parsed(wrong))


def test_promtool_takes_every_promql_question(tmp_path: Path) -> None:
    """Prometheus itself parses each one, as a recording rule; types are checked too, which a grammar does not."""
    asked = [one for one in every_expression() if one.datasource == "prometheus"]
    rules = [{"record": f"asked:{number}", "expr": one.substituted} for number, one in enumerate(asked)]
    file = tmp_path / "rules.yaml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "asked", "rules": rules}]}), encoding="utf-8")
    done = run("promtool", "check", "rules", file)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{len(rules)} rules found" in done.stdout


def test_every_name_that_a_question_has_tells_it_from_others() -> None:
    """Dashboard, place and data source name one question each, so that another test can list them."""
    named = [(one.dashboard, one.place, one.datasource) for one in every_expression()]
    assert len(named) == len(set(named))
