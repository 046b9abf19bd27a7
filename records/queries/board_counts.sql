-- How many courses stand in each column $1 of the board; how many of them are under way, late at $9, or want a human.
SELECT
    phase,
    count(*)::integer AS courses,
    count(*) FILTER (WHERE stage IN ('checked_in', 'cleared', 'dosed', 'recovering'))::integer AS under_way,
    count(*) FILTER (WHERE to_do_by < $9)::integer AS late,
    count(attention)::integer AS wanting
FROM courses
WHERE phase = ANY($1::text[])
    AND ($2::text IS NULL OR site = $2)
    AND ($3::severity IS NULL OR attention >= $3)
    AND ($4::boolean IS NULL OR held = $4)
    AND ($5::text IS NULL OR protocol_id = $5)
    AND ($6::text IS NULL OR starts_with(lower(course_id), lower($6)))
    AND ($7::text IS NULL OR site = $7)
    AND (
        NOT $8::boolean
        OR EXISTS (SELECT FROM escalations WHERE escalations.course_id = courses.course_id)
    )
GROUP BY phase
