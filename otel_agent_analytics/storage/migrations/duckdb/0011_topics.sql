CREATE TABLE topics (
    service_name VARCHAR NOT NULL,
    service_namespace VARCHAR NOT NULL,
    deployment_environment_name VARCHAR NOT NULL,
    version BIGINT NOT NULL,
    messages BIGINT NOT NULL,
    oldest_ns BIGINT,
    learnt_ns BIGINT NOT NULL,
    body BLOB NOT NULL
)

CREATE TABLE topic_messages (
    conversation_id VARCHAR NOT NULL,
    message_id VARCHAR NOT NULL,
    service_name VARCHAR NOT NULL,
    service_namespace VARCHAR NOT NULL,
    deployment_environment_name VARCHAR NOT NULL,
    user_hash VARCHAR,
    body BLOB NOT NULL,
    arrived_ns BIGINT NOT NULL
)
