CREATE TABLE outbox (
    number bigint NOT NULL,
    writer bigint NOT NULL,
    conversation_id text NOT NULL,
    service_name text NOT NULL,
    service_namespace text NOT NULL,
    deployment_environment_name text NOT NULL,
    user_hash text,
    arrived_ns bigint NOT NULL,
    body bytea NOT NULL,
    PRIMARY KEY (number, writer)
)

CREATE TABLE revisions (
    conversation_id text NOT NULL,
    episode bigint NOT NULL,
    revision bigint NOT NULL,
    arrived_ns bigint NOT NULL,
    PRIMARY KEY (conversation_id, episode)
)

CREATE INDEX outbox_conversation ON outbox (conversation_id)

CREATE INDEX revisions_arrived ON revisions USING brin (arrived_ns)
