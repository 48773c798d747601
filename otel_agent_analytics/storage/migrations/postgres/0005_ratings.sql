ALTER TABLE conversations ADD COLUMN ratings bigint
