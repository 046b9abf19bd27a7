-- What wants a human, worst first: unresolved escalations with every page they sent, unanswered ones first, then oldest.
SELECT
    id, course_id, kind, session, severity, state, opened_at, step, acknowledged_by, acknowledged_at, resolved_by,
    resolved_at, note, revision, first_acknowledged_at, moves_at,
    (
        SELECT coalesce(json_agg(json_build_object(
            'at', page.at, 'step', page.step, 'person', page.person, 'channel', page.channel, 'ok', page.ok,
            'error', page.error
        ) ORDER BY page.number), '[]')
        FROM escalation_pages AS page
        WHERE page.escalation_id = escalations.id
    ) AS pages
FROM escalations
WHERE state <> 'resolved'
    AND (
        $1::text IS NULL
        OR EXISTS (SELECT FROM courses WHERE courses.course_id = escalations.course_id AND courses.site = $1)
    )
ORDER BY severity DESC, state = 'open' DESC, opened_at, id
LIMIT $2
