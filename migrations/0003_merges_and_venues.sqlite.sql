-- Version 3: what merges, lifts and the rate of cells bind, the rooms of venues, and an index that the purge can use.

ALTER TABLE recents ADD COLUMN cells_ms JSON NOT NULL DEFAULT '[]';

ALTER TABLE recents ADD COLUMN forced_ms BIGINT NOT NULL DEFAULT 0;

ALTER TABLE recents ADD COLUMN lifted_resolution INTEGER;

ALTER TABLE recents ADD COLUMN lifted_window BIGINT
    CONSTRAINT recents_lifted_check CHECK ((lifted_resolution IS NULL) = (lifted_window IS NULL));

ALTER TABLE rooms ADD COLUMN venue TEXT
    CONSTRAINT rooms_finest_check CHECK (((catchment >> 52) & 15) <= 7 AND (venue IS NULL OR ((catchment >> 52) & 15) = 7))
    CONSTRAINT rooms_venue_id_check CHECK (length(venue) BETWEEN 1 AND 64 AND venue NOT GLOB '*[^A-Za-z0-9_-]*');

ALTER TABLE seats ADD COLUMN came_from TEXT
    CONSTRAINT seats_came_from_id_check CHECK (length(came_from) BETWEEN 1 AND 64 AND came_from NOT GLOB '*[^A-Za-z0-9_-]*');

ALTER TABLE seats ADD COLUMN was TEXT
    CONSTRAINT seats_was_check CHECK ((came_from IS NULL) = (was IS NULL))
    CONSTRAINT seats_was_id_check CHECK (length(was) BETWEEN 1 AND 64 AND was NOT GLOB '*[^A-Za-z0-9_-]*');

DROP INDEX bottles_sunk_ms_idx;

CREATE INDEX bottles_sunk_ms_idx ON bottles (sunk_ms) WHERE sunk_ms IS NOT NULL;

UPDATE markers SET value = 3 WHERE name = 'schema';
