-- Version 1: people and their relations, operators' areas, the check-in log, and what a restart must find again.

CREATE TABLE areas (
    area TEXT NOT NULL,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    outline BLOB NOT NULL,
    created_ms BIGINT NOT NULL,
    CONSTRAINT areas_pkey PRIMARY KEY (area),
    CONSTRAINT areas_kind_check CHECK (kind IN ('quiet', 'venue')),
    CONSTRAINT areas_name_check CHECK (length(name) BETWEEN 1 AND 64),
    CONSTRAINT areas_area_id_check CHECK (length(area) BETWEEN 1 AND 64 AND area NOT GLOB '*[^A-Za-z0-9_-]*')
);

CREATE TABLE catchments (
    cell BIGINT NOT NULL,
    is_open BOOLEAN NOT NULL,
    run INTEGER NOT NULL,
    counted DOUBLE NOT NULL,
    CONSTRAINT catchments_pkey PRIMARY KEY (cell),
    CONSTRAINT catchments_cell_check CHECK (((cell >> 52) & 15) BETWEEN 5 AND 9),
    CONSTRAINT catchments_run_check CHECK (run >= 0)
);

CREATE TABLE cells (
    cell BIGINT NOT NULL,
    res6 BIGINT NOT NULL,
    res5 BIGINT NOT NULL,
    outline BLOB NOT NULL,
    CONSTRAINT cells_pkey PRIMARY KEY (cell),
    CONSTRAINT cells_ladder_check CHECK (((cell >> 52) & 15) = 7 AND ((res6 >> 52) & 15) = 6 AND ((res5 >> 52) & 15) = 5)
);

CREATE TABLE markers (
    name TEXT NOT NULL,
    value BIGINT NOT NULL,
    CONSTRAINT markers_pkey PRIMARY KEY (name)
);

CREATE TABLE people (
    person TEXT NOT NULL,
    is_guest BOOLEAN NOT NULL,
    created_ms BIGINT NOT NULL,
    seen_day INTEGER NOT NULL,
    active_days INTEGER NOT NULL,
    name TEXT,
    lang TEXT,
    tags JSON,
    is_listed BOOLEAN NOT NULL,
    verified_name TEXT,
    verified_skeleton TEXT,
    CONSTRAINT people_pkey PRIMARY KEY (person),
    CONSTRAINT people_times_check CHECK (created_ms >= 0 AND seen_day >= 0 AND active_days >= 1),
    CONSTRAINT people_name_check CHECK (length(name) BETWEEN 1 AND 64),
    CONSTRAINT people_skeleton_check CHECK ((verified_name IS NULL) = (verified_skeleton IS NULL)),
    CONSTRAINT people_guest_check CHECK (NOT is_guest OR verified_name IS NULL),
    CONSTRAINT people_verified_skeleton_key UNIQUE (verified_skeleton),
    CONSTRAINT people_person_id_check CHECK (length(person) BETWEEN 1 AND 64 AND person NOT GLOB '*[^A-Za-z0-9_-]*')
);

CREATE INDEX people_guests_idle_idx ON people (seen_day) WHERE is_guest;

CREATE TABLE rooms (
    room TEXT NOT NULL,
    catchment BIGINT NOT NULL,
    opened_ms BIGINT NOT NULL,
    capacity INTEGER NOT NULL,
    epoch BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    empty_since_ms BIGINT,
    CONSTRAINT rooms_pkey PRIMARY KEY (room),
    CONSTRAINT rooms_catchment_check CHECK (((catchment >> 52) & 15) BETWEEN 5 AND 9),
    CONSTRAINT rooms_position_check CHECK (epoch >= 1 AND seq >= 0 AND capacity BETWEEN 1 AND 64),
    CONSTRAINT rooms_room_id_check CHECK (length(room) BETWEEN 1 AND 64 AND room NOT GLOB '*[^A-Za-z0-9_-]*')
);

CREATE INDEX rooms_empty_since_ms_idx ON rooms (empty_since_ms) WHERE empty_since_ms IS NOT NULL;

CREATE TABLE area_cells (
    area TEXT NOT NULL,
    cell BIGINT NOT NULL,
    CONSTRAINT area_cells_pkey PRIMARY KEY (area, cell),
    CONSTRAINT area_cells_cell_check CHECK (((cell >> 52) & 15) = 9),
    CONSTRAINT area_cells_area_fkey FOREIGN KEY(area) REFERENCES areas (area) ON DELETE CASCADE,
    CONSTRAINT area_cells_area_id_check CHECK (length(area) BETWEEN 1 AND 64 AND area NOT GLOB '*[^A-Za-z0-9_-]*')
)
 WITHOUT ROWID;

