"""Makes a copy of a Collector's file without some components: ``python collector_config/without.py FILE COMPONENT...``.

A layered file can add and replace, but it cannot take a component out; this can, for a Collector that was built with
fewer. A component is named by its type (``gen_ai_normalizer``) or whole (``gen_ai_normalizer/mine``). A pipeline that
is left without a receiver or an exporter goes too. The copy goes to standard output; comments do not.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, Final

import yaml

KINDS: Final = ("receivers", "processors", "exporters", "connectors", "extensions")


def without(config: dict[str, Any], left_out: set[str]) -> dict[str, Any]:
    """Return a Collector's configuration without some components.

    Args:
        config: as the file has it.
        left_out: types or whole names.

    Raises:
        ValueError: there is no such component in it.
    """
    gone = {name for kind in KINDS for name in config.get(kind) or {} if {name, name.split("/")[0]} & left_out}
    if missing := sorted(left_out - gone - {name.split("/")[0] for name in gone}):
        raise ValueError(f"there is no component {', '.join(missing)}")
    copy = {
        part: {name: said for name, said in content.items() if name not in gone} if part in KINDS else content
        for part, content in config.items()
    }
    return copy | {"service": _service(config["service"], gone)}


def _service(service: dict[str, Any], gone: set[str]) -> dict[str, Any]:
    pipelines = {name: _kept(pipeline, gone) for name, pipeline in service["pipelines"].items()}
    whole = {name: pipeline for name, pipeline in pipelines.items() if pipeline["receivers"] and pipeline["exporters"]}
    extensions = [name for name in service.get("extensions", []) if name not in gone]
    return service | {"pipelines": whole, "extensions": extensions}


def _kept(pipeline: dict[str, list[str]], gone: set[str]) -> dict[str, list[str]]:
    return {part: [name for name in names if name not in gone] for part, names in pipeline.items()}


def main(arguments: list[str]) -> int:
    """Print the copy; return the exit status: 0, 1 where it cannot be made, 2 for wrong usage."""
    if len(arguments) < 2:  # noqa: PLR2004 - a file and what is left out
        sys.stderr.write(f"{__doc__}\n")
        return 2
    try:
        config = yaml.safe_load(Path(arguments[0]).read_text(encoding="utf-8"))
        sys.stdout.write(yaml.safe_dump(without(config, set(arguments[1:])), sort_keys=False, width=1000))
    except (OSError, ValueError, yaml.YAMLError) as problem:
        sys.stderr.write(f"without: {arguments[0]}: {problem}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
