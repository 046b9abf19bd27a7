-- The courses that match every filter given, newest first, from the one after the cursor's course.
SELECT
    course_id, site, protocol_id, protocol_version, phase, outcome, held, hold_reason, session, stage, attention,
    open_escalations, next_kind, next_due_at, started_at, closed_at, sequence, ledger_head, planned_sessions, to_do,
    to_do_by, blocked_by, dosed_at, reading_due_at, monitored_session, next_passes_at
FROM courses
WHERE ($1::text IS NULL OR phase = $1)
    AND ($2::text IS NULL OR site = $2)
    AND ($3::severity IS NULL OR attention >= $3)
    AND ($4::boolean IS NULL OR held = $4)
    AND ($5::text IS NULL OR protocol_id = $5)
    AND ($6::text IS NULL OR outcome = $6)
    AND (
        $7::text IS NULL
        OR (started_at, course_id) < ((SELECT started_at FROM courses WHERE course_id = $7), $7)
    )
    AND (
        NOT $9::boolean
        OR EXISTS (SELECT FROM escalations WHERE escalations.course_id = courses.course_id)
    )
ORDER BY started_at DESC, course_id DESC
LIMIT $8
