-- The sites and the protocols that the board's open courses have, of site $1 alone where it is given.
SELECT DISTINCT site, protocol_id
FROM courses
WHERE phase <> 'closed'
    AND ($1::text IS NULL OR site = $1)
    AND (
        NOT $2::boolean
        OR EXISTS (SELECT FROM escalations WHERE escalations.course_id = courses.course_id)
    )
ORDER BY site, protocol_id
