-- The first $9 courses that may be seen and whose phase is none of $1: they are in no column of the board.
SELECT *
FROM course_cards AS courses
WHERE phase <> ALL($1::text[])
    AND ($2::text IS NULL OR site = $2)
    AND ($3::severity IS NULL OR attention >= $3)
    AND ($4::boolean IS NULL OR held = $4)
    AND ($5::text IS NULL OR protocol_id = $5)
    AND ($6::text IS NULL OR strpos(lower(course_id), lower($6)) > 0)
    AND ($7::text IS NULL OR site = $7)
    AND (NOT $10::boolean OR to_do_by < $11)
    AND (
        NOT $8::boolean
        OR EXISTS (SELECT FROM escalations WHERE escalations.course_id = courses.course_id)
    )
ORDER BY course_id
LIMIT $9
