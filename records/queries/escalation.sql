-- One escalation with every page it sent, in order.
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
WHERE id = $1
