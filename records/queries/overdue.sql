-- What must have moved by itself by $1 and concerns no dosed patient, longest overdue first: courses, and escalations,
-- of closed courses too. Before them everything of the courses $2, whenever it moves. Routine escalations of a dosed
-- patient's course are included. An unreadable moment counts as long overdue. At most $3.
-- Entries' data is matched as text: `->>` and casts fail on some stored values, and would fail the whole query.
SELECT *
FROM (
    SELECT
        course_id,
        NULL::integer AS session,
        COALESCE(next_passes_at, now()) AS moves_at,
        NULL::text AS escalation,
        NULL::severity AS policy
    FROM courses
    WHERE monitored_session IS NULL AND (next_passes_at <= $1 OR next_passes_at >= '9999-01-01T00:00Z' OR course_id = ANY($2::text[]))
    UNION ALL
    SELECT escalation.course_id, NULL, escalation.moves_at, escalation.id, escalation.severity
    FROM escalations AS escalation
    LEFT JOIN courses AS course ON course.course_id = escalation.course_id
    WHERE escalation.state <> 'resolved'
        AND (
            escalation.moves_at <= $1
            OR escalation.moves_at >= '9999-01-01T00:00Z'
            OR escalation.course_id = ANY($2::text[])
        )
        AND escalation.kind <> 'orchestrator_silent'
        AND escalation.moves_at IS NOT NULL
        AND (course.monitored_session IS NULL OR escalation.severity = 'routine')
    UNION ALL
    SELECT entry.course_id, NULL, entry.recorded_at, opened.id, opened.severity::severity
    FROM courses AS course
    JOIN ledger AS entry ON entry.course_id = course.course_id
    CROSS JOIN LATERAL (
        SELECT
            substring(entry.data::text FROM '"id": ?"([A-Za-z0-9._~-]+)"'),
            substring(entry.data::text FROM '"severity": ?"(routine|urgent|emergency)"')
    ) AS opened (id, severity)
    WHERE course.attention IS NOT NULL
        AND (course.monitored_session IS NULL OR opened.severity = 'routine')
        AND entry.type = 'kap.escalation.opened'
        AND (entry.recorded_at <= $1 OR entry.recorded_at >= '9999-01-01T00:00Z' OR entry.course_id = ANY($2::text[]))
        AND NOT EXISTS (SELECT FROM escalations WHERE escalations.id = opened.id)
) AS expected
ORDER BY course_id <> ALL($2::text[]), moves_at
LIMIT $3
