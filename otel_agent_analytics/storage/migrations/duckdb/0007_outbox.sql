CREATE TABLE outbox (
    number BIGINT NOT NULL,
    writer BIGINT NOT NULL,
    conversation_id VARCHAR NOT NULL,
    service_name VARCHAR NOT NULL,
    service_namespace VARCHAR NOT NULL,
    deployment_environment_name VARCHAR NOT NULL,
    user_hash VARCHAR,
    arrived_ns BIGINT NOT NULL,
    body BLOB NOT NULL
)

CREATE TABLE revisions (
    conversation_id VARCHAR NOT NULL,
    episode BIGINT NOT NULL,
    revision BIGINT NOT NULL,
    arrived_ns BIGINT NOT NULL
)
