-- What must move by itself, and by when: each dosed patient's course, and its escalations that page.
-- Routine escalations wait for office hours, so they are left out. One that was opened must be recorded at once.
-- Entries' data is matched as text: `->>` fails on some stored values, and would fail the whole query.
SELECT course_id, monitored_session AS session, next_passes_at AS moves_at, NULL AS escalation
FROM courses
WHERE monitored_session IS NOT NULL
UNION ALL
SELECT course.course_id, course.monitored_session, escalation.moves_at, escalation.id
FROM courses AS course
JOIN escalations AS escalation ON escalation.course_id = course.course_id
WHERE course.monitored_session IS NOT NULL
    AND escalation.state <> 'resolved'
    AND escalation.severity > 'routine'
    AND escalation.kind <> 'orchestrator_silent'
    AND escalation.moves_at IS NOT NULL
UNION ALL
SELECT course.course_id, course.monitored_session, entry.recorded_at, opened.id
FROM courses AS course
JOIN ledger AS entry ON entry.course_id = course.course_id
CROSS JOIN LATERAL (SELECT substring(entry.data::text FROM '"id": ?"([A-Za-z0-9._~-]+)"')) AS opened (id)
WHERE course.monitored_session IS NOT NULL
    AND entry.type = 'kap.escalation.opened'
    AND entry.data::text !~ '"severity": ?"routine"'
    AND NOT EXISTS (SELECT FROM escalations WHERE escalations.id = opened.id)
