-- What outlives a process: PostgreSQL 15 or newer with PostGIS 3.3 or newer. Authoritative.
--
-- `nearby db init` runs this file on an empty database and migrations/ on an older one; both end in the same
-- catalogue. A test holds store/tables/, from which SQLite's tables are made, against it.
--
-- Times are milliseconds (`_ms`) or days (`_day`) since the Unix epoch, in UTC. Cells are H3 indexes as 64-bit
-- integers, whose resolution is in bits 52-55. Outlines are WGS 84.
--
-- Identifiers are checked for a letter that must not be: '^[A-Za-z0-9_-]{1,64}$' says the same at nine times the cost.
--
-- Every column that names a person has the type person_id, refers to people, and its comment begins with
--   owner    the row is the person's own doing: it is in their export
--   subject  the row is about the person: it is not
-- What happens to the row when the person is erased is the foreign key's ON DELETE.

CREATE EXTENSION IF NOT EXISTS postgis;

CREATE DOMAIN opaque_id AS text COLLATE "C"
    CONSTRAINT opaque_id_check CHECK (length(VALUE) BETWEEN 1 AND 64 AND VALUE !~ '[^A-Za-z0-9_-]');
CREATE DOMAIN person_id AS text COLLATE "C"
    CONSTRAINT person_id_check CHECK (length(VALUE) BETWEEN 1 AND 64 AND VALUE !~ '[^A-Za-z0-9_-]');

CREATE TABLE markers (
    name text NOT NULL,
    value bigint NOT NULL,
    CONSTRAINT markers_pkey PRIMARY KEY (name)
);
COMMENT ON TABLE markers IS 'Numbers there is one of: the version of this schema, the revisions of the areas and of verdicts, the last window that ended.';

CREATE TABLE people (
    person person_id NOT NULL,
    is_guest boolean NOT NULL,
    created_ms bigint NOT NULL,
    seen_day integer NOT NULL,
    active_days integer NOT NULL,
    name text,
    lang text,
    tags jsonb,
    is_listed boolean NOT NULL,
    verified_name text,
    verified_skeleton text,
    verdict text,
    CONSTRAINT people_pkey PRIMARY KEY (person),
    CONSTRAINT people_verified_skeleton_key UNIQUE (verified_skeleton),
    CONSTRAINT people_times_check CHECK (created_ms >= 0 AND seen_day >= 0 AND active_days >= 1),
    CONSTRAINT people_name_check CHECK (length(name) BETWEEN 1 AND 64),
    CONSTRAINT people_skeleton_check CHECK ((verified_name IS NULL) = (verified_skeleton IS NULL)),
    CONSTRAINT people_guest_check CHECK (NOT is_guest OR verified_name IS NULL),
    CONSTRAINT people_verdict_check CHECK (verdict IN ('verified', 'revoked'))
);
COMMENT ON TABLE people IS 'Everybody who called, and what they say of themselves.';
COMMENT ON COLUMN people.person IS 'owner; the sub of their token';
COMMENT ON COLUMN people.verified_skeleton IS 'UTS #39 skeleton of the verified name: two that look alike collide';
COMMENT ON COLUMN people.verdict IS 'what an operator says of the verified name, whatever the token says; null: the token decides';
CREATE INDEX people_listed_idx ON people (person) WHERE is_listed;
COMMENT ON INDEX people_listed_idx IS 'warm start: who chose to be on nearby lists';
CREATE INDEX people_guests_idle_idx ON people (seen_day) WHERE is_guest;
COMMENT ON INDEX people_guests_idle_idx IS 'purge: guests whose token can no longer be renewed';
CREATE INDEX people_verdict_idx ON people (person) WHERE verdict IS NOT NULL;
COMMENT ON INDEX people_verdict_idx IS 'what operators said of names, read whole';

