ALTER TABLE conversations ADD COLUMN score_sum double precision

ALTER TABLE conversations ADD COLUMN scored bigint

UPDATE conversations SET score_sum = score, scored = CASE WHEN score IS NULL THEN 0 ELSE 1 END

CREATE TABLE days (
    source text NOT NULL,
    day bigint NOT NULL,
    summed boolean NOT NULL,
    PRIMARY KEY (source, day)
)

INSERT INTO days SELECT DISTINCT 'calls', started_ns / 86400000000000, false FROM calls

INSERT INTO days SELECT DISTINCT 'messages', sent_ns / 86400000000000, false FROM messages

INSERT INTO days SELECT DISTINCT 'conversations', ended_ns / 86400000000000, false FROM conversations

CREATE TABLE conversation_days (
    day bigint NOT NULL,
    service_name text NOT NULL,
    service_namespace text NOT NULL,
    deployment_environment_name text NOT NULL,
    dimension text NOT NULL,
    value text,
    episodes bigint,
    completed bigint,
    escalated bigint,
    failed bigint,
    abandoned bigint,
    silent bigint,
    asked_for_human bigint,
    without_signals bigint,
    status_resolved bigint,
    status_partially_resolved bigint,
    status_unresolved bigint,
    status_escalated bigint,
    contained bigint,
    assumed bigint,
    settled bigint,
    confirmed bigint,
    verified bigint,
    positive bigint,
    neutral bigint,
    negative bigint,
    frustrated bigint,
    improved bigint,
    stable bigint,
    declined bigint,
    rated_positive bigint,
    rated_neutral bigint,
    rated_negative bigint,
    score double precision,
    scored bigint,
    user_turns bigint,
    duration_ns numeric(38, 0),
    resolved_duration_ns numeric(38, 0),
    first_response_ns numeric(38, 0),
    answered bigint,
    effort bigint,
    effort_known bigint,
    satisfaction double precision,
    satisfaction_known bigint,
    dissatisfied_turns bigint,
    judged_turns bigint,
    rephrases bigint,
    repeats bigint,
    tool_calls bigint,
    tool_errors bigint,
    handoffs bigint,
    loops bigint,
    guardrail_trips bigint,
    tokens bigint,
    tokens_known bigint,
    cost numeric(38, 15),
    cost_known bigint,
    priced_cost numeric(38, 15),
    priced bigint,
    unpriced_calls bigint,
    verified_cost numeric(38, 15),
    verified_priced bigint,
    escalated_cost numeric(38, 15),
    escalated_priced bigint,
    left_out bigint
)

CREATE TABLE conversation_user_days (
    day bigint NOT NULL,
    service_name text NOT NULL,
    service_namespace text NOT NULL,
    deployment_environment_name text NOT NULL,
    person uuid NOT NULL,
    country text,
    device text,
    channel text,
    language text
)

CREATE TABLE call_days (
    day bigint NOT NULL,
    service_name text NOT NULL,
    service_namespace text NOT NULL,
    deployment_environment_name text NOT NULL,
    kind text NOT NULL,
    name text NOT NULL,
    agent text,
    error_type text,
    calls bigint NOT NULL,
    unpriced bigint NOT NULL,
    input_tokens bigint,
    output_tokens bigint,
    cache_read_tokens bigint,
    cache_write_tokens bigint,
    reasoning_tokens bigint,
    cost_usd numeric(38, 15)
)

CREATE TABLE time_days (
    day bigint NOT NULL,
    service_name text NOT NULL,
    service_namespace text NOT NULL,
    deployment_environment_name text NOT NULL,
    kind text NOT NULL,
    name text NOT NULL,
    bucket bigint NOT NULL,
    count bigint NOT NULL,
    sum_ns double precision NOT NULL
)

CREATE TABLE message_days (
    day bigint NOT NULL,
    service_name text NOT NULL,
    service_namespace text NOT NULL,
    deployment_environment_name text NOT NULL,
    quarter_ns bigint NOT NULL,
    messages bigint NOT NULL,
    without_user bigint NOT NULL
)

CREATE TABLE message_user_days (
    day bigint NOT NULL,
    service_name text NOT NULL,
    service_namespace text NOT NULL,
    deployment_environment_name text NOT NULL,
    person uuid NOT NULL
)

CREATE INDEX conversation_days_day ON conversation_days (dimension, day)

CREATE INDEX conversation_user_days_day ON conversation_user_days (day)

CREATE INDEX call_days_day ON call_days (kind, day)

CREATE INDEX time_days_day ON time_days (kind, day)

CREATE INDEX message_days_day ON message_days (day)

CREATE INDEX message_user_days_day ON message_user_days (day)

ALTER INDEX calls_started SET (autosummarize = on)

ALTER INDEX messages_sent SET (autosummarize = on)
