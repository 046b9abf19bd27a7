-- The bookings of the group $1, by start.
SELECT *
FROM bookings
WHERE "group" = $1
    AND ($2::text IS NULL OR site = $2)
    AND (
        NOT $3::boolean
        OR EXISTS (SELECT FROM escalations WHERE escalations.course_id = bookings.course_id)
    )
ORDER BY starts_at, course_id, session
