CREATE TABLE insights (
    conversation_id text NOT NULL,
    episode bigint NOT NULL,
    extractor text NOT NULL,
    revision bigint NOT NULL,
    service_name text NOT NULL,
    service_namespace text NOT NULL,
    deployment_environment_name text NOT NULL,
    ended_ns bigint NOT NULL,
    judged_ns bigint NOT NULL,
    extractor_version text NOT NULL,
    transcript_hash text NOT NULL,
    primary_intent text,
    sentiment text,
    trajectory text,
    resolution_status text,
    secondary_intents text,
    topics text,
    effort bigint,
    cost_usd numeric(38, 15),
    body bytea NOT NULL,
    arrived_ns bigint NOT NULL,
    PRIMARY KEY (conversation_id, episode, extractor, revision)
)

CREATE INDEX insights_ended ON insights (ended_ns)

CREATE INDEX insights_arrived ON insights USING brin (arrived_ns)

UPDATE days SET summed = false WHERE source = 'calls'
