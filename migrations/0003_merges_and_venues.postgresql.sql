-- Version 3: what merges, lifts and the rate of cells bind, the rooms of venues, and an index that the purge can use.

ALTER TABLE recents ADD COLUMN cells_ms jsonb NOT NULL DEFAULT '[]';
ALTER TABLE recents ADD COLUMN forced_ms bigint NOT NULL DEFAULT 0;
ALTER TABLE recents ADD COLUMN lifted_resolution integer;
ALTER TABLE recents ADD COLUMN lifted_window bigint;
ALTER TABLE recents ADD CONSTRAINT recents_lifted_check CHECK ((lifted_resolution IS NULL) = (lifted_window IS NULL));
COMMENT ON TABLE recents IS 'What still binds a person after the fact: joins and cells of the hour, rooms left by next, a lost seat, a merge, a lift.';
COMMENT ON COLUMN recents.cells_ms IS 'when res-7 cells came into force, and not which';

ALTER TABLE rooms ADD COLUMN venue opaque_id;
ALTER TABLE rooms ADD CONSTRAINT rooms_finest_check CHECK (((catchment >> 52) & 15) <= 7 AND (venue IS NULL OR ((catchment >> 52) & 15) = 7));
COMMENT ON COLUMN rooms.catchment IS 'never finer than 7; of a venue''s room the cell that the venue shows';

ALTER TABLE seats ADD COLUMN came_from opaque_id;
ALTER TABLE seats ADD COLUMN was opaque_id;
ALTER TABLE seats ADD CONSTRAINT seats_was_check CHECK ((came_from IS NULL) = (was IS NULL));
COMMENT ON COLUMN seats.was IS 'the member in the room before, came_from, of somebody who was moved along with others';

DROP INDEX bottles_sunk_ms_idx;
CREATE INDEX bottles_sunk_ms_idx ON bottles (sunk_ms) WHERE sunk_ms IS NOT NULL;
COMMENT ON INDEX bottles_sunk_ms_idx IS 'purge';

UPDATE markers SET value = 3 WHERE name = 'schema';
