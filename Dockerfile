# syntax=docker/dockerfile:1
# The analyzer and the rest of the command line, without tools to build or to download anything at run time.
#
#   docker build --tag otel-agent-analytics .
#   docker run --rm --volume agent-analytics:/data --publish 127.0.0.1:4318:4318 otel-agent-analytics
#
# It listens inside its container on all addresses. Publish its ports on 127.0.0.1, or set tokens and TLS: docs/deployment.md.
ARG PYTHON=3.13-slim-bookworm

FROM python:${PYTHON} AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_ROOT_USER_ACTION=ignore
WORKDIR /source
COPY constraints.txt ./
RUN python -m venv /opt/agent-analytics
COPY pyproject.toml README.md LICENSE ./
COPY otel_agent_analytics ./otel_agent_analytics
COPY grafana ./grafana
COPY collector_config ./collector_config
# The wheel first, so that nothing of the source tree is what runs. Of pip itself nothing stays.
RUN pip wheel --no-deps --wheel-dir /wheels . \
 && /opt/agent-analytics/bin/pip install --constraint constraints.txt "$(echo /wheels/*.whl)[serve,country,insights]" \
 && /opt/agent-analytics/bin/pip uninstall --yes pip

FROM python:${PYTHON}
# A number, so that Kubernetes can tell that it is not root (runAsNonRoot).
RUN mkdir /data && chown 10001:10001 /data
COPY --from=build /opt/agent-analytics /opt/agent-analytics
ENV PATH=/opt/agent-analytics/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    HOME=/tmp \
    AGENT_ANALYTICS_SERVE_HTTP=0.0.0.0:4318 \
    AGENT_ANALYTICS_SERVE_GRPC=0.0.0.0:4317 \
    AGENT_ANALYTICS_STORE=/data/agent-analytics.duckdb
USER 10001:10001
WORKDIR /data
VOLUME /data
EXPOSE 4317 4318
# Without TLS. With it, or on another port, say another check.
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s --retries=4 \
  CMD ["python", "-c", "from http.client import HTTPConnection as C; c = C('127.0.0.1', 4318, timeout=4); c.request('GET', '/readyz'); raise SystemExit(c.getresponse().status != 200)"]
ENTRYPOINT ["otel-agent-analytics"]
CMD ["serve"]
