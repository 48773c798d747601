ALTER TABLE conversations ADD COLUMN intent text

ALTER TABLE conversations ADD COLUMN topic text

ALTER TABLE conversations ADD COLUMN intents text
