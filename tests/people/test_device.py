"""On what kind of device a user talks."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otel_agent_analytics.people.device import DEVICES, device_name, device_of

CHROME = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0"
BROWSERS = {
    f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {CHROME} Safari/537.36": "desktop",
    f"Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) {CHROME} Safari/537.36": "desktop",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Version/17.5 Safari/605.1.15": "desktop",
    "Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0": "desktop",
    "Mozilla/4.0 (compatible; MSIE 8.0; Windows NT 6.1; Trident/4.0; Tablet PC 2.0)": "desktop",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) Version/17.5 Mobile/15E148 Safari/604.1": "mobile",
    f"Mozilla/5.0 (Linux; Android 14; Pixel 8) {CHROME} Mobile Safari/537.36": "mobile",
    "Mozilla/5.0 (Android 14; Mobile; rv:127.0) Gecko/127.0 Firefox/127.0": "mobile",
    f"Mozilla/5.0 (Linux; Android 10; CUBOT X20) {CHROME} Mobile Safari/537.36": "mobile",
    "Mozilla/5.0 (Windows Phone 10.0; Android 6.0.1; Microsoft; Lumia 950) Mobile Safari/537.36 Edge/15": "mobile",
    "Opera/9.80 (J2ME/MIDP; Opera Mini/9.80; U; en) Presto/2.5.25 Version/10.54": "mobile",
    "Dalvik/2.1.0 (Linux; U; Android 14; Pixel 8 Build/UD1A)": "mobile",
    "Mozilla/5.0 (iPad; CPU OS 12_5 like Mac OS X) AppleWebKit/605.1.15 Version/12.1 Mobile/15E148": "tablet",
    f"Mozilla/5.0 (Linux; Android 13; SM-X906C) {CHROME} Safari/537.36": "tablet",
    "Mozilla/5.0 (Android 14; Tablet; rv:127.0) Gecko/127.0 Firefox/127.0": "tablet",
    "Mozilla/5.0 (Linux; Android 9; KFMAWI) AppleWebKit/537.36 Silk/126.3 like Chrome/126 Safari/537.36": "tablet",
    "Mozilla/5.0 (Linux; Android 6.0.1; Nexus 5X) Mobile Safari/537.36 (compatible; Googlebot/2.1)": "other",
    f"Mozilla/5.0 (Linux; Android 9; BRAVIA 4K) {CHROME} Safari/537.36": "other",
    f"Mozilla/5.0 (SMART-TV; Linux; Tizen 6.0) {CHROME} TV Safari/537.36": "other",
    "curl/8.5.0": "other",
    "python-httpx/0.27": "other",
}


@pytest.mark.parametrize(("user_agent", "device"), BROWSERS.items())
def test_user_agents(user_agent: str, device: str) -> None:
    """Browsers say what they run on; programs, televisions and robots are other."""
    assert device_of(user_agent) == device
    assert device_name(user_agent) == device


@pytest.mark.parametrize(
    ("said", "device"),
    [
        ("desktop", "desktop"), ("PC", "desktop"), ("laptop", "desktop"), ("macOS", "desktop"), ("Windows", "desktop"),
        ("tablet", "tablet"), ("iPad", "tablet"), ("android-tablet", "tablet"), ("mobile", "mobile"),
        ("Phone", "mobile"), ("smart phone", "mobile"), ("cell-phone", "mobile"), ("iOS", "mobile"),
        ("android", "mobile"), ("Android 14", "mobile"), ("iPhone 15", "mobile"), ("mobile_web", "mobile"),
        ("web", "other"), ("fridge", "other"), ("automobile", "other"), ("?", "other"), ("\ud800", "other"),
        ("", None), (" \t", None), (None, None), (7, None), (b"mobile", None),
    ],
)  # fmt: skip
def test_what_callers_say(said: object, device: str | None) -> None:
    """Synonyms become one of three words, anything else is other; where nothing is said there is no device."""
    assert device_name(said) == device


@given(st.text())
def test_any_text_gives_one_of_four(text: str) -> None:
    """Whatever is said, the label has four values at most."""
    assert device_name(text) in {*DEVICES, None}
    assert device_name(text) is None or device_name(str(device_name(text))) == device_name(text)


@pytest.mark.parametrize("text", ["mozilla/" + "a" * 10**6, "tv " * 10**6, "android" * 10**6, " " * 10**6 + "x"])
def test_long_texts_cost_little(text: str) -> None:
    """A text of megabytes is read as fast as a thousand characters."""
    started = time.process_time()
    device_name(text)

    assert time.process_time() - started < 0.1
