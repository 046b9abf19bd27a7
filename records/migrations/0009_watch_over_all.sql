-- The watch over every course, dosed or not: what is overdue is read off an index, what was found is kept for people.

-- Courses without a dosed patient by when they move by themselves, and escalations likewise.
CREATE INDEX courses_by_next_move ON courses (next_passes_at)
    WHERE monitored_session IS NULL AND next_passes_at IS NOT NULL;
CREATE INDEX escalations_by_next_move ON escalations (moves_at) WHERE state <> 'resolved' AND moves_at IS NOT NULL;

-- What a course says it has opened, and may never have been recorded by itself.
CREATE INDEX ledger_escalations_opened ON ledger (course_id) WHERE type = 'kap.escalation.opened';

-- What whoever watches found last of each course that is silent, since when; nothing of those that are well.
CREATE TABLE watch_silences (
    course_id  text        NOT NULL,
    session    integer     NOT NULL,  -- its dosed patient's, 0 for all else
    found      text        NOT NULL,
    escalation text,                  -- it is one of its escalations that was found so
    since      timestamptz NOT NULL,

    CONSTRAINT watch_silences_one_row_a_visit PRIMARY KEY (course_id, session)
);
