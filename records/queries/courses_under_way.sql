-- The courses of a site whose patient is here: checked in and not gone home, the reading that is due longest first.
-- One whose stage is none that Kapstan knows may be here too; `courses_of_no_stage` finds it.
SELECT *
FROM course_summaries AS courses
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
