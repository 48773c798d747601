from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from collector_config.without import KINDS, main, without

ROOT = Path(__file__).parents[2]
SHIPPED = ROOT / "collector_config"
TABLE = yaml.safe_load((Path(__file__).parent / "components_0_159.yaml").read_text())
FILES = ("collector.yaml", "collector.scaled.yaml")
ENVIRONMENT = re.compile(r"\$\{env:([A-Z_]+)(:-([^}]*))?\}")
files = pytest.mark.parametrize("file", FILES)


def text_of(file: str) -> str:
    """Return a shipped file."""
    return (SHIPPED / file).read_text(encoding="utf-8")


def config_of(file: str) -> dict[str, Any]:
    """Return what a shipped file says."""
    config: dict[str, Any] = yaml.safe_load(text_of(file))
    return config


def components(config: dict[str, Any]) -> set[tuple[str, str]]:
    """Return kind and whole name of what a file defines."""
    return {(kind, name) for kind in KINDS for name in config.get(kind, {})}


def type_of(name: str) -> str:
    """Return the type of a component, which stands before the slash."""
    return name.split("/", maxsplit=1)[0]


def used(config: dict[str, Any]) -> set[tuple[str, str]]:
    """Return kind and whole name of what the pipelines use; a connector is one on both of its ends."""
    connectors = set(config.get("connectors", {}))
    found = {("extensions", name) for name in config["service"]["extensions"]}
    for pipeline in config["service"]["pipelines"].values():
        for kind, names in pipeline.items():
            found |= {("connectors" if name in connectors else kind, name) for name in names}
    return found


@files
def test_components_exist_under_the_names_of_today(file: str) -> None:
    """Every component is in otelcol-contrib 0.159, under a name that does not warn; none of them is batch."""
    for kind, name in sorted(components(config_of(file))):
        assert type_of(name) in TABLE[kind], f"{kind} {name}"
        assert type_of(name) not in TABLE["deprecated"].get(kind, [])
        assert type_of(name) != "batch"


@files
def test_what_is_defined_is_used(file: str) -> None:
    """Every component that is used is defined, and the other way round; every queue names a storage that there is."""
    config = config_of(file)
    assert used(config) | {("extensions", name) for name in storages(config)} == components(config)


def storages(config: dict[str, Any]) -> set[str]:
    """Return where the queues of exporters are kept."""
    return {exporter["sending_queue"]["storage"] for exporter in config["exporters"].values()}


@files
def test_connectors_have_two_ends(file: str) -> None:
    """What goes into a connector comes out of it somewhere."""
    config = config_of(file)
    for name in config.get("connectors", {}):
        ends = config["service"]["pipelines"].values()
        assert any(name in one["receivers"] for one in ends), name
        assert any(name in one["exporters"] for one in ends), name


@files
def test_memory_limiter_is_first(file: str) -> None:
    """Every pipeline that takes something from outside can refuse it before it does anything."""
    config = config_of(file)
    from_outside = [one for one in config["service"]["pipelines"].values() if "otlp" in one["receivers"]]
    assert len(from_outside) >= 5
    assert {one["processors"][0] for one in from_outside} == {"memory_limiter"}


@files
def test_environment_variables_have_defaults(file: str) -> None:
    """The file can be used as it stands; a variable has one default throughout."""
    defaults: dict[str, set[str | None]] = {}
    for name, _, default in ENVIRONMENT.findall(text_of(file)):
        defaults.setdefault(name, set()).add(default)
    assert len(defaults) > 10
    assert [name for name, found in defaults.items() if len(found) != 1] == []
    without_default = [match[1] for match in ENVIRONMENT.finditer(text_of(file)) if match[2] is None]
    assert without_default == []


@files
def test_queues_are_on_disk(file: str) -> None:
    """Every exporter has a queue on disk and batches in it, and tries again; for the analyzer without end."""
    exporters = config_of(file)["exporters"]
    assert storages(config_of(file)) == {"file_storage/queues"}
    for name, exporter in exporters.items():
        batch = exporter["sending_queue"]["batch"]
        assert (batch["sizer"], batch["max_size"]) == ("bytes", 2_000_000), name
        assert exporter["retry_on_failure"]["enabled"] is True, name
    endless = {name for name, one in exporters.items() if one["retry_on_failure"]["max_elapsed_time"] == "0s"}
    assert (
        endless
        == {
            "collector.yaml": {"otlp_http/analyzer"},
            "collector.scaled.yaml": {"load_balancing/conversation", "load_balancing/trace"},
        }[file]
    )


def test_analyzer_gets_spans_as_they_are() -> None:
    """No sampler, no normaliser and no mask stands before the analyzer, and it is told of no record of its own."""
    pipelines = config_of("collector.yaml")["service"]["pipelines"]
    assert pipelines["traces/analyzer"]["processors"] == ["memory_limiter", "transform/analyzer"]
    assert "filter/for_the_analyzer" in pipelines["logs/analyzer"]["processors"]
    to_analyzer = [name for name, one in pipelines.items() if "otlp_http/analyzer" in one["exporters"]]
    assert to_analyzer == ["traces/analyzer", "logs/analyzer"]


