ALTER TABLE conversations ADD COLUMN ratings BIGINT
