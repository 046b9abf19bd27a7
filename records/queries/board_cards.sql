-- The first $9 cards of each column $1 of the board, most urgent first: attention, then longest overdue or soonest due.
SELECT card.*
FROM unnest($1::text[]) WITH ORDINALITY AS board (phase, place)
CROSS JOIN LATERAL (
    SELECT *
    FROM course_cards AS courses
    WHERE courses.phase = board.phase
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
    ORDER BY attention DESC NULLS LAST, to_do_by, course_id
    LIMIT $9
) AS card
ORDER BY board.place, card.attention DESC NULLS LAST, card.to_do_by, card.course_id
