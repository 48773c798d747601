"""Prices come from this machine, are loaded late, and are missed in good order."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap

CALL = """
from otel_agent_analytics.prices.book import PriceBook
from otel_agent_analytics.prices.call import PricedCall
from otel_agent_analytics.prices.entries import OwnPrice, OwnPrices
from otel_agent_analytics.prices.rates import Prices, rates_of

def call(model, tokens=1_000_000):
    return PricedCall("openai", model, None, None, 0, tokens, tokens)
"""


def run(program: str) -> str:
    """Run a program of its own, outside of pytest's eyes; return what it printed."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", CALL + textwrap.dedent(program)],
        capture_output=True,
        text=True,
        check=False,
        env=environ,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_no_network_and_no_thread() -> None:
    """Pricing opens no socket, resolves no name and starts no thread that could do so later."""
    assert run(
        """
            import sys, threading

            def refuse(event, arguments):
                if event.startswith(("socket.", "urllib.", "http.", "subprocess.", "os.exec", "os.posix_spawn")):
                    raise RuntimeError(event)

            sys.addaudithook(refuse)
            import socket
            try:
                socket.socket()
            except RuntimeError as refused:
                print(refused)
            print(PriceBook().cost(call("gpt-4o")).usd.normalize(), PriceBook().cost(call("no-such")).unpriced)
            print(threading.active_count())
            from genai_prices import data_snapshot, update_prices
            print(data_snapshot._custom_snapshot, update_prices._shared_updater.ref_count)
            """
    ).splitlines() == ["socket.__new__", "12.5 unknown_model", "1", "None 0"]


def test_table_is_loaded_with_the_first_price_that_needs_it() -> None:
    """Neither the import nor a call without usage nor one with a price of the user's own loads the price table."""
    assert run(
        """
            import sys
            from decimal import Decimal

            rates = rates_of(fresh=Decimal(3), output=Decimal(0))
            book = PriceBook(OwnPrices([OwnPrice("mine", None, None, None, Prices("file", (), (rates,)))]))
            print(book.cost(call("gpt-4o", None)).unpriced, book.cost(call("mine")).usd.normalize())
            print("genai_prices" in sys.modules, "pydantic" in sys.modules)
            book.load()
            print("genai_prices" in sys.modules)
            """
    ).splitlines() == ["no_usage 3", "False False", "True"]


def test_missing_package_is_counted_and_breaks_nothing() -> None:
    """Without genai-prices every model is unknown; the fault is counted once, and the user's own prices still hold."""
    assert (
        run(
            """
            import logging, sys
            sys.modules["genai_prices"] = None
            logging.disable()
            from otel_agent_analytics.errors import fault_counts

            book = PriceBook()
            print([book.cost(call(name)).unpriced for name in ("gpt-4o", "o3")], fault_counts()["prices.load"])
            """
        )
        == "['unknown_model', 'unknown_model'] 1"
    )
