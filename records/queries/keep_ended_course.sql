-- Keeps a course as its workflow leaves it; one that has gone further by then is left as it is.
INSERT INTO ended_courses (course_id, sequence, ledger_head, content)
VALUES ($1, $2, $3, $4)
ON CONFLICT (course_id) DO UPDATE SET
    sequence = EXCLUDED.sequence,
    ledger_head = EXCLUDED.ledger_head,
    content = EXCLUDED.content,
    kept_at = clock_timestamp()
WHERE ended_courses.sequence <= EXCLUDED.sequence
