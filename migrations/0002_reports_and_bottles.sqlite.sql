-- Version 2: reports and bans, bottles and their threads.

CREATE TABLE bans (
    ban TEXT NOT NULL,
    person TEXT NOT NULL,
    kind TEXT NOT NULL,
    since_ms BIGINT NOT NULL,
    until_ms BIGINT,
    CONSTRAINT bans_pkey PRIMARY KEY (ban),
    CONSTRAINT bans_kind_check CHECK (kind IN ('ban', 'suspension')),
    CONSTRAINT bans_until_check CHECK (until_ms > since_ms AND (kind = 'ban' OR until_ms IS NOT NULL)),
    CONSTRAINT bans_person_fkey FOREIGN KEY(person) REFERENCES people (person) ON DELETE CASCADE,
    CONSTRAINT bans_ban_id_check CHECK (length(ban) BETWEEN 1 AND 64 AND ban NOT GLOB '*[^A-Za-z0-9_-]*'),
    CONSTRAINT bans_person_id_check CHECK (length(person) BETWEEN 1 AND 64 AND person NOT GLOB '*[^A-Za-z0-9_-]*')
);

CREATE INDEX bans_person_idx ON bans (person);

CREATE INDEX bans_until_ms_idx ON bans (until_ms);

CREATE TABLE bottles (
    bottle TEXT NOT NULL,
    author TEXT NOT NULL,
    text TEXT NOT NULL,
    origin BIGINT NOT NULL,
    thrown_ms BIGINT NOT NULL,
    state TEXT NOT NULL,
    fence BIGINT NOT NULL,
    catcher TEXT,
    lease_until_ms BIGINT,
    sunk_ms BIGINT,
    CONSTRAINT bottles_pkey PRIMARY KEY (bottle),
    CONSTRAINT bottles_origin_check CHECK (((origin >> 52) & 15) = 4),
    CONSTRAINT bottles_state_check CHECK (state IN ('afloat', 'leased', 'frozen', 'threaded', 'sunk')),
    CONSTRAINT bottles_lease_check CHECK ((state = 'leased') = (lease_until_ms IS NOT NULL)),
    CONSTRAINT bottles_catcher_check CHECK (catcher IS NULL OR (state = 'leased' AND catcher <> author)),
    CONSTRAINT bottles_sunk_check CHECK ((state = 'sunk') = (sunk_ms IS NOT NULL)),
    CONSTRAINT bottles_author_fkey FOREIGN KEY(author) REFERENCES people (person) ON DELETE CASCADE,
    CONSTRAINT bottles_catcher_fkey FOREIGN KEY(catcher) REFERENCES people (person) ON DELETE SET NULL,
    CONSTRAINT bottles_bottle_id_check CHECK (length(bottle) BETWEEN 1 AND 64 AND bottle NOT GLOB '*[^A-Za-z0-9_-]*'),
    CONSTRAINT bottles_author_id_check CHECK (length(author) BETWEEN 1 AND 64 AND author NOT GLOB '*[^A-Za-z0-9_-]*'),
    CONSTRAINT bottles_catcher_id_check CHECK (length(catcher) BETWEEN 1 AND 64 AND catcher NOT GLOB '*[^A-Za-z0-9_-]*')
);

CREATE INDEX bottles_author_idx ON bottles (author);

CREATE INDEX bottles_catcher_idx ON bottles (catcher);

CREATE INDEX bottles_lease_until_ms_idx ON bottles (lease_until_ms) WHERE state = 'leased';

CREATE INDEX bottles_state_idx ON bottles (state, thrown_ms);

CREATE INDEX bottles_sunk_ms_idx ON bottles (sunk_ms) WHERE state = 'sunk';

CREATE TABLE reports (
    report TEXT NOT NULL,
    reporter TEXT,
    reported TEXT NOT NULL,
    room TEXT,
    reason TEXT NOT NULL,
    text TEXT,
    at_ms BIGINT NOT NULL,
    does_count BOOLEAN NOT NULL,
    status TEXT NOT NULL,
    reviewed_ms BIGINT,
    reviewer TEXT,
    CONSTRAINT reports_pkey PRIMARY KEY (report),
    CONSTRAINT reports_two_check CHECK (reporter <> reported),
    CONSTRAINT reports_status_check CHECK (status IN ('open', 'accepted', 'rejected')),
    CONSTRAINT reports_reviewed_check CHECK ((status = 'open') = (reviewed_ms IS NULL)),
    CONSTRAINT reports_reporter_fkey FOREIGN KEY(reporter) REFERENCES people (person) ON DELETE SET NULL,
    CONSTRAINT reports_reported_fkey FOREIGN KEY(reported) REFERENCES people (person) ON DELETE CASCADE,
    CONSTRAINT reports_reviewer_fkey FOREIGN KEY(reviewer) REFERENCES people (person) ON DELETE SET NULL,
    CONSTRAINT reports_report_id_check CHECK (length(report) BETWEEN 1 AND 64 AND report NOT GLOB '*[^A-Za-z0-9_-]*'),
    CONSTRAINT reports_reporter_id_check CHECK (length(reporter) BETWEEN 1 AND 64 AND reporter NOT GLOB '*[^A-Za-z0-9_-]*'),
    CONSTRAINT reports_reported_id_check CHECK (length(reported) BETWEEN 1 AND 64 AND reported NOT GLOB '*[^A-Za-z0-9_-]*'),
    CONSTRAINT reports_room_id_check CHECK (length(room) BETWEEN 1 AND 64 AND room NOT GLOB '*[^A-Za-z0-9_-]*'),
    CONSTRAINT reports_reviewer_id_check CHECK (length(reviewer) BETWEEN 1 AND 64 AND reviewer NOT GLOB '*[^A-Za-z0-9_-]*')
);

