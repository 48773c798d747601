"""What is made of finished spans beside the spans: message content, where it is asked for, and the standard metrics."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from opentelemetry._logs import SeverityNumber

from otel_agent_analytics import vocabulary as v
from otel_agent_analytics.agents_sdk.spans import Role

if TYPE_CHECKING:
    from opentelemetry._logs import Logger

    from otel_agent_analytics.agents_sdk.capture import Capture
    from otel_agent_analytics.agents_sdk.client_metrics import ClientMetrics
    from otel_agent_analytics.agents_sdk.run import OpenSpan, OpenTrace

Attributes = dict[str, Any]
_NOTHING: Attributes = {}


class Observer:
    """Sees each span as it ends.

    Args:
        capture: what of the content may leave, and how.
        metrics: the standard GenAI metrics.
        logger: takes the event of a model call.
    """

    def __init__(self, capture: Capture, metrics: ClientMetrics, logger: Logger) -> None:
        self._capture = capture
        self._metrics = metrics
        self._logger = logger
        self.wants_content = capture.on_spans or capture.on_events
        """Whether any content may leave; most of the time none may."""

    def model_call(self, opened: OpenSpan, data: Any) -> Attributes:
        """Return the content of a model call for its span."""
        opened.content = content = self._capture.model_call(data)
        return dict(self._capture.as_span_attributes(content)) if self._capture.on_spans else _NOTHING

    def tool_call(self, data: Any) -> Attributes:
        """Return the content of a tool call for its span; the conventions have no event for it."""
        if not self._capture.on_spans:
            return _NOTHING
        return dict(self._capture.as_span_attributes(self._capture.tool_call(data)))

    def voice(self, data: Any) -> Attributes:
        """Return what was heard or is to be spoken, for its span."""
        if not self._capture.on_spans:
            return _NOTHING
        return dict(self._capture.as_span_attributes(self._capture.voice(data)))

    def error_text(self, message: Any) -> str | None:
        """Return the text of an error that may repeat what somebody said, if it may leave."""
        return self._capture.text(message) if self._capture.on_spans and isinstance(message, str) else None

    def ended(self, opened: OpenSpan, known: Attributes, end_ns: int | None, failure: str | None) -> None:
        """Record what the standard metrics say of a span, and the event of a model call."""
        self._metrics.ended(opened, known, end_ns, failure)
        if self.wants_content and self._capture.on_events and opened.row.role is Role.MODEL_CALL:
            self._emit(opened, end_ns)

    def workflow_ended(self, opened: OpenTrace, end_ns: int | None, failure: str | None) -> None:
        """Record what the standard metrics say of a whole run."""
        self._metrics.workflow_ended(opened, end_ns, failure)

    def flush(self) -> None:
        """Record what waits for the end of a run."""
        self._metrics.flush()

    def _emit(self, opened: OpenSpan, end_ns: int | None) -> None:
        """Emit the event of a model call: the attributes of its span, the content structured."""
        said = dict(getattr(opened.span, "attributes", None) or {})
        self._logger.emit(
            timestamp=end_ns,
            context=opened.context,
            severity_number=SeverityNumber.DEBUG,
            event_name=v.EVENT_INFERENCE_DETAILS,
            attributes={**said, **(opened.content or {})},
        )
