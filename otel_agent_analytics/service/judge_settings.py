"""What the settings say of a judge → the judge, or none."""

from __future__ import annotations

import logging
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from otel_agent_analytics import vocabulary as v
from otel_agent_analytics.conversations.events import ModelCalled, Service
from otel_agent_analytics.errors import SettingError

if TYPE_CHECKING:
    from collections.abc import Callable

    from otel_agent_analytics.insights.extractor import Used
    from otel_agent_analytics.outputs.totals import Totals
    from otel_agent_analytics.service.analyzer import Analyzer
    from otel_agent_analytics.service.care import Care
    from otel_agent_analytics.service.judge import Judge
    from otel_agent_analytics.service.judgements import Judgements
    from otel_agent_analytics.service_settings import ServiceSettings

    Price = Callable[[ModelCalled], ModelCalled]

logger = logging.getLogger("otel_agent_analytics")

_A_CALL: Final = 1000


class Bench:
    """A judge as it was set.

    Args:
        settings: of the analyzer, with a model.
        care: how texts are treated.
        price: returns a model call with its cost.
        clock: returns the time now, UTC nanoseconds.

    Raises:
        SettingError: the model has no price, so that no budget can be kept.
    """

    def __init__(self, settings: ServiceSettings, care: Care, price: Price, clock: Callable[[], int]) -> None:
        # Only where there is a judge: the SDK takes a while to load.
        from otel_agent_analytics.insights.extractor import Endpoint, Used
        from otel_agent_analytics.service.transcripts import Transcripts

        self._settings = settings
        self._clock = clock
        self._price = price
        self._endpoint = Endpoint(
            settings.judge_model or "",
            settings.judge_base_url,
            settings.judge_api_key,
            settings.judge_api,
            settings.judge_timeout_seconds,
            settings.judge_max_output_tokens,
        )
        self._transcripts = Transcripts(care.safe, care.redact, settings.judge_max_characters)
        if self.cost(Used(_A_CALL, _A_CALL, 0, 0)) is None:
            raise SettingError(
                f"judge_model: no price of {settings.judge_model!r} is known, so that judge_budget_usd_per_day cannot "
                "be kept; give one in AGENT_ANALYTICS_PRICES_FILE (0 where it costs nothing)"
            )
        self._tell(care)

    def judgements(self, totals: Totals) -> Judgements:
        """Return what says which ended episodes are to be judged."""
        from otel_agent_analytics.insights.extractor import VERSION
        from otel_agent_analytics.service.judgements import Judgements
        from otel_agent_analytics.service.verdicts import Judging

        version = f"{self._endpoint.model[:70]} {VERSION}"
        settings = self._settings
        return Judgements(Judging(settings.judge_name, version), settings.judge_sample, self._transcripts, totals)

    def judge(self, analyzer: Analyzer) -> Judge:
        """Return what asks, for an analyzer."""
        from otel_agent_analytics.service.judge import Judge
        from otel_agent_analytics.service.judge_case import Cases
        from otel_agent_analytics.service.judge_limits import Limits

        settings = self._settings
        limits = Limits(
            Decimal(str(settings.judge_budget_usd_per_day)),
            settings.judge_concurrency,
            settings.judge_attempts,
            settings.judge_backoff_seconds,
        )
        cases = Cases(analyzer, self._endpoint, self._transcripts, self.cost, self._clock, limits)
        return Judge(cases, analyzer.database, self._endpoint, self._clock, limits)

    def cost(self, used: Used) -> Decimal | None:
        """Return what tokens cost now, USD; None where there is no price."""
        now_ns = self._clock()
        provider = None if self._endpoint.base_url else v.PROVIDER_OPENAI
        call = ModelCalled(
            id="judge",
            time_ns=now_ns,
            until_ns=now_ns,
            service=Service(""),
            trace_id="",
            agent=None,
            model=self._endpoint.model,
            error_type=None,
            input=used.input,
            output=used.output,
            cache_read=used.cached,
            cache_write=None,
            reasoning=used.reasoning,
            provider=provider,
            answered_by=None,
            tier=None,
            first_token_ns=None,
            cost=None,
        )
        return self._price(call).cost

    def _tell(self, care: Care) -> None:
        where = self._endpoint.base_url or "OpenAI"
        if care.keeper is None:
            logger.warning(
                "judge_model is set, and AGENT_ANALYTICS_KEEP_CONTENT is not: without texts nothing can be judged"
            )
        else:
            logger.info("texts of ended conversations go to %s at %s to be judged", self._endpoint.model, where)


def bench_of(settings: ServiceSettings, care: Care, price: Price, clock: Callable[[], int]) -> Bench | None:
    """Return the judge as it is set; None where there is none.

    Raises:
        SettingError: its model has no price.
    """
    return None if settings.judge_model is None else Bench(settings, care, price, clock)
