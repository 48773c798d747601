CREATE TABLE facts (
    conversation_id text NOT NULL,
    sequence bigint NOT NULL,
    arrived_ns bigint NOT NULL,
    body bytea NOT NULL,
    PRIMARY KEY (conversation_id, sequence)
)

CREATE TABLE heads (
    conversation_id text NOT NULL,
    service_name text NOT NULL,
    service_namespace text NOT NULL,
    deployment_environment_name text NOT NULL,
    sequence bigint NOT NULL,
    first_sequence bigint NOT NULL,
    deadline_ns bigint,
    due_ns bigint,
    arrived_ns bigint NOT NULL,
    active boolean NOT NULL,
    body bytea NOT NULL,
    PRIMARY KEY (conversation_id)
)

CREATE TABLE calls (
    conversation_id text NOT NULL,
    service_name text NOT NULL,
    service_namespace text NOT NULL,
    deployment_environment_name text NOT NULL,
    started_ns bigint NOT NULL,
    duration_ns bigint NOT NULL,
    kind text NOT NULL,
    name text NOT NULL,
    agent text,
    error_type text,
    trace_id text,
    triggered boolean,
    input_tokens bigint,
    output_tokens bigint,
    cache_read_tokens bigint,
    cache_write_tokens bigint,
    reasoning_tokens bigint,
    first_token_ns bigint,
    cost_usd numeric(38, 15)
)

CREATE TABLE messages (
    conversation_id text NOT NULL,
    service_name text NOT NULL,
    service_namespace text NOT NULL,
    deployment_environment_name text NOT NULL,
    sent_ns bigint NOT NULL,
    role text NOT NULL,
    agent text,
    user_hash text
)

CREATE TABLE conversations (
    conversation_id text NOT NULL,
    episode bigint NOT NULL,
    service_name text NOT NULL,
    service_namespace text NOT NULL,
    deployment_environment_name text NOT NULL,
    started_ns bigint NOT NULL,
    ended_ns bigint NOT NULL,
    user_turns bigint NOT NULL,
    agent_messages bigint,
    model_calls bigint,
    tool_calls bigint,
    tool_errors bigint,
    handoffs bigint,
    failed_turns bigint,
    loops bigint,
    guardrail_trips bigint,
    input_tokens bigint,
    output_tokens bigint,
    cached_tokens bigint,
    reasoning_tokens bigint,
    unpriced_calls bigint,
    first_response_ns bigint,
    dissatisfied_turns bigint,
    judged_turns bigint,
    rephrases bigint,
    repeats bigint,
    effort bigint,
    end_reason text,
    outcome text,
    outcome_reason text,
    requested_outcome text,
    agent text,
    escalation_agent text,
    channel text,
    device text,
    language text,
    country text,
    user_hash text,
    session_id text,
    version text,
    sentiment text,
    trajectory text,
    outcome_statement text,
    resolution_status text,
    rating text,
    last_rating text,
    trace_id text,
    without_signals boolean,
    judged_resolved boolean,
    returned boolean,
    contained boolean,
    assumed boolean,
    confirmed boolean,
    verified boolean,
    satisfaction double precision,
    score double precision,
    cost_usd numeric(38, 15),
    agents text,
    models text,
    tools text,
    error_types text,
    PRIMARY KEY (conversation_id, episode)
)

CREATE TABLE totals (
    metric text NOT NULL,
    service_name text NOT NULL,
    service_namespace text NOT NULL,
    deployment_environment_name text NOT NULL,
    labels text NOT NULL,
    writer bigint NOT NULL,
    bucket bigint NOT NULL,
    value numeric(38, 15) NOT NULL,
    retracted numeric(38, 15) NOT NULL,
    PRIMARY KEY (metric, service_name, service_namespace, deployment_environment_name, labels, writer, bucket)
)

CREATE INDEX heads_due ON heads (due_ns) WHERE due_ns IS NOT NULL

CREATE INDEX heads_active ON heads (service_name, service_namespace, deployment_environment_name) WHERE active

CREATE INDEX messages_user ON messages (user_hash, sent_ns) WHERE user_hash IS NOT NULL

CREATE INDEX messages_conversation ON messages (conversation_id, sent_ns)

CREATE INDEX messages_sent ON messages USING brin (sent_ns)

CREATE INDEX calls_started ON calls USING brin (started_ns)

CREATE INDEX calls_conversation ON calls (conversation_id)

CREATE INDEX conversations_ended ON conversations (ended_ns)

CREATE INDEX conversations_started ON conversations (started_ns)

CREATE INDEX conversations_user ON conversations (user_hash, ended_ns) WHERE user_hash IS NOT NULL
