-- The course as it was kept, whether its ledger has gone on since or not.
SELECT course_id, sequence, ledger_head AS kept_head, content
FROM ended_courses
WHERE course_id = $1
