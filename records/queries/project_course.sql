-- Updates a course's row and returns its id; a summary that is not newer changes and returns nothing.
INSERT INTO courses (
    course_id, site, protocol_id, protocol_version, phase, outcome, held, hold_reason, session, stage, attention,
    open_escalations, next_kind, next_due_at, started_at, closed_at, sequence, ledger_head, planned_sessions, to_do,
    to_do_by, blocked_by, dosed_at, reading_due_at, monitored_session, next_passes_at
)
VALUES (
    $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26
)
ON CONFLICT (course_id) DO UPDATE SET
    site = EXCLUDED.site,
    protocol_id = EXCLUDED.protocol_id,
    protocol_version = EXCLUDED.protocol_version,
    phase = EXCLUDED.phase,
    outcome = EXCLUDED.outcome,
    held = EXCLUDED.held,
    hold_reason = EXCLUDED.hold_reason,
    session = EXCLUDED.session,
    stage = EXCLUDED.stage,
    attention = EXCLUDED.attention,
    open_escalations = EXCLUDED.open_escalations,
    next_kind = EXCLUDED.next_kind,
    next_due_at = EXCLUDED.next_due_at,
    started_at = EXCLUDED.started_at,
    closed_at = EXCLUDED.closed_at,
    sequence = EXCLUDED.sequence,
    ledger_head = EXCLUDED.ledger_head,
    planned_sessions = EXCLUDED.planned_sessions,
    to_do = EXCLUDED.to_do,
    to_do_by = EXCLUDED.to_do_by,
    blocked_by = EXCLUDED.blocked_by,
    dosed_at = EXCLUDED.dosed_at,
    reading_due_at = EXCLUDED.reading_due_at,
    monitored_session = EXCLUDED.monitored_session,
    next_passes_at = EXCLUDED.next_passes_at
WHERE courses.sequence < EXCLUDED.sequence
RETURNING course_id
