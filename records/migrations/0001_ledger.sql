-- The ledger: every accepted fact of every course, chained by hashes, never changed and never removed.

CREATE TABLE ledger (
    course_id         text        NOT NULL,
    sequence          bigint      NOT NULL,
    recorded_at       timestamptz NOT NULL,
    "time"            timestamptz NOT NULL,
    type              text        NOT NULL,
    event_id          text,
    source            text,
    actor_id          text,
    actor_role        text,
    late              boolean     NOT NULL,
    -- json, not jsonb: the text that was hashed is kept as it is. jsonb cannot hold U+0000, which JSON and notes may.
    data              json        NOT NULL,
    previous_hash     text        NOT NULL,
    hash              text        NOT NULL,
    -- When the record store learned it; recorded_at is when the course accepted it. Between them lies the recorder's lag.
    stored_at         timestamptz NOT NULL DEFAULT clock_timestamp(),
    previous_sequence bigint      GENERATED ALWAYS AS (NULLIF(sequence - 1, 0)) STORED,

    CONSTRAINT ledger_one_entry_a_sequence PRIMARY KEY (course_id, sequence),
    CONSTRAINT ledger_same_entry UNIQUE (course_id, sequence, hash),
    CONSTRAINT ledger_begins_at_one CHECK (sequence >= 1),
    CONSTRAINT ledger_first_follows_nothing CHECK (sequence > 1 OR previous_hash = repeat('0', 64)),
    -- No entry without the one before it, under the very hash that it names.
    CONSTRAINT ledger_follows_the_one_before FOREIGN KEY (course_id, previous_sequence, previous_hash)
        REFERENCES ledger (course_id, sequence, hash),
    CONSTRAINT ledger_actor_is_whole CHECK ((actor_id IS NULL) = (actor_role IS NULL)),
    CONSTRAINT ledger_data_is_an_object CHECK (json_typeof(data) = 'object')
);

CREATE FUNCTION refuse_to_rewrite() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the ledger is append-only'
        USING ERRCODE = 'restrict_violation', CONSTRAINT = 'ledger_is_append_only';
END
$$;

CREATE TRIGGER ledger_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_rewrite();
