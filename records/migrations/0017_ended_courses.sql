-- Courses whose workflow has ended, each as it stood then: whatever is asked of one is answered from here, and the next
-- fact goes on from here. Its ledger ends with the entry that the row names.

CREATE TABLE ended_courses (
    course_id   text        NOT NULL,
    sequence    bigint      NOT NULL,
    ledger_head text        NOT NULL,
    -- text, not json: it is read as a whole, and JSON with U+0000 escaped is text that PostgreSQL takes.
    content     text        NOT NULL,
    kept_at     timestamptz NOT NULL DEFAULT clock_timestamp(),

    CONSTRAINT ended_courses_one_row_a_course PRIMARY KEY (course_id),
    CONSTRAINT ended_courses_end_where_their_ledger_does FOREIGN KEY (course_id, sequence)
        REFERENCES ledger (course_id, sequence)
);
