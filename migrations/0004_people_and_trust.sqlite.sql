-- Version 4: who never meets in a table of its own, marks on members, operators' verdicts, brakes and refused texts.

ALTER TABLE people ADD COLUMN verdict TEXT
    CONSTRAINT people_verdict_check CHECK (verdict IN ('verified', 'revoked'));

ALTER TABLE bans ADD COLUMN reason TEXT;

ALTER TABLE bans ADD COLUMN appeal TEXT;

ALTER TABLE recents ADD COLUMN reached_ms JSON NOT NULL DEFAULT '[]';

ALTER TABLE reports ADD COLUMN bottle TEXT
    CONSTRAINT reports_bottle_id_check CHECK (length(bottle) BETWEEN 1 AND 64 AND bottle NOT GLOB '*[^A-Za-z0-9_-]*');

ALTER TABLE reports ADD COLUMN decision TEXT;

CREATE TABLE conflicts (
    author TEXT NOT NULL,
    other TEXT NOT NULL,
    because TEXT NOT NULL,
    is_mutual BOOLEAN NOT NULL,
    since_ms BIGINT NOT NULL,
    CONSTRAINT conflicts_pkey PRIMARY KEY (author, other, because),
    CONSTRAINT conflicts_because_check CHECK (because IN ('block', 'report')),
    CONSTRAINT conflicts_two_check CHECK (author <> other),
    CONSTRAINT conflicts_author_fkey FOREIGN KEY(author) REFERENCES people (person) ON DELETE CASCADE,
    CONSTRAINT conflicts_other_fkey FOREIGN KEY(other) REFERENCES people (person) ON DELETE CASCADE,
    CONSTRAINT conflicts_author_id_check CHECK (length(author) BETWEEN 1 AND 64 AND author NOT GLOB '*[^A-Za-z0-9_-]*'),
    CONSTRAINT conflicts_other_id_check CHECK (length(other) BETWEEN 1 AND 64 AND other NOT GLOB '*[^A-Za-z0-9_-]*')
);

CREATE INDEX conflicts_other_idx ON conflicts (other);

-- Whether the authors were established is not known any more: the rule that keeps two apart more surely.
INSERT INTO conflicts (author, other, because, is_mutual, since_ms)
SELECT owner, subject, 'block', true, created_ms FROM relations WHERE kind = 'block';

INSERT INTO conflicts (author, other, because, is_mutual, since_ms)
SELECT reporter, reported, 'report', true, min(at_ms) FROM reports WHERE reporter IS NOT NULL GROUP BY reporter, reported;

CREATE TABLE marks (
    owner TEXT NOT NULL,
    member TEXT NOT NULL,
    kind TEXT NOT NULL,
    at_ms BIGINT NOT NULL,
    CONSTRAINT marks_pkey PRIMARY KEY (owner, member, kind),
    CONSTRAINT marks_kind_check CHECK (kind IN ('mute', 'greet')),
    CONSTRAINT marks_owner_fkey FOREIGN KEY(owner) REFERENCES people (person) ON DELETE CASCADE,
    CONSTRAINT marks_member_fkey FOREIGN KEY(member) REFERENCES seats (member) ON DELETE CASCADE,
    CONSTRAINT marks_owner_id_check CHECK (length(owner) BETWEEN 1 AND 64 AND owner NOT GLOB '*[^A-Za-z0-9_-]*'),
    CONSTRAINT marks_member_id_check CHECK (length(member) BETWEEN 1 AND 64 AND member NOT GLOB '*[^A-Za-z0-9_-]*')
);

CREATE INDEX marks_member_idx ON marks (member);

CREATE TABLE brakes (
    what TEXT NOT NULL,
    area TEXT NOT NULL,
    since_ms BIGINT NOT NULL,
    reason TEXT NOT NULL,
    CONSTRAINT brakes_pkey PRIMARY KEY (what, area),
    CONSTRAINT brakes_what_check CHECK (what IN ('placement', 'guests', 'shake', 'bottle')),
    CONSTRAINT brakes_area_check CHECK (area = '' OR what = 'placement')
);

CREATE TABLE refused_texts (
    text_hash BLOB NOT NULL,
    until_ms BIGINT NOT NULL,
    CONSTRAINT refused_texts_pkey PRIMARY KEY (text_hash),
    CONSTRAINT refused_texts_text_hash_check CHECK (length(text_hash) = 16)
);

CREATE INDEX refused_texts_until_ms_idx ON refused_texts (until_ms);

CREATE INDEX people_listed_idx ON people (person) WHERE is_listed;

CREATE INDEX people_verdict_idx ON people (person) WHERE verdict IS NOT NULL;

CREATE INDEX reports_open_idx ON reports (at_ms, report) WHERE status = 'open';

CREATE INDEX reports_decided_idx ON reports (reviewed_ms, report) WHERE status <> 'open';

INSERT INTO markers (name, value) VALUES ('verdicts', 0);

UPDATE markers SET value = 4 WHERE name = 'schema';
