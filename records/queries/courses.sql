-- The courses that match every filter given, newest first, from the one after the cursor's course.
SELECT *
FROM course_summaries AS courses
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
