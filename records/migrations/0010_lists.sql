-- The rows of the lists, each told once: what the queries pick from.

-- A course's card on the board: without what only the watchdog reads, so that a wrong value there hides no patient.
CREATE VIEW course_cards AS
SELECT
    course_id, site, protocol_id, protocol_version, phase, outcome, held, hold_reason, session, stage, attention,
    open_escalations, next_kind, next_due_at, started_at, closed_at, sequence, ledger_head, planned_sessions, to_do,
    to_do_by, blocked_by, dosed_at, reading_due_at
FROM courses;

-- The same with what the watchdog compares with Temporal.
CREATE VIEW course_summaries AS
SELECT
    course_id, site, protocol_id, protocol_version, phase, outcome, held, hold_reason, session, stage, attention,
    open_escalations, next_kind, next_due_at, started_at, closed_at, sequence, ledger_head, planned_sessions, to_do,
    to_do_by, blocked_by, dosed_at, reading_due_at, monitored_session, next_passes_at
FROM courses;

-- Escalations with every page they sent, in order.
CREATE VIEW escalation_views AS
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
FROM escalations;
