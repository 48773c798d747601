CREATE TABLE waiting (
    trace_id VARCHAR NOT NULL,
    part BIGINT NOT NULL,
    arrived_ns BIGINT NOT NULL,
    spans BIGINT NOT NULL,
    root BOOLEAN NOT NULL,
    unread BOOLEAN NOT NULL,
    body BLOB NOT NULL
)

CREATE TABLE users (
    service_name VARCHAR NOT NULL,
    service_namespace VARCHAR NOT NULL,
    deployment_environment_name VARCHAR NOT NULL,
    day BIGINT NOT NULL,
    writer BIGINT NOT NULL,
    version BIGINT NOT NULL,
    sketch BLOB NOT NULL
)
