import re
from pathlib import Path
from typing import Any

import pytest

from grafana.source.dashboards import build
from tests.grafana.dashboards import FOLDER, dashboards, marks, panels, targets, variables
from tests.grafana.expressions import substituted, text_of
from tests.grafana.promql_names import names

NO_UNIT = {"logs", "traces", "nodeGraph"}
"""Types of panels that show no number with a unit of its own."""
USES = re.compile(r"\$\{?([A-Za-z_]\w*)")
OF_GRAFANA = {
    "__range",
    "__range_s",
    "__interval",
    "__rate_interval",
    "__auto",
    "__url_time_range",
    "__value",
    "__field",
}
WINDOWS = {"rate": {"$__rate_interval"}, "increase": {"$__range", "$window", "$__interval"}}
RAW = re.compile(r"agent_analytics_\w+(?:_bucket|_sum|_count|_active|_users)\{")
COUNTS = re.compile(r"(?<![\w])(rate|irate|increase)\((?P<name>[\w:]+)")


def _everything(panel: dict[str, Any]) -> str:
    return str([panel["targets"], panel["title"], panel["links"], panel["fieldConfig"], panel["transformations"]])


def test_the_committed_dashboards_are_those_that_the_source_makes() -> None:
    """`make dashboards ARGS=--check` in a test: each file is up to date, and there is no other one."""
    committed = {f"grafana/dashboards/{path.name}": path.read_text(encoding="utf-8") for path in FOLDER.iterdir()}
    assert committed == build()


def test_uids_are_those_agreed_and_short_enough() -> None:
    """Alerts and runbook link to these; Grafana takes 40 characters."""
    assert set(dashboards()) == {
        "agent-conversations", "agent-quality", "agent-agents-tools", "agent-cost", "agent-audience",
        "agent-conversation-explorer", "agent-pipeline",
    }  # fmt: skip
    assert all(len(uid) <= 40 for uid in dashboards())


@pytest.mark.parametrize("uid", dashboards())
def test_a_dashboard_is_classic_and_cannot_be_edited(uid: str) -> None:
    """Files of the newer model are refused by many builds of Grafana; what is edited there would be lost."""
    dashboard = dashboards()[uid]
    assert dashboard["schemaVersion"] == 42
    assert dashboard["editable"] is False
    assert "id" not in dashboard
    assert dashboard["description"].endswith(".")
    assert {"from", "to"} == set(dashboard["time"])


@pytest.mark.parametrize("uid", dashboards())
def test_ids_of_panels_are_unique_and_whole_numbers(uid: str) -> None:
    """Two panels of one id show each other's data."""
    ids = [panel["id"] for panel in dashboards()[uid]["panels"]]
    assert len(ids) == len(set(ids))
    assert all(number > 0 for number in ids)


@pytest.mark.parametrize("uid", dashboards())
def test_panels_lie_on_the_grid_without_gap_or_overlap(uid: str) -> None:
    """Each of the 24 columns of each line is covered exactly once."""
    covered: dict[tuple[int, int], str] = {}
    for panel in dashboards()[uid]["panels"]:
        place = panel["gridPos"]
        for x in range(place["x"], place["x"] + place["w"]):
            for y in range(place["y"], place["y"] + place["h"]):
                assert (x, y) not in covered, f"{panel['title']} lies on {covered[x, y]}"
                covered[x, y] = panel["title"]
    lines = 1 + max(y for _, y in covered)
    assert set(covered) == {(x, y) for x in range(24) for y in range(lines)}


def test_every_panel_has_a_title_and_says_what_it_shows() -> None:
    """A description is a sentence; titles are unique within a dashboard."""
    seen = set()
    for uid, panel in panels():
        assert panel["title"], uid
        assert re.search(r"\w .*\.$", panel["description"]), (uid, panel["title"])
        assert (uid, panel["title"]) not in seen
        seen.add((uid, panel["title"]))


def test_every_number_has_a_unit_and_every_panel_a_word_for_nothing() -> None:
    """Where there is nothing to count, a panel says so instead of showing 0 or a good colour."""
    for uid, panel in panels():
        defaults = panel["fieldConfig"]["defaults"]
        assert defaults["noValue"], (uid, panel["title"])
        assert panel["type"] in NO_UNIT or defaults["unit"], (uid, panel["title"])


def test_the_lowest_colour_says_nothing_without_a_value() -> None:
    """The base of thresholds is no colour of good or bad, so that no value looks like either."""
    for uid, panel in panels():
        assert panel["fieldConfig"]["defaults"]["thresholds"]["steps"][0] == {"color": "text", "value": None}, (
            uid,
            panel,
        )


def test_every_query_names_itself_and_a_data_source_that_can_be_chosen() -> None:
    """A refId that is unique in its panel, a template for the data source, and a text."""
    templates = {"prometheus": "${datasource}", "loki": "${loki}", "tempo": "${tempo}"}
    for uid, panel, target in targets():
        source = target["datasource"]
        assert source["uid"] == templates[source["type"]], (uid, panel["title"])
        assert panel["datasource"] == panel["targets"][0]["datasource"]
        assert text_of(target).strip()
    for uid, panel in panels():
        references = [target["refId"] for target in panel["targets"]]
        assert references, (uid, panel["title"])
        assert len(set(references)) == len(references), (uid, panel["title"])


@pytest.mark.parametrize("uid", dashboards())
def test_variables_are_defined_and_used(uid: str) -> None:
    """No query, title or link has a variable that the dashboard does not have, and none is idle."""
    dashboard = dashboards()[uid]
    defined = {variable["name"] for variable in dashboard["templating"]["list"]}
    text = str([_everything(panel) for panel in dashboard["panels"] if panel["type"] != "row"])
    text += str([panel["title"] for panel in dashboard["panels"]])
    text += str([v.get("definition", "") for v in dashboard["templating"]["list"]])
    text += str(dashboard["annotations"])
    used = set(USES.findall(text)) - OF_GRAFANA
    assert used == defined


