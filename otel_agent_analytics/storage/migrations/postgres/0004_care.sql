CREATE TABLE content (
    conversation_id text NOT NULL,
    span_id text NOT NULL,
    trace_id text NOT NULL,
    user_hash text,
    sent_ns bigint NOT NULL,
    body bytea NOT NULL,
    arrived_ns bigint NOT NULL,
    PRIMARY KEY (conversation_id, span_id)
)

CREATE TABLE gone (
    conversation_hash bigint NOT NULL,
    floor_ns bigint NOT NULL,
    sequence bigint NOT NULL,
    gone_ns bigint NOT NULL,
    PRIMARY KEY (conversation_hash)
)

CREATE TABLE store_key (value text NOT NULL)

INSERT INTO store_key SELECT CAST(gen_random_uuid() AS text)

ALTER TABLE calls ADD COLUMN arrived_ns bigint

ALTER TABLE messages ADD COLUMN arrived_ns bigint

ALTER TABLE conversations ADD COLUMN arrived_ns bigint

UPDATE calls SET arrived_ns = started_ns + duration_ns

UPDATE messages SET arrived_ns = sent_ns

UPDATE conversations SET arrived_ns = ended_ns

CREATE INDEX content_arrived ON content USING brin (arrived_ns)

CREATE INDEX content_user ON content (user_hash) WHERE user_hash IS NOT NULL

CREATE INDEX facts_arrived ON facts USING brin (arrived_ns)

CREATE INDEX calls_arrived ON calls USING brin (arrived_ns)

CREATE INDEX messages_arrived ON messages USING brin (arrived_ns)

CREATE INDEX conversations_arrived ON conversations USING brin (arrived_ns)

CREATE INDEX heads_finished ON heads (arrived_ns) WHERE deadline_ns IS NULL
