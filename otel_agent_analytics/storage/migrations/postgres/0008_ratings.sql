ALTER TABLE conversations ADD COLUMN ratings BIGINT

ALTER TABLE conversations ADD COLUMN scores BIGINT
