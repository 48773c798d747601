"""The page's files as they are served: addresses, types, headers, tags; and what may not be in them."""

from __future__ import annotations

import gzip
import json
import re
import subprocess
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from otel_agent_analytics.errors import SettingError
from otel_agent_analytics.service.access import Access
from otel_agent_analytics.service.pages.files import files
from otel_agent_analytics.service_settings import ServiceSettings
from tests.helpers.served import Served, served

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
FILES = files()
TYPES = {
    "html": "text/html; charset=utf-8",
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
}
FORBIDDEN = (
    "innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "DOMParser", "createContextualFragment", "srcdoc",
    "eval(", "new Function", ".style", "localStorage", "document.cookie", "javascript:",
)  # fmt: skip
"""What could make markup or a script of a text, set a style, or keep a token for longer than a tab is open."""
SVG = "http://www.w3.org/2000/svg"


@pytest.fixture(scope="module")
def guarded() -> Iterator[Served]:
    """Serve a store that is read with a token."""
    from otel_agent_analytics.storage.duckdb import IN_MEMORY, DuckDBDatabase

    database = DuckDBDatabase(IN_MEMORY)
    address = "https://traces.example/{trace_id}"
    with served(database, allowed=Access(read=("secret",)), trace_url=address) as found:
        yield found
    database.close()


def path_of(name: str) -> str:
    """Return where a file is served."""
    return "/" if name == "index.html" else f"/page/{name}"


@pytest.mark.parametrize("name", sorted(FILES))
def test_files_are_served_without_a_token(name: str, guarded: Served) -> None:
    """Each file has its type and a strict policy, needs no token, and is asked about again by its tag."""
    answer = guarded.get(path_of(name))

    assert (answer.status, answer.body) == (200, FILES[name].body)
    assert answer.headers["content-type"] == TYPES[name.rsplit(".", 1)[1]]
    assert answer.headers["cache-control"] == "no-cache"
    assert answer.headers["x-content-type-options"] == "nosniff"
    policy = dict(part.split(" ", 1) for part in answer.headers["content-security-policy"].split("; "))
    assert policy["default-src"] == "'none'"
    assert {policy[name] for name in ("script-src", "style-src", "connect-src")} == {"'self'"}
    assert policy["img-src"] == "'self' data:"
    assert {policy[name] for name in ("base-uri", "form-action", "frame-ancestors")} == {"'none'"}
    assert "unsafe" not in answer.headers["content-security-policy"]

    again = guarded.get(path_of(name), **{"If-None-Match": f'"x", W/{answer.headers["etag"]}'})
    assert (again.status, again.body, again.headers["etag"]) == (304, b"", answer.headers["etag"])
    assert guarded.get(path_of(name), **{"If-None-Match": '"another"'}).status == 200


@pytest.mark.parametrize(
    ("accepted", "packed"),
    [("gzip, br", True), ("br;q=1.0, gzip;q=0.8", True), ("*", True), ("gzip;q=0", False), ("br", False), ("", False)],
)
def test_packed_for_those_who_can_unpack(accepted: str, packed: bool, guarded: Served) -> None:
    """By gzip where the browser takes it, which a cache is told; else plain."""
    answer = guarded.get("/page/app.js", **{"Accept-Encoding": accepted})

    assert answer.headers.get("content-encoding") == ("gzip" if packed else None)
    assert (gzip.decompress(answer.body) if packed else answer.body) == FILES["app.js"].body
    assert answer.headers["vary"] == "Accept-Encoding"


@pytest.mark.parametrize(
    "path", ["/page/", "/page/none.js", "/page/../app.js", "/page/index.html", "/page/%2e%2e/app.py"]
)
def test_nothing_else_is_served(path: str, guarded: Served) -> None:
    """What is no file of the page is not found, whatever the address tries."""
    assert guarded.get(path).status == 404


def test_settings_need_a_token(guarded: Served) -> None:
    """Where traces are is told to those who may read, and to nobody else."""
    assert guarded.get("/page/settings.json").status == 401
    answer = guarded.get("/page/settings.json", Authorization="Bearer secret")

    assert json.loads(answer.body) == {"trace_url": "https://traces.example/{trace_id}"}
    assert answer.headers["cache-control"] == "no-store"


class Tags(HTMLParser):
    """Takes down every tag with its attributes, and the text within scripts and styles."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.inside = ""
        self.texts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        self.inside = tag

    def handle_endtag(self, tag: str) -> None:
        self.inside = ""

    def handle_data(self, data: str) -> None:
        if self.inside in ("script", "style"):
            self.texts.append(data)


def test_nothing_is_inline() -> None:
    """The document has no script, style or handler of its own, and asks for nothing but its own files."""
    tags = Tags()
    tags.feed(FILES["index.html"].body.decode())

    assert tags.texts == []
    assert [tag for tag, _ in tags.found if tag in ("style", "iframe", "object", "base")] == []
    for _tag, attributes in tags.found:
        assert not [name for name in attributes if name == "style" or name.startswith("on")]
        for name in ("src", "href"):
            address = attributes.get(name) or ""
            assert "//" not in address
            if address.startswith("page/"):
                assert address.removeprefix("page/") in FILES


def test_sources_make_no_markup_of_texts() -> None:
    """No module uses what could turn a text into markup, and none names another host."""
    for name, file in FILES.items():
        text = file.body.decode()
        assert not [word for word in FORBIDDEN if word in text], name
        assert set(re.findall(r"https?://[a-z0-9.]+[^\s\"'`]*", text)) <= {SVG}, name
        for imported in re.findall(r'(?:from|import)\s*\(?\s*"\./([^"]+)"', text):
            assert imported in FILES, (name, imported)


def test_all_of_it_is_small() -> None:
    """Everything together is less than 300 kB as it is sent; without the outlines of countries less than 60."""
    assert sum(len(file.packed) for file in FILES.values()) < 300_000
    assert sum(len(file.packed) for name, file in FILES.items() if name != "outlines.js") < 60_000


def test_files_are_in_what_is_built() -> None:
    """Each file is below the package, which goes into the wheel whole but for what git ignores."""
    folder = ROOT / "otel_agent_analytics" / "service" / "pages" / "assets"
    assert {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()} == {*FILES}
    ignored = subprocess.run(
        ["git", "check-ignore", *(str(folder / name) for name in FILES)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ignored.stdout == ""


@pytest.mark.parametrize(
    "wrong", ["/explore?{trace_id}", "javascript:{trace_id}", "http://traces", "http://a b/{trace_id}"]
)
def test_wrong_addresses_of_traces(wrong: str) -> None:
    """Another scheme, no place for the id, or a space: refused with the name of the variable."""
    with pytest.raises(SettingError, match="AGENT_ANALYTICS_TRACE_URL"):
        ServiceSettings.from_environment({"AGENT_ANALYTICS_TRACE_URL": wrong})


def test_address_of_traces() -> None:
    """An address with a place for the id is taken as it is."""
    given: Any = "http://localhost:3000/explore?left=%7B%22q%22:%22{trace_id}%22%7D"
    assert ServiceSettings.from_environment({"AGENT_ANALYTICS_TRACE_URL": given}).trace_url == given
    assert ServiceSettings.from_environment({}).trace_url is None
