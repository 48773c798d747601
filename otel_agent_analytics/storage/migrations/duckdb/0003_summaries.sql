ALTER TABLE conversations ADD COLUMN score_sum DOUBLE

ALTER TABLE conversations ADD COLUMN scored BIGINT

UPDATE conversations SET score_sum = score, scored = CASE WHEN score IS NULL THEN 0 ELSE 1 END

CREATE TABLE days (
    source VARCHAR NOT NULL,
    day BIGINT NOT NULL,
    summed BOOLEAN NOT NULL
)

INSERT INTO days SELECT DISTINCT 'calls', started_ns // 86400000000000, false FROM calls

INSERT INTO days SELECT DISTINCT 'messages', sent_ns // 86400000000000, false FROM messages

INSERT INTO days SELECT DISTINCT 'conversations', ended_ns // 86400000000000, false FROM conversations

CREATE TABLE conversation_days (
    day BIGINT NOT NULL,
    service_name VARCHAR NOT NULL,
    service_namespace VARCHAR NOT NULL,
    deployment_environment_name VARCHAR NOT NULL,
    dimension VARCHAR NOT NULL,
    value VARCHAR,
    episodes BIGINT,
    completed BIGINT,
    escalated BIGINT,
    failed BIGINT,
    abandoned BIGINT,
    silent BIGINT,
    asked_for_human BIGINT,
    without_signals BIGINT,
    status_resolved BIGINT,
    status_partially_resolved BIGINT,
    status_unresolved BIGINT,
    status_escalated BIGINT,
    contained BIGINT,
    assumed BIGINT,
    settled BIGINT,
    confirmed BIGINT,
    verified BIGINT,
    positive BIGINT,
    neutral BIGINT,
    negative BIGINT,
    frustrated BIGINT,
    improved BIGINT,
    stable BIGINT,
    declined BIGINT,
    rated_positive BIGINT,
    rated_neutral BIGINT,
    rated_negative BIGINT,
    score DOUBLE,
    scored BIGINT,
    user_turns BIGINT,
    duration_ns DECIMAL(38, 0),
    resolved_duration_ns DECIMAL(38, 0),
    first_response_ns DECIMAL(38, 0),
    answered BIGINT,
    effort BIGINT,
    effort_known BIGINT,
    satisfaction DOUBLE,
    satisfaction_known BIGINT,
    dissatisfied_turns BIGINT,
    judged_turns BIGINT,
    rephrases BIGINT,
    repeats BIGINT,
    tool_calls BIGINT,
    tool_errors BIGINT,
    handoffs BIGINT,
    loops BIGINT,
    guardrail_trips BIGINT,
    tokens BIGINT,
    tokens_known BIGINT,
    cost DECIMAL(38, 15),
    cost_known BIGINT,
    priced_cost DECIMAL(38, 15),
    priced BIGINT,
    unpriced_calls BIGINT,
    verified_cost DECIMAL(38, 15),
    verified_priced BIGINT,
    escalated_cost DECIMAL(38, 15),
    escalated_priced BIGINT,
    left_out BIGINT
)

CREATE TABLE conversation_user_days (
    day BIGINT NOT NULL,
    service_name VARCHAR NOT NULL,
    service_namespace VARCHAR NOT NULL,
    deployment_environment_name VARCHAR NOT NULL,
    person UUID NOT NULL,
    country VARCHAR,
    device VARCHAR,
    channel VARCHAR,
    language VARCHAR
)

CREATE TABLE call_days (
    day BIGINT NOT NULL,
    service_name VARCHAR NOT NULL,
    service_namespace VARCHAR NOT NULL,
    deployment_environment_name VARCHAR NOT NULL,
    kind VARCHAR NOT NULL,
    name VARCHAR NOT NULL,
    agent VARCHAR,
    error_type VARCHAR,
    calls BIGINT NOT NULL,
    unpriced BIGINT NOT NULL,
    input_tokens BIGINT,
    output_tokens BIGINT,
    cache_read_tokens BIGINT,
    cache_write_tokens BIGINT,
    reasoning_tokens BIGINT,
    cost_usd DECIMAL(38, 15)
)

CREATE TABLE time_days (
    day BIGINT NOT NULL,
    service_name VARCHAR NOT NULL,
    service_namespace VARCHAR NOT NULL,
    deployment_environment_name VARCHAR NOT NULL,
    kind VARCHAR NOT NULL,
    name VARCHAR NOT NULL,
    bucket BIGINT NOT NULL,
    count BIGINT NOT NULL,
    sum_ns DOUBLE NOT NULL
)

CREATE TABLE message_days (
    day BIGINT NOT NULL,
    service_name VARCHAR NOT NULL,
    service_namespace VARCHAR NOT NULL,
    deployment_environment_name VARCHAR NOT NULL,
    quarter_ns BIGINT NOT NULL,
    messages BIGINT NOT NULL,
    without_user BIGINT NOT NULL
)

CREATE TABLE message_user_days (
    day BIGINT NOT NULL,
    service_name VARCHAR NOT NULL,
    service_namespace VARCHAR NOT NULL,
    deployment_environment_name VARCHAR NOT NULL,
    person UUID NOT NULL
)