CREATE TABLE audit (
    entry TEXT NOT NULL,
    at_ms BIGINT NOT NULL,
    operator TEXT,
    action TEXT NOT NULL,
    target TEXT,
    detail TEXT,
    CONSTRAINT audit_pkey PRIMARY KEY (entry),
    CONSTRAINT audit_operator_fkey FOREIGN KEY(operator) REFERENCES people (person) ON DELETE SET NULL,
    CONSTRAINT audit_target_fkey FOREIGN KEY(target) REFERENCES people (person) ON DELETE SET NULL,
    CONSTRAINT audit_entry_id_check CHECK (length(entry) BETWEEN 1 AND 64 AND entry NOT GLOB '*[^A-Za-z0-9_-]*'),
    CONSTRAINT audit_operator_id_check CHECK (length(operator) BETWEEN 1 AND 64 AND operator NOT GLOB '*[^A-Za-z0-9_-]*'),
    CONSTRAINT audit_target_id_check CHECK (length(target) BETWEEN 1 AND 64 AND target NOT GLOB '*[^A-Za-z0-9_-]*')
);

CREATE INDEX audit_at_ms_idx ON audit (at_ms);

CREATE INDEX audit_operator_idx ON audit (operator);

CREATE INDEX audit_target_idx ON audit (target);

CREATE TABLE checkins (
    window_start_ms BIGINT NOT NULL,
    cell BIGINT NOT NULL,
    person_hash BLOB NOT NULL,
    is_established BOOLEAN NOT NULL,
    CONSTRAINT checkins_pkey PRIMARY KEY (window_start_ms, cell, person_hash),
    CONSTRAINT checkins_person_hash_check CHECK (length(person_hash) = 16),
    CONSTRAINT checkins_cell_fkey FOREIGN KEY(cell) REFERENCES cells (cell)
)
 WITHOUT ROWID;

CREATE TABLE presence (
    person TEXT NOT NULL,
    cell BIGINT NOT NULL,
    last_window BIGINT NOT NULL,
    pending_cell BIGINT,
    due_ms BIGINT NOT NULL,
    is_counted BOOLEAN NOT NULL,
    CONSTRAINT presence_pkey PRIMARY KEY (person),
    CONSTRAINT presence_cell_check CHECK (((cell >> 52) & 15) = 7),
    CONSTRAINT presence_pending_check CHECK (((pending_cell >> 52) & 15) = 7),
    CONSTRAINT presence_due_check CHECK ((pending_cell IS NULL) = (due_ms = 0)),
    CONSTRAINT presence_person_fkey FOREIGN KEY(person) REFERENCES people (person) ON DELETE CASCADE,
    CONSTRAINT presence_person_id_check CHECK (length(person) BETWEEN 1 AND 64 AND person NOT GLOB '*[^A-Za-z0-9_-]*')
);

CREATE TABLE recents (
    person TEXT NOT NULL,
    checkin_tat_ms BIGINT NOT NULL,
    say_tat_ms BIGINT NOT NULL,
    joins_ms JSON NOT NULL,
    shunned JSON NOT NULL,
    lost_room TEXT,
    lost_ms BIGINT,
    has_lapsed BOOLEAN NOT NULL,
    until_ms BIGINT NOT NULL,
    CONSTRAINT recents_pkey PRIMARY KEY (person),
    CONSTRAINT recents_lost_check CHECK ((lost_room IS NULL) = (lost_ms IS NULL)),
    CONSTRAINT recents_person_fkey FOREIGN KEY(person) REFERENCES people (person) ON DELETE CASCADE,
    CONSTRAINT recents_person_id_check CHECK (length(person) BETWEEN 1 AND 64 AND person NOT GLOB '*[^A-Za-z0-9_-]*'),
    CONSTRAINT recents_lost_room_id_check CHECK (length(lost_room) BETWEEN 1 AND 64 AND lost_room NOT GLOB '*[^A-Za-z0-9_-]*')
);

CREATE INDEX recents_until_ms_idx ON recents (until_ms);

CREATE TABLE relations (
    owner TEXT NOT NULL,
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    handle TEXT NOT NULL,
    created_ms BIGINT NOT NULL,
    CONSTRAINT relations_pkey PRIMARY KEY (owner, kind, subject),
    CONSTRAINT relations_kind_check CHECK (kind IN ('known', 'follow', 'mute', 'block')),
    CONSTRAINT relations_two_check CHECK (owner <> subject),
    CONSTRAINT relations_owner_fkey FOREIGN KEY(owner) REFERENCES people (person) ON DELETE CASCADE,
    CONSTRAINT relations_subject_fkey FOREIGN KEY(subject) REFERENCES people (person) ON DELETE CASCADE,
    CONSTRAINT relations_handle_key UNIQUE (handle),
    CONSTRAINT relations_owner_id_check CHECK (length(owner) BETWEEN 1 AND 64 AND owner NOT GLOB '*[^A-Za-z0-9_-]*'),
    CONSTRAINT relations_subject_id_check CHECK (length(subject) BETWEEN 1 AND 64 AND subject NOT GLOB '*[^A-Za-z0-9_-]*'),
    CONSTRAINT relations_handle_id_check CHECK (length(handle) BETWEEN 1 AND 64 AND handle NOT GLOB '*[^A-Za-z0-9_-]*')
);

