-- Counts of open courses that may be seen, by phase, site and protocol: how many match the filters, and of these how
-- many are under way, late at $9, or need attention. One query both counts the columns and lists the filter choices.
WITH seen AS (
    SELECT
        *,
        phase = ANY($1::text[])
            AND ($2::text IS NULL OR site = $2)
            AND ($3::severity IS NULL OR coalesce(attention >= $3, false))
            AND ($4::boolean IS NULL OR held = $4)
            AND ($5::text IS NULL OR protocol_id = $5)
            AND ($6::text IS NULL OR strpos(lower(course_id), lower($6)) > 0)
            AND (NOT $10::boolean OR coalesce(to_do_by < $9, false)) AS is_asked_for
    FROM courses
    WHERE (phase <> 'closed' OR phase = ANY($1::text[]))
        AND ($7::text IS NULL OR site = $7)
        AND (
            NOT $8::boolean
            OR EXISTS (SELECT FROM escalations WHERE escalations.course_id = courses.course_id)
        )
)
SELECT
    phase,
    site,
    protocol_id,
    count(*) FILTER (WHERE is_asked_for)::integer AS courses,
    count(*) FILTER (
        WHERE is_asked_for
            AND (
                (stage IN ('checked_in', 'cleared', 'dosed', 'recovering') AND phase <> 'closed')
                OR dosed_at IS NOT NULL
            )
    )::integer AS under_way,
    count(*) FILTER (WHERE is_asked_for AND to_do_by < $9)::integer AS late,
    count(attention) FILTER (WHERE is_asked_for)::integer AS wanting
FROM seen
GROUP BY phase, site, protocol_id
ORDER BY site, protocol_id