CREATE TABLE relations (
    owner person_id NOT NULL,
    kind text NOT NULL,
    subject person_id NOT NULL,
    handle opaque_id NOT NULL,
    created_ms bigint NOT NULL,
    CONSTRAINT relations_pkey PRIMARY KEY (owner, kind, subject),
    CONSTRAINT relations_handle_key UNIQUE (handle),
    CONSTRAINT relations_owner_fkey FOREIGN KEY (owner) REFERENCES people (person) ON DELETE CASCADE,
    CONSTRAINT relations_subject_fkey FOREIGN KEY (subject) REFERENCES people (person) ON DELETE CASCADE,
    CONSTRAINT relations_kind_check CHECK (kind IN ('known', 'follow', 'mute', 'block')),
    CONSTRAINT relations_two_check CHECK (owner <> subject)
);
COMMENT ON TABLE relations IS 'What one person is to another: known since both greeted, followed, muted or blocked.';
COMMENT ON COLUMN relations.owner IS 'owner; whose relation it is';
COMMENT ON COLUMN relations.subject IS 'subject; whom it is to';
COMMENT ON COLUMN relations.handle IS 'what the owner calls it by; no two people hold the same handle of anybody';
CREATE INDEX relations_subject_idx ON relations (subject, kind);
COMMENT ON INDEX relations_subject_idx IS 'a seat''s conflicts: who blocked this person; erase';

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

CREATE TABLE shadows (
    handle opaque_id NOT NULL,
    shadow bytea NOT NULL,
    kind text NOT NULL,
    owner person_id,
    until_ms bigint NOT NULL,
    CONSTRAINT shadows_pkey PRIMARY KEY (handle),
    CONSTRAINT shadows_owner_fkey FOREIGN KEY (owner) REFERENCES people (person) ON DELETE CASCADE,
    CONSTRAINT shadows_kind_check CHECK (kind IN ('block', 'ban', 'suspension')),
    CONSTRAINT shadows_owner_check CHECK (kind <> 'block' OR owner IS NOT NULL),
    CONSTRAINT shadows_shadow_check CHECK (length(shadow) = 32)
);
COMMENT ON TABLE shadows IS 'What stays in force against an erased person for a while, under HMAC(sub) alone.';
COMMENT ON COLUMN shadows.owner IS 'owner; who blocked, null for an operator''s ban';
CREATE INDEX shadows_shadow_idx ON shadows (shadow);
COMMENT ON INDEX shadows_shadow_idx IS 'hello: what is still in force against whoever comes back under this sub';
CREATE INDEX shadows_owner_idx ON shadows (owner);
COMMENT ON INDEX shadows_owner_idx IS 'my blocks; erase';
CREATE INDEX shadows_until_ms_idx ON shadows (until_ms);
COMMENT ON INDEX shadows_until_ms_idx IS 'purge: what is over';

CREATE TABLE areas (
    area opaque_id NOT NULL,
    kind text NOT NULL,
    name text NOT NULL,
    outline geometry(MultiPolygon, 4326) NOT NULL,
    created_ms bigint NOT NULL,
    CONSTRAINT areas_pkey PRIMARY KEY (area),
    CONSTRAINT areas_kind_check CHECK (kind IN ('quiet', 'venue')),
    CONSTRAINT areas_name_check CHECK (length(name) BETWEEN 1 AND 64)
);
COMMENT ON TABLE areas IS 'Operators'' areas as they drew them; what counts is area_cells.';
CREATE INDEX areas_outline_idx ON areas USING gist (outline);
COMMENT ON INDEX areas_outline_idx IS 'operators'' map: the areas in a rectangle';

CREATE TABLE area_cells (
    area opaque_id NOT NULL,
    cell bigint NOT NULL,
    CONSTRAINT area_cells_pkey PRIMARY KEY (area, cell),
    CONSTRAINT area_cells_area_fkey FOREIGN KEY (area) REFERENCES areas (area) ON DELETE CASCADE,
    CONSTRAINT area_cells_cell_check CHECK (((cell >> 52) & 15) = 9)
);
COMMENT ON TABLE area_cells IS 'The whole res-9 cells an area is: an operator''s places, nobody''s position.';

