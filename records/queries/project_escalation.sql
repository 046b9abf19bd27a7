-- Updates an escalation's row and returns its id; a revision that is not newer changes and returns nothing.
INSERT INTO escalations (
    id, course_id, kind, session, severity, state, opened_at, step, acknowledged_by, acknowledged_at, resolved_by,
    resolved_at, note, revision, first_acknowledged_at, moves_at
)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
ON CONFLICT (id) DO UPDATE SET
    course_id = EXCLUDED.course_id,
    kind = EXCLUDED.kind,
    session = EXCLUDED.session,
    severity = EXCLUDED.severity,
    state = EXCLUDED.state,
    opened_at = EXCLUDED.opened_at,
    step = EXCLUDED.step,
    acknowledged_by = EXCLUDED.acknowledged_by,
    acknowledged_at = EXCLUDED.acknowledged_at,
    resolved_by = EXCLUDED.resolved_by,
    resolved_at = EXCLUDED.resolved_at,
    note = EXCLUDED.note,
    revision = EXCLUDED.revision,
    first_acknowledged_at = EXCLUDED.first_acknowledged_at,
    moves_at = EXCLUDED.moves_at
WHERE escalations.revision < EXCLUDED.revision
RETURNING id
