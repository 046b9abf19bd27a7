-- The changes numbered above $1, oldest first, $2 at most; each row once, as it is now.
-- A change has two numbers: the even one is its course's or escalation's, the odd one after it its course's session's.
WITH changed AS (
    SELECT change * 2 AS number, 'course' AS kind, course_id AS id
    FROM courses
    WHERE change > $1::bigint / 2 AND change <= (SELECT last_value FROM changes)  -- what lies above it was never given
    UNION ALL
    SELECT session_change * 2 + 1, 'session', course_id
    FROM courses
    WHERE session_change > ($1::bigint - 1) / 2
        AND change > ($1::bigint - 1) / 2  -- it follows from the line above, and has the index
        AND change <= (SELECT last_value FROM changes)
        AND session_change <= change
    UNION ALL
    SELECT change * 2, 'escalation', id
    FROM escalations
    WHERE change > $1::bigint / 2 AND change <= (SELECT last_value FROM changes)
    ORDER BY number
    LIMIT $2
)
SELECT
    changed.number,
    changed.kind,
    changed.id,
    coalesce(course.course_id, escalation.course_id) AS course_id,
    coalesce(course.site, course_of_escalation.site) AS site,
    course.open_escalations > 0
        OR EXISTS (SELECT FROM escalations AS known WHERE known.course_id = course.course_id) AS is_behind_escalations,
    CASE changed.kind
        WHEN 'course' THEN to_jsonb(course)
        WHEN 'session' THEN jsonb_build_object(
            'course_id', course.course_id, 'site', course.site, 'phase', course.phase,
            'session', course.session, 'stage', course.stage
        )
        ELSE to_jsonb(escalation) || jsonb_build_object('pages', (
            SELECT coalesce(jsonb_agg(jsonb_build_object(
                'at', page.at, 'step', page.step, 'person', page.person, 'channel', page.channel, 'ok', page.ok,
                'error', page.error
            ) ORDER BY page.number), '[]')
            FROM escalation_pages AS page
            WHERE page.escalation_id = escalation.id
        ))
    END::json AS data,
    (
        SELECT ledger.recorded_at
        FROM ledger
        WHERE changed.kind = 'course' AND ledger.course_id = course.course_id AND ledger.sequence = course.sequence
    ) AS accepted_at
FROM changed
LEFT JOIN courses AS course ON changed.kind <> 'escalation' AND course.course_id = changed.id
LEFT JOIN escalations AS escalation ON changed.kind = 'escalation' AND escalation.id = changed.id
LEFT JOIN courses AS course_of_escalation ON course_of_escalation.course_id = escalation.course_id
ORDER BY changed.number