CREATE TABLE cells (
    cell bigint NOT NULL,
    res6 bigint NOT NULL,
    res5 bigint NOT NULL,
    outline geometry(MultiPolygon, 4326) NOT NULL,
    CONSTRAINT cells_pkey PRIMARY KEY (cell),
    CONSTRAINT cells_ladder_check CHECK (((cell >> 52) & 15) = 7 AND ((res6 >> 52) & 15) = 6 AND ((res5 >> 52) & 15) = 5)
);
COMMENT ON TABLE cells IS 'The res-7 cells somebody ever checked in from, with parents and outline: geography, no people.';
CREATE INDEX cells_outline_idx ON cells USING gist (outline);
COMMENT ON INDEX cells_outline_idx IS 'operators'' crowd map: the cells in a rectangle';

CREATE TABLE checkins (
    window_start_ms bigint NOT NULL,
    cell bigint NOT NULL,
    person_hash bytea NOT NULL,
    is_established boolean NOT NULL,
    CONSTRAINT checkins_pkey PRIMARY KEY (window_start_ms, cell, person_hash),
    CONSTRAINT checkins_cell_fkey FOREIGN KEY (cell) REFERENCES cells (cell),
    CONSTRAINT checkins_person_hash_check CHECK (length(person_hash) = 16)
) PARTITION BY RANGE (window_start_ms);
COMMENT ON TABLE checkins IS 'One row per person, window and cell in force. The key of person_hash dies with the window: rows count, and join to nothing. Operators'' crowd map reads the primary key by window.';

CREATE TABLE presence (
    person person_id NOT NULL,
    cell bigint NOT NULL,
    last_window bigint NOT NULL,
    pending_cell bigint,
    due_ms bigint NOT NULL,
    is_counted boolean NOT NULL,
    CONSTRAINT presence_pkey PRIMARY KEY (person),
    CONSTRAINT presence_person_fkey FOREIGN KEY (person) REFERENCES people (person) ON DELETE CASCADE,
    CONSTRAINT presence_cell_check CHECK (((cell >> 52) & 15) = 7),
    CONSTRAINT presence_pending_check CHECK (((pending_cell >> 52) & 15) = 7),
    CONSTRAINT presence_due_check CHECK ((pending_cell IS NULL) = (due_ms = 0))
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02);
COMMENT ON TABLE presence IS 'Who is where now, by the cell in force: one row per person, overwritten in place, gone at the lapse.';
COMMENT ON COLUMN presence.person IS 'owner; who is present';

CREATE TABLE recents (
    person person_id NOT NULL,
    checkin_tat_ms bigint NOT NULL,
    say_tat_ms bigint NOT NULL,
    joins_ms jsonb NOT NULL,
    shunned jsonb NOT NULL,
    lost_room opaque_id,
    lost_ms bigint,
    has_lapsed boolean NOT NULL,
    until_ms bigint NOT NULL,
    cells_ms jsonb NOT NULL,
    forced_ms bigint NOT NULL,
    lifted_resolution integer,
    lifted_window bigint,
    reached_ms jsonb NOT NULL,
    CONSTRAINT recents_pkey PRIMARY KEY (person),
    CONSTRAINT recents_person_fkey FOREIGN KEY (person) REFERENCES people (person) ON DELETE CASCADE,
    CONSTRAINT recents_lost_check CHECK ((lost_room IS NULL) = (lost_ms IS NULL)),
    CONSTRAINT recents_lifted_check CHECK ((lifted_resolution IS NULL) = (lifted_window IS NULL))
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02);
COMMENT ON TABLE recents IS 'What still binds a person after the fact: joins and cells of the hour, rooms left by next, a lost seat, a merge, a lift.';
COMMENT ON COLUMN recents.person IS 'owner; whom it binds';
COMMENT ON COLUMN recents.cells_ms IS 'when res-7 cells came into force, and not which';
COMMENT ON COLUMN recents.reached_ms IS 'when strangers last heard the person, and not who';
CREATE INDEX recents_until_ms_idx ON recents (until_ms);
COMMENT ON INDEX recents_until_ms_idx IS 'purge: what binds nobody any more';

