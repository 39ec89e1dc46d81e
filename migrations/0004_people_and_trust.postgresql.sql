-- Version 4: who never meets in a table of its own, marks on members, operators' verdicts, brakes and refused texts.

ALTER TABLE people ADD COLUMN verdict text;
ALTER TABLE people ADD CONSTRAINT people_verdict_check CHECK (verdict IN ('verified', 'revoked'));
COMMENT ON COLUMN people.verdict IS 'what an operator says of the verified name, whatever the token says; null: the token decides';

ALTER TABLE bans ADD COLUMN reason text;
ALTER TABLE bans ADD COLUMN appeal text;

ALTER TABLE recents ADD COLUMN reached_ms jsonb NOT NULL DEFAULT '[]';
COMMENT ON COLUMN recents.reached_ms IS 'when strangers last heard the person, and not who';

ALTER TABLE reports ADD COLUMN bottle opaque_id;
ALTER TABLE reports ADD COLUMN decision text;

CREATE TABLE conflicts (
    author person_id NOT NULL,
    other person_id NOT NULL,
    because text NOT NULL,
    is_mutual boolean NOT NULL,
    since_ms bigint NOT NULL,
    CONSTRAINT conflicts_pkey PRIMARY KEY (author, other, because),
    CONSTRAINT conflicts_author_fkey FOREIGN KEY (author) REFERENCES people (person) ON DELETE CASCADE,
    CONSTRAINT conflicts_other_fkey FOREIGN KEY (other) REFERENCES people (person) ON DELETE CASCADE,
    CONSTRAINT conflicts_because_check CHECK (because IN ('block', 'report')),
    CONSTRAINT conflicts_two_check CHECK (author <> other)
);
COMMENT ON TABLE conflicts IS 'Who never meets again: by a block until it is withdrawn, by a report for good. Warm start reads it whole.';
COMMENT ON COLUMN conflicts.author IS 'owner; who blocked or reported';
COMMENT ON COLUMN conflicts.other IS 'subject; whom';
COMMENT ON COLUMN conflicts.is_mutual IS 'false: the author was not established and only the author gives way';
CREATE INDEX conflicts_other_idx ON conflicts (other);
COMMENT ON INDEX conflicts_other_idx IS 'may these two meet, over bottles and threads; erase';

-- Whether the authors were established is not known any more: the rule that keeps two apart more surely.
INSERT INTO conflicts (author, other, because, is_mutual, since_ms)
SELECT owner, subject, 'block', true, created_ms FROM relations WHERE kind = 'block';

INSERT INTO conflicts (author, other, because, is_mutual, since_ms)
SELECT reporter, reported, 'report', true, min(at_ms) FROM reports WHERE reporter IS NOT NULL GROUP BY reporter, reported;

CREATE TABLE marks (
    owner person_id NOT NULL,
    member opaque_id NOT NULL,
    kind text NOT NULL,
    at_ms bigint NOT NULL,
    CONSTRAINT marks_pkey PRIMARY KEY (owner, member, kind),
    CONSTRAINT marks_owner_fkey FOREIGN KEY (owner) REFERENCES people (person) ON DELETE CASCADE,
    CONSTRAINT marks_member_fkey FOREIGN KEY (member) REFERENCES seats (member) ON DELETE CASCADE,
    CONSTRAINT marks_kind_check CHECK (kind IN ('mute', 'greet'))
);
COMMENT ON TABLE marks IS 'Whom of a room''s members somebody muted or greeted there: gone with the member''s seat.';
COMMENT ON COLUMN marks.owner IS 'owner; who did';
CREATE INDEX marks_member_idx ON marks (member);
COMMENT ON INDEX marks_member_idx IS 'warm start: the marks on a seat; end of a seat';

CREATE TABLE brakes (
    what text NOT NULL,
    area text NOT NULL,
    since_ms bigint NOT NULL,
    reason text NOT NULL,
    CONSTRAINT brakes_pkey PRIMARY KEY (what, area),
    CONSTRAINT brakes_what_check CHECK (what IN ('placement', 'guests', 'shake', 'bottle')),
    CONSTRAINT brakes_area_check CHECK (area = '' OR what = 'placement')
);
COMMENT ON TABLE brakes IS 'What an operator has stopped: a row each, everywhere if the area is empty. Who did is in the audit.';

CREATE TABLE refused_texts (
    text_hash bytea NOT NULL,
    until_ms bigint NOT NULL,
    CONSTRAINT refused_texts_pkey PRIMARY KEY (text_hash),
    CONSTRAINT refused_texts_text_hash_check CHECK (length(text_hash) = 16)
);
COMMENT ON TABLE refused_texts IS 'Keyed hashes of texts that were said in too many rooms: refused until then. No text and nobody''s name.';
CREATE INDEX refused_texts_until_ms_idx ON refused_texts (until_ms);
COMMENT ON INDEX refused_texts_until_ms_idx IS 'purge';

CREATE INDEX people_listed_idx ON people (person) WHERE is_listed;
COMMENT ON INDEX people_listed_idx IS 'warm start: who chose to be on nearby lists';

CREATE INDEX people_verdict_idx ON people (person) WHERE verdict IS NOT NULL;
COMMENT ON INDEX people_verdict_idx IS 'what operators said of names, read whole';
COMMENT ON INDEX reports_at_ms_idx IS 'purge';
CREATE INDEX reports_open_idx ON reports (at_ms, report) WHERE status = 'open';
COMMENT ON INDEX reports_open_idx IS 'operators'' list of the open ones, oldest first; how many there are';
CREATE INDEX reports_decided_idx ON reports (reviewed_ms, report) WHERE status <> 'open';
COMMENT ON INDEX reports_decided_idx IS 'operators'' list of the decided ones, the last decision first';
COMMENT ON TABLE markers IS 'Numbers there is one of: the version of this schema, the revisions of the areas and of verdicts, the last window that ended.';

INSERT INTO markers (name, value) VALUES ('verdicts', 0);
UPDATE markers SET value = 4 WHERE name = 'schema';
