-- The courses of a site whose patient is here: checked in and not gone home, the reading that is due longest first.
-- One whose stage is none that Kapstan knows may be here too; `courses_of_no_stage` finds it.
SELECT
    course_id, site, protocol_id, protocol_version, phase, outcome, held, hold_reason, session, stage, attention,
    open_escalations, next_kind, next_due_at, started_at, closed_at, sequence, ledger_head, planned_sessions, to_do,
    to_do_by, blocked_by, dosed_at, reading_due_at
FROM courses
WHERE (
        (stage IN ('checked_in', 'cleared', 'dosed', 'recovering') AND phase <> 'closed')
        OR stage <> ALL ('{booked,checked_in,cleared,dosed,recovering,discharged,canceled,missed,aborted}'::text[])
    )
    AND ($1::text IS NULL OR site = $1)
    AND (
        NOT $2::boolean
        OR EXISTS (SELECT FROM escalations WHERE escalations.course_id = courses.course_id)
    )
ORDER BY reading_due_at, course_id