CREATE TABLE rooms (
    room opaque_id NOT NULL,
    catchment bigint NOT NULL,
    opened_ms bigint NOT NULL,
    capacity integer NOT NULL,
    epoch bigint NOT NULL,
    seq bigint NOT NULL,
    empty_since_ms bigint,
    venue opaque_id,
    CONSTRAINT rooms_pkey PRIMARY KEY (room),
    CONSTRAINT rooms_catchment_check CHECK (((catchment >> 52) & 15) BETWEEN 5 AND 9),
    CONSTRAINT rooms_finest_check CHECK (((catchment >> 52) & 15) <= 7 AND (venue IS NULL OR ((catchment >> 52) & 15) = 7)),
    CONSTRAINT rooms_position_check CHECK (epoch >= 1 AND seq >= 0 AND capacity BETWEEN 1 AND 64)
);
COMMENT ON TABLE rooms IS 'Rooms, until an hour after they ended.';
COMMENT ON COLUMN rooms.seq IS 'a lower bound: room_log may be ahead';
COMMENT ON COLUMN rooms.catchment IS 'never finer than 7; of a venue''s room the cell that the venue shows';
CREATE INDEX rooms_empty_since_ms_idx ON rooms (empty_since_ms) WHERE empty_since_ms IS NOT NULL;
COMMENT ON INDEX rooms_empty_since_ms_idx IS 'purge: rooms that ended';

CREATE TABLE seats (
    member opaque_id NOT NULL,
    room opaque_id NOT NULL,
    person person_id NOT NULL,
    name text NOT NULL,
    is_name_drawn boolean NOT NULL,
    is_verified boolean NOT NULL,
    joined_seq bigint NOT NULL,
    why text NOT NULL,
    held_since_ms bigint,
    off_window bigint,
    ended_ms bigint,
    came_from opaque_id,
    was opaque_id,
    CONSTRAINT seats_pkey PRIMARY KEY (member),
    CONSTRAINT seats_room_fkey FOREIGN KEY (room) REFERENCES rooms (room) ON DELETE CASCADE,
    CONSTRAINT seats_person_fkey FOREIGN KEY (person) REFERENCES people (person) ON DELETE CASCADE,
    CONSTRAINT seats_was_check CHECK ((came_from IS NULL) = (was IS NULL))
);
COMMENT ON TABLE seats IS 'Who sits as which member, and who sat until an hour ago.';
COMMENT ON COLUMN seats.person IS 'owner; who sits';
COMMENT ON COLUMN seats.was IS 'the member in the room before, came_from, of somebody who was moved along with others';
CREATE UNIQUE INDEX seats_one_each_idx ON seats (person) WHERE ended_ms IS NULL;
COMMENT ON INDEX seats_one_each_idx IS 'nobody sits in two rooms';
CREATE INDEX seats_person_idx ON seats (person);
COMMENT ON INDEX seats_person_idx IS 'a member named in a report, mute or block; export; erase';
CREATE INDEX seats_room_idx ON seats (room);
COMMENT ON INDEX seats_room_idx IS 'warm start: the seats of a room; end of a room';
CREATE INDEX seats_ended_ms_idx ON seats (ended_ms) WHERE ended_ms IS NOT NULL;
COMMENT ON INDEX seats_ended_ms_idx IS 'purge: who sat as which member';

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

