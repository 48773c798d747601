"""Where ``replay`` and ``demo`` send what they play, and where they ask what became of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from otel_agent_analytics.errors import UsageError

if TYPE_CHECKING:
    import argparse


def add(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("--endpoint", metavar="URL", help="send by OTLP to http://HOST:PORT or https://HOST:PORT")
    parser.add_argument(
        "--protocol",
        choices=("http", "grpc"),
        default="http",
        help="how to send: http (protobuf) or grpc (default http)",
    )
    parser.add_argument(
        "--api", metavar="URL", help="where the analyzer answers; by default the endpoint, where that is HTTP"
    )


def api_address(arguments: argparse.Namespace) -> str | None:
    """Return where to ask for the figures; None where nothing is sent anywhere.

    Raises:
        UsageError: an address is missing.
    """
    if arguments.endpoint is None:
        if arguments.api is not None:
            raise UsageError("--api says where to ask for what --endpoint gets: that is missing")
        return None
    if arguments.api is None and arguments.protocol == "grpc":
        raise UsageError("--protocol grpc: --api is missing; it says where the analyzer answers over HTTP")
    address: str = arguments.api or arguments.endpoint
    return address
