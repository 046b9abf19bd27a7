-- The courses of a site whose patient is here, longest overdue reading first: checked in for an open course, or dosed
-- and not discharged, in whatever session or phase.
-- A course whose stage is unknown may have its patient here too; it is found by the index `courses_of_no_stage`.
SELECT *
FROM course_cards AS courses
WHERE (
        (stage IN ('checked_in', 'cleared', 'dosed', 'recovering') AND phase <> 'closed')
        OR dosed_at IS NOT NULL
        OR stage <> ALL ('{booked,checked_in,cleared,dosed,recovering,discharged,canceled,missed,aborted}'::text[])
    )
    AND ($1::text IS NULL OR site = $1)
    AND (
        NOT $2::boolean
        OR EXISTS (SELECT FROM escalations WHERE escalations.course_id = courses.course_id)
    )
ORDER BY reading_due_at, course_id
