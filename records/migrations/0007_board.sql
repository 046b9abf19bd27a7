-- The board: what somebody should do in each course and by when, in words without a clinical value.

-- Rows from before stay without: each says it with its course's next entry.
ALTER TABLE courses
    ADD COLUMN planned_sessions integer,
    ADD COLUMN to_do            text,
    ADD COLUMN to_do_by         timestamptz,
    ADD COLUMN blocked_by       text[] NOT NULL DEFAULT '{}',
    ADD COLUMN dosed_at         timestamptz,
    ADD COLUMN reading_due_at   timestamptz;

-- A column of the board, worst first: its first cards are read off the index, however many courses there are.
CREATE INDEX courses_by_haste ON courses (phase, attention DESC NULLS LAST, to_do_by, course_id);

-- The patients who are here now: a handful of all courses.
CREATE INDEX courses_under_way ON courses (reading_due_at, course_id)
    WHERE stage IN ('checked_in', 'cleared', 'dosed', 'recovering') AND phase <> 'closed';
