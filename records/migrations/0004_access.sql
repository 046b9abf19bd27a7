-- Who may call the HTTP API, who read what of which course, and which call an entry came in by.

CREATE TABLE tokens (
    id           text        NOT NULL,
    name         text        NOT NULL,
    role         text        NOT NULL,
    site         text,
    salt         bytea       NOT NULL,
    hash         bytea       NOT NULL,  -- of the salt and the secret; the secret itself is kept nowhere
    created_at   timestamptz NOT NULL,
    last_used_at timestamptz,
    revoked_at   timestamptz,

    CONSTRAINT tokens_one_row_a_token PRIMARY KEY (id)
);

-- Every read of a course, or of a list of them (no course_id), for the auditor. A row is never changed nor removed.
CREATE TABLE course_reads (
    at         timestamptz NOT NULL,
    token_id   text        NOT NULL,
    name       text        NOT NULL,
    role       text        NOT NULL,
    course_id  text,
    what       text        NOT NULL,
    request_id text        NOT NULL
);

CREATE INDEX course_reads_by_course ON course_reads (course_id, at);
CREATE INDEX course_reads_by_token ON course_reads (token_id, at);

CREATE FUNCTION refuse_to_rewrite_reads() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the record of reads is append-only'
        USING ERRCODE = 'restrict_violation', CONSTRAINT = 'course_reads_is_append_only';
END
$$;

CREATE TRIGGER course_reads_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON course_reads
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_rewrite_reads();

-- Entries written before carry none, and are hashed without it.
ALTER TABLE ledger ADD COLUMN request_id text;

-- Which change of a course was also one of its session, so that a watcher hears of both.
ALTER TABLE courses ADD COLUMN session_change bigint;

CREATE FUNCTION number_the_change_of_session() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        NEW.session_change := CASE WHEN NEW.session IS NULL THEN NULL ELSE NEW.change END;
    ELSIF (NEW.session, NEW.stage) IS DISTINCT FROM (OLD.session, OLD.stage) THEN
        NEW.session_change := NEW.change;
    END IF;
    RETURN NEW;
END
$$;

-- By its name it runs after courses_number_the_change.
CREATE TRIGGER courses_number_the_change_of_session BEFORE INSERT OR UPDATE ON courses
    FOR EACH ROW EXECUTE FUNCTION number_the_change_of_session();
