-- One course as of its newest recorded entry.
SELECT
    course_id, site, protocol_id, protocol_version, phase, outcome, held, hold_reason, session, stage, attention,
    open_escalations, next_kind, next_due_at, started_at, closed_at, sequence, ledger_head, monitored_session,
    next_passes_at
FROM courses
WHERE course_id = $1