CREATE INDEX reports_at_ms_idx ON reports (at_ms);

CREATE INDEX reports_reported_idx ON reports (reported, at_ms);

CREATE INDEX reports_reporter_idx ON reports (reporter, at_ms);

CREATE INDEX reports_reviewer_idx ON reports (reviewer);

CREATE TABLE catches (
    bottle TEXT NOT NULL,
    catcher TEXT NOT NULL,
    at_ms BIGINT NOT NULL,
    is_established BOOLEAN NOT NULL,
    has_reported BOOLEAN NOT NULL,
    CONSTRAINT catches_pkey PRIMARY KEY (bottle, catcher),
    CONSTRAINT catches_bottle_fkey FOREIGN KEY(bottle) REFERENCES bottles (bottle) ON DELETE CASCADE,
    CONSTRAINT catches_catcher_fkey FOREIGN KEY(catcher) REFERENCES people (person) ON DELETE CASCADE,
    CONSTRAINT catches_bottle_id_check CHECK (length(bottle) BETWEEN 1 AND 64 AND bottle NOT GLOB '*[^A-Za-z0-9_-]*'),
    CONSTRAINT catches_catcher_id_check CHECK (length(catcher) BETWEEN 1 AND 64 AND catcher NOT GLOB '*[^A-Za-z0-9_-]*')
);

CREATE INDEX catches_catcher_idx ON catches (catcher, at_ms);

CREATE TABLE report_messages (
    report TEXT NOT NULL,
    position INTEGER NOT NULL,
    speaker TEXT NOT NULL,
    text TEXT NOT NULL,
    at_ms BIGINT NOT NULL,
    CONSTRAINT report_messages_pkey PRIMARY KEY (report, position),
    CONSTRAINT report_messages_position_check CHECK (position BETWEEN 1 AND 20),
    CONSTRAINT report_messages_speaker_check CHECK (speaker IN ('reporter', 'reported', 'other')),
    CONSTRAINT report_messages_report_fkey FOREIGN KEY(report) REFERENCES reports (report) ON DELETE CASCADE,
    CONSTRAINT report_messages_report_id_check CHECK (length(report) BETWEEN 1 AND 64 AND report NOT GLOB '*[^A-Za-z0-9_-]*')
);

CREATE TABLE threads (
    thread TEXT NOT NULL,
    bottle TEXT,
    author TEXT,
    catcher TEXT,
    created_ms BIGINT NOT NULL,
    CONSTRAINT threads_pkey PRIMARY KEY (thread),
    CONSTRAINT threads_two_check CHECK (author <> catcher),
    CONSTRAINT threads_bottle_key UNIQUE (bottle),
    CONSTRAINT threads_bottle_fkey FOREIGN KEY(bottle) REFERENCES bottles (bottle) ON DELETE SET NULL,
    CONSTRAINT threads_author_fkey FOREIGN KEY(author) REFERENCES people (person) ON DELETE SET NULL,
    CONSTRAINT threads_catcher_fkey FOREIGN KEY(catcher) REFERENCES people (person) ON DELETE SET NULL,
    CONSTRAINT threads_thread_id_check CHECK (length(thread) BETWEEN 1 AND 64 AND thread NOT GLOB '*[^A-Za-z0-9_-]*'),
    CONSTRAINT threads_bottle_id_check CHECK (length(bottle) BETWEEN 1 AND 64 AND bottle NOT GLOB '*[^A-Za-z0-9_-]*'),
    CONSTRAINT threads_author_id_check CHECK (length(author) BETWEEN 1 AND 64 AND author NOT GLOB '*[^A-Za-z0-9_-]*'),
    CONSTRAINT threads_catcher_id_check CHECK (length(catcher) BETWEEN 1 AND 64 AND catcher NOT GLOB '*[^A-Za-z0-9_-]*')
);

CREATE INDEX threads_author_idx ON threads (author);

CREATE INDEX threads_catcher_idx ON threads (catcher);

CREATE TABLE thread_messages (
    thread TEXT NOT NULL,
    seq BIGINT NOT NULL,
    author TEXT NOT NULL,
    text TEXT NOT NULL,
    at_ms BIGINT NOT NULL,
    CONSTRAINT thread_messages_pkey PRIMARY KEY (thread, seq),
    CONSTRAINT thread_messages_thread_fkey FOREIGN KEY(thread) REFERENCES threads (thread) ON DELETE CASCADE,
    CONSTRAINT thread_messages_author_fkey FOREIGN KEY(author) REFERENCES people (person) ON DELETE CASCADE,
    CONSTRAINT thread_messages_thread_id_check CHECK (length(thread) BETWEEN 1 AND 64 AND thread NOT GLOB '*[^A-Za-z0-9_-]*'),
    CONSTRAINT thread_messages_author_id_check CHECK (length(author) BETWEEN 1 AND 64 AND author NOT GLOB '*[^A-Za-z0-9_-]*')
);

CREATE INDEX thread_messages_author_idx ON thread_messages (author);

UPDATE markers SET value = 2 WHERE name = 'schema';
