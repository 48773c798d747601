CREATE TABLE waiting (
    trace_id text NOT NULL,
    part bigint NOT NULL,
    arrived_ns bigint NOT NULL,
    spans bigint NOT NULL,
    root boolean NOT NULL,
    unread boolean NOT NULL,
    body bytea NOT NULL,
    PRIMARY KEY (trace_id, part)
)

CREATE TABLE users (
    service_name text NOT NULL,
    service_namespace text NOT NULL,
    deployment_environment_name text NOT NULL,
    day bigint NOT NULL,
    writer bigint NOT NULL,
    version bigint NOT NULL,
    sketch bytea NOT NULL,
    PRIMARY KEY (service_name, service_namespace, deployment_environment_name, day, writer)
)

CREATE INDEX waiting_unread ON waiting (trace_id) WHERE unread
