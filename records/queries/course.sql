-- One course as of its newest recorded entry.
SELECT
    course_id, site, protocol_id, protocol_version, phase, outcome, held, hold_reason, session, stage, attention,
    open_escalations, next_kind, next_due_at, started_at, closed_at, sequence, ledger_head, planned_sessions, to_do,
    to_do_by, blocked_by, dosed_at, reading_due_at, monitored_session, next_passes_at
FROM courses
WHERE course_id = $1
