-- Version 2: reports and bans, bottles and their threads.

CREATE TABLE bans (
    ban opaque_id NOT NULL,
    person person_id NOT NULL,
    kind text NOT NULL,
    since_ms bigint NOT NULL,
    until_ms bigint,
    CONSTRAINT bans_pkey PRIMARY KEY (ban),
    CONSTRAINT bans_person_fkey FOREIGN KEY (person) REFERENCES people (person) ON DELETE CASCADE,
    CONSTRAINT bans_kind_check CHECK (kind IN ('ban', 'suspension')),
    CONSTRAINT bans_until_check CHECK (until_ms > since_ms AND (kind = 'ban' OR until_ms IS NOT NULL))
);
COMMENT ON TABLE bans IS 'Who may not come in; until_ms null is for good.';
COMMENT ON COLUMN bans.person IS 'subject; who may not';
CREATE INDEX bans_person_idx ON bans (person);
COMMENT ON INDEX bans_person_idx IS 'hello: may this person come in; erase';
CREATE INDEX bans_until_ms_idx ON bans (until_ms);
COMMENT ON INDEX bans_until_ms_idx IS 'purge: what is over';

CREATE TABLE reports (
    report opaque_id NOT NULL,
    reporter person_id,
    reported person_id NOT NULL,
    room opaque_id,
    reason text NOT NULL,
    text text,
    at_ms bigint NOT NULL,
    does_count boolean NOT NULL,
    status text NOT NULL,
    reviewed_ms bigint,
    reviewer person_id,
    CONSTRAINT reports_pkey PRIMARY KEY (report),
    CONSTRAINT reports_reporter_fkey FOREIGN KEY (reporter) REFERENCES people (person) ON DELETE SET NULL,
    CONSTRAINT reports_reported_fkey FOREIGN KEY (reported) REFERENCES people (person) ON DELETE CASCADE,
    CONSTRAINT reports_reviewer_fkey FOREIGN KEY (reviewer) REFERENCES people (person) ON DELETE SET NULL,
    CONSTRAINT reports_two_check CHECK (reporter <> reported),
    CONSTRAINT reports_status_check CHECK (status IN ('open', 'accepted', 'rejected')),
    CONSTRAINT reports_reviewed_check CHECK ((status = 'open') = (reviewed_ms IS NULL))
);
COMMENT ON TABLE reports IS 'Who reported whom and what came of it. A report outlives its room.';
COMMENT ON COLUMN reports.reporter IS 'owner; who reported';
COMMENT ON COLUMN reports.reported IS 'subject; whom';
COMMENT ON COLUMN reports.reviewer IS 'subject; the operator who decided';
CREATE INDEX reports_reporter_idx ON reports (reporter, at_ms);
COMMENT ON INDEX reports_reporter_idx IS 'does this person''s report count: their rejected ones of 30 days; export; erase';
CREATE INDEX reports_reported_idx ON reports (reported, at_ms);
COMMENT ON INDEX reports_reported_idx IS 'how many reported this person, in which rooms; erase';
CREATE INDEX reports_reviewer_idx ON reports (reviewer);
COMMENT ON INDEX reports_reviewer_idx IS 'erase';
CREATE INDEX reports_at_ms_idx ON reports (at_ms);
COMMENT ON INDEX reports_at_ms_idx IS 'operators'' list of the open ones, oldest first; purge';

CREATE TABLE report_messages (
    report opaque_id NOT NULL,
    position integer NOT NULL,
    speaker text NOT NULL,
    text text NOT NULL,
    at_ms bigint NOT NULL,
    CONSTRAINT report_messages_pkey PRIMARY KEY (report, position),
    CONSTRAINT report_messages_report_fkey FOREIGN KEY (report) REFERENCES reports (report) ON DELETE CASCADE,
    CONSTRAINT report_messages_position_check CHECK (position BETWEEN 1 AND 20),
    CONSTRAINT report_messages_speaker_check CHECK (speaker IN ('reporter', 'reported', 'other'))
);
COMMENT ON TABLE report_messages IS 'The extract: the server''s last 20 messages, nobody named but reporter and reported.';

