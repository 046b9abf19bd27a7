-- What is to move by itself, and when at the latest: each dosed patient's course, and what wakes somebody for her.
-- Routine escalations wait for office hours, so they are left aside. One that was opened was to be recorded at once.
-- What an entry says is read off its text: `->>` fails on some that are stored, and with it the look at everybody else.
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
