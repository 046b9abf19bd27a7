-- The key of each course whose content is encrypted, wrapped by one of Kapstan's own. Without its key nobody reads it again.

CREATE TABLE course_keys (
    course_id   text        NOT NULL,
    key_id      text,           -- the key of KAPSTAN_PAYLOAD_KEYS that wraps it
    wrapped     bytea,
    made_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
    -- Once the key was erased: when, and with which row and hash the ledger ended then.
    erased_at   timestamptz,
    ended_with  bigint,
    ended_hash  text,

    CONSTRAINT course_keys_one_row_a_course PRIMARY KEY (course_id),
    CONSTRAINT course_keys_are_whole_or_erased CHECK (
        CASE WHEN erased_at IS NULL
            THEN key_id IS NOT NULL AND wrapped IS NOT NULL AND ended_with IS NULL AND ended_hash IS NULL
            ELSE key_id IS NULL AND wrapped IS NULL AND ended_with IS NOT NULL AND ended_hash IS NOT NULL
        END
    )
);

-- A course's scores are numbers here, or encrypted there.
ALTER TABLE course_measures
    ALTER COLUMN baseline DROP NOT NULL,
    ALTER COLUMN latest DROP NOT NULL,
    ADD COLUMN sealed text,
    ADD CONSTRAINT course_measures_are_clear_or_sealed CHECK (
        CASE WHEN sealed IS NULL
            THEN baseline IS NOT NULL AND latest IS NOT NULL
            ELSE baseline IS NULL AND latest IS NULL AND is_response IS NULL AND is_remission IS NULL
        END
    );
