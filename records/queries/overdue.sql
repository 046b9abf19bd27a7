-- What was to move by itself by $1 for no dosed patient, the longest overdue first: courses, and what wakes somebody for
-- one, of a closed one too. Before them, of the courses $2, all of it, whenever it moves. Routine escalations of a dosed
-- patient's course are among them. At most $3.
SELECT *
FROM (
    SELECT
        course_id,
        NULL::integer AS session,
        COALESCE(next_passes_at, now()) AS moves_at,
        NULL::text AS escalation,
        NULL::severity AS policy
    FROM courses
    WHERE monitored_session IS NULL AND (next_passes_at <= $1 OR course_id = ANY($2::text[]))
    UNION ALL
    SELECT escalation.course_id, NULL, escalation.moves_at, escalation.id, escalation.severity
    FROM escalations AS escalation
    LEFT JOIN courses AS course ON course.course_id = escalation.course_id
    WHERE escalation.state <> 'resolved'
        AND (escalation.moves_at <= $1 OR escalation.course_id = ANY($2::text[]))
        AND escalation.kind <> 'orchestrator_silent'
        AND escalation.moves_at IS NOT NULL
        AND (course.monitored_session IS NULL OR escalation.severity = 'routine')
    UNION ALL
    SELECT entry.course_id, NULL, entry.recorded_at, entry.data ->> 'id', (entry.data ->> 'severity')::severity
    FROM courses AS course
    JOIN ledger AS entry ON entry.course_id = course.course_id
    WHERE course.attention IS NOT NULL
        AND (course.monitored_session IS NULL OR entry.data ->> 'severity' = 'routine')
        AND entry.type = 'kap.escalation.opened'
        AND (entry.recorded_at <= $1 OR entry.course_id = ANY($2::text[]))
        AND NOT EXISTS (SELECT FROM escalations WHERE escalations.id = entry.data ->> 'id')
) AS expected
ORDER BY course_id <> ALL($2::text[]), moves_at
LIMIT $3