CREATE TABLE room_log (
    room opaque_id NOT NULL,
    seq bigint NOT NULL,
    epoch bigint NOT NULL,
    at_ms bigint NOT NULL,
    kind text NOT NULL,
    member opaque_id NOT NULL,
    name text,
    is_verified boolean,
    text text,
    message_id text,
    CONSTRAINT room_log_pkey PRIMARY KEY (room, seq),
    CONSTRAINT room_log_room_fkey FOREIGN KEY (room) REFERENCES rooms (room) ON DELETE CASCADE,
    CONSTRAINT room_log_kind_check CHECK (kind IN ('joined', 'left', 'changed', 'said')),
    CONSTRAINT room_log_text_check CHECK (kind = 'said' OR (text IS NULL AND message_id IS NULL)),
    CONSTRAINT room_log_name_check CHECK ((kind IN ('joined', 'changed')) = (name IS NOT NULL)),
    CONSTRAINT room_log_position_check CHECK (seq >= 1 AND epoch >= 1)
);
COMMENT ON TABLE room_log IS 'Rooms'' events. The author is a member; who that was is in seats, and forgotten with them.';
COMMENT ON COLUMN room_log.text IS 'what was said; null once its author was erased';
CREATE INDEX room_log_at_ms_idx ON room_log (at_ms);
COMMENT ON INDEX room_log_at_ms_idx IS 'purge: events past their time';

CREATE TABLE catchments (
    cell bigint NOT NULL,
    is_open boolean NOT NULL,
    run integer NOT NULL,
    counted double precision NOT NULL,
    CONSTRAINT catchments_pkey PRIMARY KEY (cell),
    CONSTRAINT catchments_cell_check CHECK (((cell >> 52) & 15) BETWEEN 5 AND 9),
    CONSTRAINT catchments_run_check CHECK (run >= 0)
);
COMMENT ON TABLE catchments IS 'The states of cells and their noisy counts when the last window ended; all rows are replaced together.';

CREATE TABLE audit (
    entry opaque_id NOT NULL,
    at_ms bigint NOT NULL,
    operator person_id,
    action text NOT NULL,
    target person_id,
    detail text,
    CONSTRAINT audit_pkey PRIMARY KEY (entry),
    CONSTRAINT audit_operator_fkey FOREIGN KEY (operator) REFERENCES people (person) ON DELETE SET NULL,
    CONSTRAINT audit_target_fkey FOREIGN KEY (target) REFERENCES people (person) ON DELETE SET NULL
);
COMMENT ON TABLE audit IS 'What operators did.';
COMMENT ON COLUMN audit.operator IS 'owner; who did it';
COMMENT ON COLUMN audit.target IS 'subject; to whom';
CREATE INDEX audit_at_ms_idx ON audit (at_ms);
COMMENT ON INDEX audit_at_ms_idx IS 'operators'' page of the last actions; purge';
CREATE INDEX audit_operator_idx ON audit (operator);
COMMENT ON INDEX audit_operator_idx IS 'export; erase';
CREATE INDEX audit_target_idx ON audit (target);
COMMENT ON INDEX audit_target_idx IS 'what was done to a person; erase';

-- From version 2 on: reports, bans, bottles.

CREATE TABLE bans (
    ban opaque_id NOT NULL,
    person person_id NOT NULL,
    kind text NOT NULL,
    since_ms bigint NOT NULL,
    until_ms bigint,
    reason text,
    appeal text,
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
    bottle opaque_id,
    reason text NOT NULL,
    text text,
    at_ms bigint NOT NULL,
    does_count boolean NOT NULL,
    status text NOT NULL,
    reviewed_ms bigint,
    decision text,
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
COMMENT ON INDEX reports_at_ms_idx IS 'purge';
CREATE INDEX reports_open_idx ON reports (at_ms, report) WHERE status = 'open';
COMMENT ON INDEX reports_open_idx IS 'operators'' list of the open ones, oldest first; how many there are';
CREATE INDEX reports_decided_idx ON reports (reviewed_ms, report) WHERE status <> 'open';
COMMENT ON INDEX reports_decided_idx IS 'operators'' list of the decided ones, the last decision first';

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
CREATE INDEX bottles_sunk_ms_idx ON bottles (sunk_ms) WHERE sunk_ms IS NOT NULL;
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

-- From version 4 on: what operators pull, and what the content gate refuses.

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

INSERT INTO markers (name, value) VALUES ('schema', 4), ('areas', 0), ('verdicts', 0);
