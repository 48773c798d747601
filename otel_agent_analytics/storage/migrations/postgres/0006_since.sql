ALTER TABLE heads ADD COLUMN since_ns bigint