CREATE INDEX relations_subject_idx ON relations (subject, kind);

CREATE TABLE room_log (
    room TEXT NOT NULL,
    seq BIGINT NOT NULL,
    epoch BIGINT NOT NULL,
    at_ms BIGINT NOT NULL,
    kind TEXT NOT NULL,
    member TEXT NOT NULL,
    name TEXT,
    is_verified BOOLEAN,
    text TEXT,
    message_id TEXT,
    CONSTRAINT room_log_pkey PRIMARY KEY (room, seq),
    CONSTRAINT room_log_kind_check CHECK (kind IN ('joined', 'left', 'changed', 'said')),
    CONSTRAINT room_log_text_check CHECK (kind = 'said' OR (text IS NULL AND message_id IS NULL)),
    CONSTRAINT room_log_name_check CHECK ((kind IN ('joined', 'changed')) = (name IS NOT NULL)),
    CONSTRAINT room_log_position_check CHECK (seq >= 1 AND epoch >= 1),
    CONSTRAINT room_log_room_fkey FOREIGN KEY(room) REFERENCES rooms (room) ON DELETE CASCADE,
    CONSTRAINT room_log_room_id_check CHECK (length(room) BETWEEN 1 AND 64 AND room NOT GLOB '*[^A-Za-z0-9_-]*'),
    CONSTRAINT room_log_member_id_check CHECK (length(member) BETWEEN 1 AND 64 AND member NOT GLOB '*[^A-Za-z0-9_-]*')
)
 WITHOUT ROWID;

CREATE INDEX room_log_at_ms_idx ON room_log (at_ms);

CREATE TABLE seats (
    member TEXT NOT NULL,
    room TEXT NOT NULL,
    person TEXT NOT NULL,
    name TEXT NOT NULL,
    is_name_drawn BOOLEAN NOT NULL,
    is_verified BOOLEAN NOT NULL,
    joined_seq BIGINT NOT NULL,
    why TEXT NOT NULL,
    held_since_ms BIGINT,
    off_window BIGINT,
    ended_ms BIGINT,
    CONSTRAINT seats_pkey PRIMARY KEY (member),
    CONSTRAINT seats_room_fkey FOREIGN KEY(room) REFERENCES rooms (room) ON DELETE CASCADE,
    CONSTRAINT seats_person_fkey FOREIGN KEY(person) REFERENCES people (person) ON DELETE CASCADE,
    CONSTRAINT seats_member_id_check CHECK (length(member) BETWEEN 1 AND 64 AND member NOT GLOB '*[^A-Za-z0-9_-]*'),
    CONSTRAINT seats_room_id_check CHECK (length(room) BETWEEN 1 AND 64 AND room NOT GLOB '*[^A-Za-z0-9_-]*'),
    CONSTRAINT seats_person_id_check CHECK (length(person) BETWEEN 1 AND 64 AND person NOT GLOB '*[^A-Za-z0-9_-]*')
);

CREATE INDEX seats_ended_ms_idx ON seats (ended_ms) WHERE ended_ms IS NOT NULL;

CREATE UNIQUE INDEX seats_one_each_idx ON seats (person) WHERE ended_ms IS NULL;

CREATE INDEX seats_person_idx ON seats (person);

CREATE INDEX seats_room_idx ON seats (room);

CREATE TABLE shadows (
    handle TEXT NOT NULL,
    shadow BLOB NOT NULL,
    kind TEXT NOT NULL,
    owner TEXT,
    until_ms BIGINT NOT NULL,
    CONSTRAINT shadows_pkey PRIMARY KEY (handle),
    CONSTRAINT shadows_kind_check CHECK (kind IN ('block', 'ban', 'suspension')),
    CONSTRAINT shadows_owner_check CHECK (kind <> 'block' OR owner IS NOT NULL),
    CONSTRAINT shadows_shadow_check CHECK (length(shadow) = 32),
    CONSTRAINT shadows_owner_fkey FOREIGN KEY(owner) REFERENCES people (person) ON DELETE CASCADE,
    CONSTRAINT shadows_handle_id_check CHECK (length(handle) BETWEEN 1 AND 64 AND handle NOT GLOB '*[^A-Za-z0-9_-]*'),
    CONSTRAINT shadows_owner_id_check CHECK (length(owner) BETWEEN 1 AND 64 AND owner NOT GLOB '*[^A-Za-z0-9_-]*')
);

CREATE INDEX shadows_owner_idx ON shadows (owner);

CREATE INDEX shadows_shadow_idx ON shadows (shadow);

CREATE INDEX shadows_until_ms_idx ON shadows (until_ms);

INSERT INTO markers (name, value) VALUES ('schema', 1), ('areas', 0);
