-- The escalations that match every filter given, with every page they sent, newest first, from the one after the cursor.
SELECT *
FROM escalation_views AS escalations
WHERE ($1::text IS NULL OR state = $1)
    AND ($2::severity IS NULL OR severity = $2)
    AND ($3::text IS NULL OR course_id = $3)
    AND (
        $4::text IS NULL
        OR (opened_at, id) < ((SELECT opened_at FROM escalations WHERE id = $4), $4)
    )
    AND (
        $6::text IS NULL
        OR EXISTS (SELECT FROM courses WHERE courses.course_id = escalations.course_id AND courses.site = $6)
    )
ORDER BY opened_at DESC, id DESC
LIMIT $5
