ALTER TABLE conversations ADD COLUMN intent VARCHAR

ALTER TABLE conversations ADD COLUMN topic VARCHAR

ALTER TABLE conversations ADD COLUMN intents VARCHAR