def test_links_to_the_explorer_set_variables_that_it_has() -> None:
    """A link with a variable of another name would show conversations of all kinds."""
    known = {variable["name"] for uid, variable in variables() if uid == "agent-conversation-explorer"}
    for uid, panel in panels():
        for name in re.findall(r"var-(\w+)=", str([panel["links"], panel["fieldConfig"]])):
            assert name in known, (uid, panel["title"], name)


def test_every_panel_leads_to_the_explorer() -> None:
    """With data sources, service, environment and time as they are."""
    kept = [f"${{{name}:queryparam}}" for name in ("datasource", "loki", "tempo", "service", "environment")]
    for uid, panel in panels():
        if uid != "agent-conversation-explorer":
            (link,) = panel["links"]
            assert link["url"].startswith("/d/agent-conversation-explorer?" + "&".join(kept)), (uid, panel["title"])
            assert "${__url_time_range}" in link["url"]


def test_variables_of_labels_are_asked_again_when_the_time_changes() -> None:
    """And they begin with all: .+ for the service, which Loki needs, and .* for what may be missing."""
    for uid, variable in variables():
        if variable["type"] == "query":
            assert variable["refresh"] == 2, (uid, variable["name"])
            assert variable["datasource"]["uid"] == "${datasource}"
            assert variable["allValue"] == (".+" if variable["name"] == "service" else ".*")
            assert variable["current"]["value"] == ["$__all"]


def test_rates_take_the_rate_interval_and_increases_a_window_long_enough() -> None:
    """rate: $__rate_interval. increase: all that is shown, the chosen window, or a step whose least the panel sets."""
    for uid, panel, target in targets():
        if target["datasource"]["type"] != "prometheus":
            continue
        for function, window in re.findall(r"\b(rate|irate|increase)\([^\[]*\[([^\]]*)\]", target["expr"]):
            where = (uid, panel["title"])
            assert window in ({"$__rate_interval"} if function == "rate" else {"$__range", "$window", "$__interval"}), (
                where
            )
            assert window != "$__interval" or panel["interval"] in {"5m", "1h", "6h", "1d"}, where


def test_rates_of_conversations_look_an_hour_back_or_more() -> None:
    """Conversations are few: bars of outcomes by the minute would be noise."""
    asked = [(uid, panel, text_of(target)) for uid, panel, target in targets()]
    found = [one for one in asked if "conversations_ended_total" in one[2] and "[$__interval]" in one[2]]
    assert found
    for uid, panel, _ in found:
        assert panel["interval"] in {"1h", "6h", "1d"}, (uid, panel["title"])


def test_counters_are_counted_up_before_they_are_shown() -> None:
    """What ends in _total, as recorded or raw, stands in rate() or increase() and nowhere else."""
    for uid, panel, target in targets():
        if target["datasource"]["type"] != "prometheus":
            continue
        text = target["expr"]
        inside = {found["name"] for found in COUNTS.finditer(text)}
        counters = {name for name in names(text).series if name.endswith(("_total", "_total:max", "_bucket"))}
        assert counters <= inside, (uid, panel["title"], counters - inside)


def test_counters_are_those_recorded_once_for_all_analyzers() -> None:
    """Several analyzers show the same totals, so raw ones would count twice. Faults alone are of each process."""
    for uid, panel, target in targets():
        if target["datasource"]["type"] == "prometheus":
            for name in names(target["expr"]).series:
                raw = name.startswith("agent_analytics_") and name.endswith("_total")
                assert not raw or name == "agent_analytics_internal_faults_total", (uid, panel["title"])


def test_histograms_and_gauges_are_counted_once_for_all_analyzers() -> None:
    """Raw series of services stand within max without the labels of the analyzers."""
    for uid, panel, target in targets():
        text = target.get("expr", "")
        raw = RAW.findall(text)
        assert text.count("max without (instance, pod, service_instance_id) (") >= len(raw), (uid, panel["title"])


def test_legends_name_labels_that_survive() -> None:
    """A legend's label is one by which the query groups; else every series would have the same name."""
    for uid, panel, target in targets():
        for label in re.findall(r"\{\{(\w+)\}\}", target.get("legendFormat", "")):
            assert re.search(rf"by \([^)]*\b{label}\b[^)]*\)", target["expr"]), (uid, panel["title"], label)


def test_annotations_ask_through_the_variable_of_the_data_source() -> None:
    """Deployments and alerts are marked on each dashboard."""
    found = [(uid, mark["name"]) for uid, mark in marks()]
    assert sorted(found) == sorted((uid, name) for uid in dashboards() for name in ("Alerts", "Deployments"))
    assert all(mark["datasource"]["uid"] == "${datasource}" for _, mark in marks())
    assert all(mark["target"]["expr"] == mark["expr"] for _, mark in marks())


def test_all_windows_of_the_text_have_a_value() -> None:
    """The variables that stand in questions are those that `every_expression` knows."""
    with pytest.raises(KeyError):
        substituted("$never_defined", {})


def test_the_page_of_the_dashboards_names_each_of_them() -> None:
    """docs/dashboards.md has a line for every title, and no other."""
    page = (Path(__file__).parents[2] / "docs" / "dashboards.md").read_text(encoding="utf-8")
    told = re.findall(r"^\| (Agents / [^|]+) \|", page, re.MULTILINE)
    assert sorted(told) == sorted(dashboard["title"] for dashboard in dashboards().values())