CREATE TABLE bottles (
    bottle opaque_id NOT NULL,
    author person_id NOT NULL,
    text text NOT NULL,
    origin bigint NOT NULL,
    thrown_ms bigint NOT NULL,
    state text NOT NULL,
    fence bigint NOT NULL,
    catcher person_id,
    lease_until_ms bigint,
    sunk_ms bigint,
    CONSTRAINT bottles_pkey PRIMARY KEY (bottle),
    CONSTRAINT bottles_author_fkey FOREIGN KEY (author) REFERENCES people (person) ON DELETE CASCADE,
    CONSTRAINT bottles_catcher_fkey FOREIGN KEY (catcher) REFERENCES people (person) ON DELETE SET NULL,
    CONSTRAINT bottles_origin_check CHECK (((origin >> 52) & 15) = 4),
    CONSTRAINT bottles_state_check CHECK (state IN ('afloat', 'leased', 'frozen', 'threaded', 'sunk')),
    CONSTRAINT bottles_lease_check CHECK ((state = 'leased') = (lease_until_ms IS NOT NULL)),
    CONSTRAINT bottles_catcher_check CHECK (catcher IS NULL OR (state = 'leased' AND catcher <> author)),
    CONSTRAINT bottles_sunk_check CHECK ((state = 'sunk') = (sunk_ms IS NOT NULL))
);
COMMENT ON TABLE bottles IS 'Drift bottles. fence grows with every lease: an older catcher''s answer is refused.';
COMMENT ON COLUMN bottles.author IS 'owner; who threw it';
COMMENT ON COLUMN bottles.catcher IS 'subject; who holds it now';
CREATE INDEX bottles_state_idx ON bottles (state, thrown_ms);
COMMENT ON INDEX bottles_state_idx IS 'catch: bottles afloat; what sinks by age; the five sums of the invariant';
CREATE INDEX bottles_lease_until_ms_idx ON bottles (lease_until_ms) WHERE state = 'leased';
COMMENT ON INDEX bottles_lease_until_ms_idx IS 'leases that expired';
CREATE INDEX bottles_sunk_ms_idx ON bottles (sunk_ms) WHERE state = 'sunk';
COMMENT ON INDEX bottles_sunk_ms_idx IS 'purge';
CREATE INDEX bottles_author_idx ON bottles (author);
COMMENT ON INDEX bottles_author_idx IS 'export; erase';
CREATE INDEX bottles_catcher_idx ON bottles (catcher);
COMMENT ON INDEX bottles_catcher_idx IS 'erase';

CREATE TABLE catches (
    bottle opaque_id NOT NULL,
    catcher person_id NOT NULL,
    at_ms bigint NOT NULL,
    is_established boolean NOT NULL,
    has_reported boolean NOT NULL,
    CONSTRAINT catches_pkey PRIMARY KEY (bottle, catcher),
    CONSTRAINT catches_bottle_fkey FOREIGN KEY (bottle) REFERENCES bottles (bottle) ON DELETE CASCADE,
    CONSTRAINT catches_catcher_fkey FOREIGN KEY (catcher) REFERENCES people (person) ON DELETE CASCADE
);
COMMENT ON TABLE catches IS 'Who had a bottle before, and whether they reported it: never to the same catcher twice.';
COMMENT ON COLUMN catches.catcher IS 'owner; who caught it';
CREATE INDEX catches_catcher_idx ON catches (catcher, at_ms);
COMMENT ON INDEX catches_catcher_idx IS 'the daily limit on catching; export; erase';

CREATE TABLE threads (
    thread opaque_id NOT NULL,
    bottle opaque_id,
    author person_id,
    catcher person_id,
    created_ms bigint NOT NULL,
    CONSTRAINT threads_pkey PRIMARY KEY (thread),
    CONSTRAINT threads_bottle_key UNIQUE (bottle),
    CONSTRAINT threads_bottle_fkey FOREIGN KEY (bottle) REFERENCES bottles (bottle) ON DELETE SET NULL,
    CONSTRAINT threads_author_fkey FOREIGN KEY (author) REFERENCES people (person) ON DELETE SET NULL,
    CONSTRAINT threads_catcher_fkey FOREIGN KEY (catcher) REFERENCES people (person) ON DELETE SET NULL,
    CONSTRAINT threads_two_check CHECK (author <> catcher)
);
COMMENT ON TABLE threads IS 'The two-person thread of a bottle that was answered.';
COMMENT ON COLUMN threads.author IS 'owner; who threw the bottle';
COMMENT ON COLUMN threads.catcher IS 'owner; who answered it';
CREATE INDEX threads_author_idx ON threads (author);
COMMENT ON INDEX threads_author_idx IS 'my threads; erase';
CREATE INDEX threads_catcher_idx ON threads (catcher);
COMMENT ON INDEX threads_catcher_idx IS 'my threads; erase';

CREATE TABLE thread_messages (
    thread opaque_id NOT NULL,
    seq bigint NOT NULL,
    author person_id NOT NULL,
    text text NOT NULL,
    at_ms bigint NOT NULL,
    CONSTRAINT thread_messages_pkey PRIMARY KEY (thread, seq),
    CONSTRAINT thread_messages_thread_fkey FOREIGN KEY (thread) REFERENCES threads (thread) ON DELETE CASCADE,
    CONSTRAINT thread_messages_author_fkey FOREIGN KEY (author) REFERENCES people (person) ON DELETE CASCADE
);
COMMENT ON TABLE thread_messages IS 'What two people wrote in a thread.';
COMMENT ON COLUMN thread_messages.author IS 'owner; who wrote it';
CREATE INDEX thread_messages_author_idx ON thread_messages (author);
COMMENT ON INDEX thread_messages_author_idx IS 'export; erase';

UPDATE markers SET value = 2 WHERE name = 'schema';
