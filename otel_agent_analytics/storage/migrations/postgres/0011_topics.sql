CREATE TABLE topics (
    service_name text NOT NULL,
    service_namespace text NOT NULL,
    deployment_environment_name text NOT NULL,
    version bigint NOT NULL,
    messages bigint NOT NULL,
    oldest_ns bigint,
    learnt_ns bigint NOT NULL,
    body bytea NOT NULL,
    PRIMARY KEY (service_name, service_namespace, deployment_environment_name)
)

CREATE TABLE topic_messages (
    conversation_id text NOT NULL,
    message_id text NOT NULL,
    service_name text NOT NULL,
    service_namespace text NOT NULL,
    deployment_environment_name text NOT NULL,
    user_hash text,
    body bytea NOT NULL,
    arrived_ns bigint NOT NULL,
    PRIMARY KEY (conversation_id, message_id)
)

CREATE INDEX topic_messages_arrived ON topic_messages USING brin (arrived_ns)
