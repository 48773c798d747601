CREATE TABLE insight_jobs (
    conversation_id text NOT NULL,
    episode bigint NOT NULL,
    transcript_hash text NOT NULL,
    service_name text NOT NULL,
    service_namespace text NOT NULL,
    deployment_environment_name text NOT NULL,
    ended_ns bigint NOT NULL,
    due_ns bigint NOT NULL,
    attempts bigint NOT NULL,
    lease bigint NOT NULL,
    reserved_day bigint NOT NULL,
    reserved_usd numeric(38, 15) NOT NULL,
    arrived_ns bigint NOT NULL,
    PRIMARY KEY (conversation_id, episode, transcript_hash)
)

CREATE INDEX insight_jobs_due ON insight_jobs (due_ns)

CREATE TABLE agreement (
    conversation_id text NOT NULL,
    episode bigint NOT NULL,
    service_name text NOT NULL,
    service_namespace text NOT NULL,
    deployment_environment_name text NOT NULL,
    local_status text,
    local_sentiment text,
    rating text,
    judge_status text,
    judge_sentiment text,
    arrived_ns bigint NOT NULL,
    PRIMARY KEY (conversation_id, episode)
)

CREATE INDEX agreement_arrived ON agreement USING brin (arrived_ns)

CREATE TABLE judge_days (
    day bigint NOT NULL PRIMARY KEY,
    spent_usd numeric(38, 15) NOT NULL
)

CREATE INDEX insights_transcript ON insights (transcript_hash)
