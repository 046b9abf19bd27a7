-- The fleet: each course as of its newest recorded entry, and how whoever watches it hears of a change.

CREATE TYPE severity AS ENUM ('routine', 'urgent', 'emergency');

-- One numbering for whatever a watcher may have missed: who saw change n asks for what lies above it.
CREATE SEQUENCE changes;

CREATE FUNCTION number_the_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- One at a time until commit, or a lower number could appear after a higher one was already seen.
    PERFORM pg_advisory_xact_lock(hashtextextended('kapstan.changes', 0));
    NEW.change := nextval('changes');
    RETURN NEW;
END
$$;

-- Tells channel kapstan_<table> the id of the row that changed; the argument names the id's column.
CREATE FUNCTION announce_the_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('kapstan_' || TG_TABLE_NAME, to_jsonb(NEW) ->> TG_ARGV[0]);
    RETURN NULL;
END
$$;

CREATE TABLE courses (
    course_id        text        NOT NULL,
    site             text        NOT NULL,
    protocol_id      text        NOT NULL,
    protocol_version text        NOT NULL,
    phase            text        NOT NULL,
    outcome          text,
    held             boolean     NOT NULL,
    hold_reason      text,
    session          integer,
    stage            text,
    attention        severity,
    open_escalations integer     NOT NULL,
    next_kind        text,
    next_due_at      timestamptz,
    started_at       timestamptz NOT NULL,
    closed_at        timestamptz,
    sequence         bigint      NOT NULL,
    ledger_head      text        NOT NULL,
    change           bigint      NOT NULL,

    CONSTRAINT courses_one_row_a_course PRIMARY KEY (course_id)
);

CREATE TRIGGER courses_number_the_change BEFORE INSERT OR UPDATE ON courses
    FOR EACH ROW EXECUTE FUNCTION number_the_change();
CREATE TRIGGER courses_announce_the_change AFTER INSERT OR UPDATE ON courses
    FOR EACH ROW EXECUTE FUNCTION announce_the_change('course_id');

-- Lists run by (started_at, course_id), which no event moves: a page read while rows change misses none and doubles none.
CREATE INDEX courses_by_start ON courses (started_at, course_id);
CREATE INDEX courses_by_phase ON courses (phase, started_at, course_id);
CREATE INDEX courses_by_site ON courses (site, started_at, course_id);
CREATE INDEX courses_wanting_attention ON courses (started_at, course_id) WHERE attention IS NOT NULL;
CREATE INDEX courses_held ON courses (started_at, course_id) WHERE held;
CREATE INDEX courses_by_next_due ON courses (next_due_at) WHERE next_due_at IS NOT NULL;
CREATE INDEX courses_by_change ON courses (change);
