CREATE TABLE facts (
    conversation_id VARCHAR NOT NULL,
    sequence BIGINT NOT NULL,
    arrived_ns BIGINT NOT NULL,
    body BLOB NOT NULL
)

CREATE TABLE heads (
    conversation_id VARCHAR NOT NULL,
    service_name VARCHAR NOT NULL,
    service_namespace VARCHAR NOT NULL,
    deployment_environment_name VARCHAR NOT NULL,
    sequence BIGINT NOT NULL,
    first_sequence BIGINT NOT NULL,
    deadline_ns BIGINT,
    due_ns BIGINT,
    arrived_ns BIGINT NOT NULL,
    active BOOLEAN NOT NULL,
    body BLOB NOT NULL
)

CREATE TABLE calls (
    conversation_id VARCHAR NOT NULL,
    service_name VARCHAR NOT NULL,
    service_namespace VARCHAR NOT NULL,
    deployment_environment_name VARCHAR NOT NULL,
    started_ns BIGINT NOT NULL,
    duration_ns BIGINT NOT NULL,
    kind VARCHAR NOT NULL,
    name VARCHAR NOT NULL,
    agent VARCHAR,
    error_type VARCHAR,
    trace_id VARCHAR,
    triggered BOOLEAN,
    input_tokens BIGINT,
    output_tokens BIGINT,
    cache_read_tokens BIGINT,
    cache_write_tokens BIGINT,
    reasoning_tokens BIGINT,
    first_token_ns BIGINT,
    cost_usd DECIMAL(38, 15)
)

CREATE TABLE messages (
    conversation_id VARCHAR NOT NULL,
    service_name VARCHAR NOT NULL,
    service_namespace VARCHAR NOT NULL,
    deployment_environment_name VARCHAR NOT NULL,
    sent_ns BIGINT NOT NULL,
    role VARCHAR NOT NULL,
    agent VARCHAR,
    user_hash VARCHAR
)

CREATE TABLE conversations (
    conversation_id VARCHAR NOT NULL,
    episode BIGINT NOT NULL,
    service_name VARCHAR NOT NULL,
    service_namespace VARCHAR NOT NULL,
    deployment_environment_name VARCHAR NOT NULL,
    started_ns BIGINT NOT NULL,
    ended_ns BIGINT NOT NULL,
    user_turns BIGINT NOT NULL,
    agent_messages BIGINT,
    model_calls BIGINT,
    tool_calls BIGINT,
    tool_errors BIGINT,
    handoffs BIGINT,
    failed_turns BIGINT,
    loops BIGINT,
    guardrail_trips BIGINT,
    input_tokens BIGINT,
    output_tokens BIGINT,
    cached_tokens BIGINT,
    reasoning_tokens BIGINT,
    unpriced_calls BIGINT,
    first_response_ns BIGINT,
    dissatisfied_turns BIGINT,
    judged_turns BIGINT,
    rephrases BIGINT,
    repeats BIGINT,
    effort BIGINT,
    end_reason VARCHAR,
    outcome VARCHAR,
    outcome_reason VARCHAR,
    requested_outcome VARCHAR,
    agent VARCHAR,
    escalation_agent VARCHAR,
    channel VARCHAR,
    device VARCHAR,
    language VARCHAR,
    country VARCHAR,
    user_hash VARCHAR,
    session_id VARCHAR,
    version VARCHAR,
    sentiment VARCHAR,
    trajectory VARCHAR,
    outcome_statement VARCHAR,
    resolution_status VARCHAR,
    rating VARCHAR,
    last_rating VARCHAR,
    trace_id VARCHAR,
    without_signals BOOLEAN,
    judged_resolved BOOLEAN,
    returned BOOLEAN,
    contained BOOLEAN,
    assumed BOOLEAN,
    confirmed BOOLEAN,
    verified BOOLEAN,
    satisfaction DOUBLE,
    score DOUBLE,
    cost_usd DECIMAL(38, 15),
    agents VARCHAR,
    models VARCHAR,
    tools VARCHAR,
    error_types VARCHAR
)

CREATE TABLE totals (
    metric VARCHAR NOT NULL,
    service_name VARCHAR NOT NULL,
    service_namespace VARCHAR NOT NULL,
    deployment_environment_name VARCHAR NOT NULL,
    labels VARCHAR NOT NULL,
    writer BIGINT NOT NULL,
    bucket BIGINT NOT NULL,
    value DECIMAL(38, 15) NOT NULL,
    retracted DECIMAL(38, 15) NOT NULL
)

CREATE TABLE progress (
    position BIGINT NOT NULL
)

INSERT INTO progress VALUES (0)
