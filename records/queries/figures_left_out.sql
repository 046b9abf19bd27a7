-- The courses and escalations of a site in a period whose rows hold values that cannot be counted: a phase that is none
-- of $4, a negative count, a score that is no number, a moment out of range.
SELECT course_id AS id
FROM courses
LEFT JOIN course_figures AS counted USING (course_id)
WHERE ($1::text IS NULL OR site = $1)
    AND ($2::timestamptz IS NULL OR started_at >= $2)
    AND ($3::timestamptz IS NULL OR started_at < $3)
    AND (
        phase <> ALL($4::text[])
        OR least(
            counted.sessions, checkpoints_met, checkpoints_late, checkpoints_missed, integrations_in_time,
            integrations_late, integrations_owed
        ) < 0
        OR EXISTS (
            SELECT FROM course_measures AS measure
            WHERE measure.course_id = courses.course_id AND greatest(abs(baseline), abs(latest)) >= 1e6
        )
    )
UNION ALL
SELECT id
FROM escalations
WHERE ($1::text IS NULL OR EXISTS (SELECT FROM courses WHERE courses.course_id = escalations.course_id AND site = $1))
    AND ($2::timestamptz IS NULL OR opened_at >= $2)
    AND ($3::timestamptz IS NULL OR opened_at < $3)
    AND (
        least(opened_at, first_acknowledged_at, resolved_at) < '0002-01-01T00:00Z'
        OR greatest(opened_at, first_acknowledged_at, resolved_at) >= '9999-01-01T00:00Z'
    )
ORDER BY id
LIMIT 100
