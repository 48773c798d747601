CREATE TABLE insight_jobs (
    conversation_id VARCHAR NOT NULL,
    episode BIGINT NOT NULL,
    transcript_hash VARCHAR NOT NULL,
    service_name VARCHAR NOT NULL,
    service_namespace VARCHAR NOT NULL,
    deployment_environment_name VARCHAR NOT NULL,
    ended_ns BIGINT NOT NULL,
    due_ns BIGINT NOT NULL,
    attempts BIGINT NOT NULL,
    lease BIGINT NOT NULL,
    reserved_day BIGINT NOT NULL,
    reserved_usd DECIMAL(38, 15) NOT NULL,
    arrived_ns BIGINT NOT NULL
)

CREATE TABLE agreement (
    conversation_id VARCHAR NOT NULL,
    episode BIGINT NOT NULL,
    service_name VARCHAR NOT NULL,
    service_namespace VARCHAR NOT NULL,
    deployment_environment_name VARCHAR NOT NULL,
    local_status VARCHAR,
    local_sentiment VARCHAR,
    rating VARCHAR,
    judge_status VARCHAR,
    judge_sentiment VARCHAR,
    arrived_ns BIGINT NOT NULL
)

CREATE TABLE judge_days (
    day BIGINT NOT NULL,
    spent_usd DECIMAL(38, 15) NOT NULL
)
