CREATE TABLE insights (
    conversation_id VARCHAR NOT NULL,
    episode BIGINT NOT NULL,
    extractor VARCHAR NOT NULL,
    revision BIGINT NOT NULL,
    service_name VARCHAR NOT NULL,
    service_namespace VARCHAR NOT NULL,
    deployment_environment_name VARCHAR NOT NULL,
    ended_ns BIGINT NOT NULL,
    judged_ns BIGINT NOT NULL,
    extractor_version VARCHAR NOT NULL,
    transcript_hash VARCHAR NOT NULL,
    primary_intent VARCHAR,
    sentiment VARCHAR,
    trajectory VARCHAR,
    resolution_status VARCHAR,
    secondary_intents VARCHAR,
    topics VARCHAR,
    effort BIGINT,
    cost_usd DECIMAL(38, 15),
    body BLOB NOT NULL,
    arrived_ns BIGINT NOT NULL
)

UPDATE days SET summed = false WHERE source = 'calls'
