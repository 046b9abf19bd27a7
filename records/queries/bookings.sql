-- The bookings that take something between $1 and $2, first those that start first. A patient who is still here keeps
-- their room, so theirs counts as long as it was to end after $5.
SELECT *
FROM bookings
WHERE starts_at < $2
    AND (ends_at > $1 OR (is_here AND ends_at > $5))
    AND ($3::text IS NULL OR site = $3)
    AND (
        NOT $4::boolean
        OR EXISTS (SELECT FROM escalations WHERE escalations.course_id = bookings.course_id)
    )
ORDER BY starts_at, course_id, session
