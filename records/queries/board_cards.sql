-- The first $9 cards of each column $1 of the board: attention that wakes somebody, then patients who are here, first
-- those who are late at $11, though nobody was called yet, then attention, then longest overdue or soonest due.
WITH seen AS NOT MATERIALIZED (
    SELECT
        *,
        (stage IN ('checked_in', 'cleared', 'dosed', 'recovering') AND phase <> 'closed')
            OR dosed_at IS NOT NULL AS is_here,
        coalesce(reading_due_at, to_do_by) < $11 AS is_late
    FROM course_cards AS courses
    WHERE ($2::text IS NULL OR site = $2)
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
),

here AS MATERIALIZED (
    SELECT *
    FROM seen
    WHERE is_here
)

SELECT found.*
FROM unnest($1::text[]) WITH ORDINALITY AS board (phase, place)
CROSS JOIN LATERAL (
    SELECT *
    FROM (
        (
            SELECT *
            FROM seen
            WHERE seen.phase = board.phase
            ORDER BY attention DESC NULLS LAST, to_do_by, course_id
            LIMIT $9
        )
        UNION
        SELECT *
        FROM here
        WHERE here.phase = board.phase
    ) AS first
    ORDER BY
        coalesce(attention >= 'urgent', false) DESC,
        coalesce(is_here, false) DESC,
        coalesce(is_here AND is_late, false) DESC,
        attention DESC NULLS LAST,
        to_do_by,
        course_id
    LIMIT $9
) AS card
INNER JOIN course_cards AS found ON found.course_id = card.course_id
ORDER BY
    board.place,
    coalesce(card.attention >= 'urgent', false) DESC,
    coalesce(card.is_here, false) DESC,
    coalesce(card.is_here AND card.is_late, false) DESC,
    card.attention DESC NULLS LAST,
    card.to_do_by,
    card.course_id