def test_spans_are_counted_before_they_are_sampled() -> None:
    """Renaming comes before redaction, since it makes their content the conventions' content; sampling is last."""
    pipelines = config_of("collector.yaml")["service"]["pipelines"]
    renamed_then_redacted = ["gen_ai_normalizer", "transform/stores", "redaction/stores"]
    assert pipelines["traces/stores"]["processors"] == ["memory_limiter", *renamed_then_redacted]
    assert pipelines["traces/stores"]["exporters"] == ["span_metrics", "forward/sampled"]
    assert pipelines["traces/sampled"]["processors"] == ["probabilistic_sampler"]
    sampler = config_of("collector.yaml")["processors"]["probabilistic_sampler"]
    assert sampler["sampling_percentage"].endswith(":-100}")


def test_what_could_not_be_run_has_known_settings() -> None:
    """`gen_ai_normalizer` and `load_balancing` could not be had: their settings are those of 0.159, as published."""
    (normalizer,) = [one for name, one in config_of(FILES[0])["processors"].items() if name == "gen_ai_normalizer"]
    assert [one["name"] for one in normalizer["sources"]] == ["openinference", "openllmetry"]
    assert all(set(one) <= {"name", "remove_originals", "overwrite"} for one in normalizer["sources"])
    balancers = {
        name: one for name, one in config_of(FILES[1])["exporters"].items() if type_of(name) == "load_balancing"
    }
    assert {one["routing_key"] for one in balancers.values()} == {"attributes", "traceID"}
    assert balancers["load_balancing/conversation"]["routing_attributes"] == ["gen_ai.conversation.id"]
    known = {
        "routing_key",
        "routing_attributes",
        "resolver",
        "protocol",
        "retry_on_failure",
        "sending_queue",
        "timeout",
    }
    for one in balancers.values():
        assert set(one) <= known
        assert set(one["resolver"]["dns"]) <= {"hostname", "port", "interval", "timeout"}
        assert one["protocol"]["otlp"]["sending_queue"] == {
            "enabled": False
        }  # no queue in memory behind the one on disk


def test_builder_has_just_these_components() -> None:
    """The Collector that builder.yaml builds has what the two files use, of one release, and nothing else."""
    manifest = yaml.safe_load(text_of("builder.yaml"))
    modules = {one["gomod"].split()[0] for kind in KINDS for one in manifest.get(kind, [])}
    wanted = {TABLE[kind][type_of(name)] for file in FILES for kind, name in components(config_of(file))}
    assert modules == wanted
    versions = {one["gomod"].split()[1] for kind in KINDS for one in manifest.get(kind, [])}
    assert versions == {f"v{manifest['dist']['version']}"} == {"v0.159.0"}


def test_page_lists_every_variable() -> None:
    """README.md has each variable of the shipped files with its default, and no other."""
    shell = re.compile(r"\$\{([A-Z_]+):-([^}]*)\}")
    found = {(name, default) for file in FILES for name, _, default in ENVIRONMENT.findall(text_of(file))}
    found |= {pair for file in ("loki.yaml", "tempo.yaml") for pair in shell.findall(text_of(file))}
    rows = re.findall(r"^\| `([A-Z_]+)` \| (?:`([^`]*)`)? ?\|", text_of("README.md"), re.MULTILINE)
    assert set(rows) == found


CONFIG: dict[str, Any] = {
    "receivers": {"otlp": {}},
    "processors": {"one/a": {}, "one/b": {}, "two": {}},
    "exporters": {"far": {}, "near": {}},
    "extensions": {"three": {}},
    "service": {
        "extensions": ["three"],
        "pipelines": {
            "traces": {"receivers": ["otlp"], "processors": ["one/a", "two"], "exporters": ["near"]},
            "logs": {"receivers": ["otlp"], "processors": ["one/b"], "exporters": ["far"]},
        },
    },
}


def test_copy_without_components() -> None:
    """A type takes all of its components along, a whole name one; a pipeline without an end goes; the rest stays."""
    assert without(CONFIG, {"one", "far", "three"}) == {
        "receivers": {"otlp": {}},
        "processors": {"two": {}},
        "exporters": {"near": {}},
        "extensions": {},
        "service": {
            "extensions": [],
            "pipelines": {"traces": {"receivers": ["otlp"], "processors": ["two"], "exporters": ["near"]}},
        },
    }
    assert list(without(CONFIG, {"one/b"})["processors"]) == ["one/a", "two"]


def test_copy_without_what_is_not_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A name that the file does not have is told, with exit status 1; wrong usage is 2."""
    file = tmp_path / "collector.yaml"
    file.write_text(yaml.safe_dump(CONFIG))
    assert main([str(file), "one", "four"]) == 1
    assert "there is no component four" in capsys.readouterr().err
    assert main([str(file)]) == 2
    assert main([str(file), "one"]) == 0
    assert yaml.safe_load(capsys.readouterr().out)["processors"] == {"two": {}}
