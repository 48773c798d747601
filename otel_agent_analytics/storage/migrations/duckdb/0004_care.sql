CREATE TABLE content (
    conversation_id VARCHAR NOT NULL,
    span_id VARCHAR NOT NULL,
    trace_id VARCHAR NOT NULL,
    user_hash VARCHAR,
    sent_ns BIGINT NOT NULL,
    body BLOB NOT NULL,
    arrived_ns BIGINT NOT NULL
)

CREATE TABLE gone (
    conversation_hash BIGINT NOT NULL,
    floor_ns BIGINT NOT NULL,
    sequence BIGINT NOT NULL,
    gone_ns BIGINT NOT NULL
)

CREATE TABLE store_key (value VARCHAR NOT NULL)

INSERT INTO store_key SELECT CAST(gen_random_uuid() AS VARCHAR)

ALTER TABLE calls ADD COLUMN arrived_ns BIGINT

ALTER TABLE messages ADD COLUMN arrived_ns BIGINT

ALTER TABLE conversations ADD COLUMN arrived_ns BIGINT

UPDATE calls SET arrived_ns = started_ns + duration_ns

UPDATE messages SET arrived_ns = sent_ns

UPDATE conversations SET arrived_ns = ended_ns
