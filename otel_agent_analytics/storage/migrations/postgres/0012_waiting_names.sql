ALTER TABLE waiting ADD COLUMN names text
