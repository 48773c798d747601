"""The runbook: an entry for every alert, which begins with one query to paste and one decision."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from tests.rules.stories import RULES, shipped
from tests.rules.test_rules import NAME, _metrics
from tests.servers import programs

RUNBOOK: Final = RULES.parent / "runbook.md"
ENTRIES: Final = dict(re.findall(r"^## (\w+)\n(.*?)(?=^## |\Z)", RUNBOOK.read_text(), re.DOTALL | re.MULTILINE))
SHAPE: Final = re.compile(
    r"\n```(promql|logql)\n(.+?)\n```\n\n\*\*Decide:\*\* .+\n\n\*\*Means:\*\* .+(?:\n.+)*\n\n\*\*Likely causes:\*\* .+"
)


def _alerts() -> list[dict[str, Any]]:
    loki = [yaml.safe_load(file.read_text()) for file in (RULES / "loki").glob("*.yaml")]
    of_loki = [rule for file in loki for group in file["groups"] for rule in group["rules"]]
    return [*(rule for rule in shipped() if "alert" in rule), *of_loki]


def test_every_alert_has_an_entry() -> None:
    """The alerts and the entries are the same, and each alert's link leads to its own."""
    assert {rule["alert"] for rule in _alerts()} == set(ENTRIES)
    for rule in _alerts():
        anchor = rule["annotations"]["runbook_url"].rpartition("#")[2]
        assert anchor == rule["alert"].lower()


@pytest.mark.parametrize("name", ENTRIES)
def test_an_entry_begins_with_a_query_and_a_decision(name: str) -> None:
    """One query, one decision, then meaning and likely causes, and nothing else."""
    assert SHAPE.fullmatch(ENTRIES[name].rstrip())


def _queries(language: str) -> dict[str, str]:
    told = {name: SHAPE.fullmatch(text.rstrip()) for name, text in ENTRIES.items()}
    return {name: found[2] for name, found in told.items() if found and found[1] == language}


def test_every_query_parses(tmp_path: Path) -> None:
    """Prometheus accepts each, and what it names is scraped or recorded."""
    queries = _queries("promql")
    rules = [{"record": f"runbook:{name}:query", "expr": query} for name, query in queries.items()]
    file = tmp_path / "queries.yaml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "queries", "rules": rules}]}))

    said = programs.run("promtool", "check", "rules", file)

    assert len(queries) + len(_queries("logql")) == len(ENTRIES)
    assert said.returncode == 0, said.stdout + said.stderr


def test_queries_name_what_exists() -> None:
    """Every series in a query is scraped or recorded by the rules."""
    known = {*_metrics(), *(rule["record"] for rule in shipped() if "record" in rule)}
    assert _queries("promql")
    for query in _queries("promql").values():
        assert set(NAME.findall(query)) <= known


def test_links_lead_somewhere() -> None:
    """Every link within the page is to an entry, every other to a file."""
    targets = re.findall(r"\]\(([^)]+)\)", RUNBOOK.read_text())
    assert targets
    for target in targets:
        if target.startswith("#"):
            assert target[1:] in {name.lower() for name in ENTRIES}
        else:
            assert (RUNBOOK.parent / target.partition("#")[0]).exists()
