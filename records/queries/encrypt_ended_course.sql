-- Replaces what was kept of a course, which stays what it was: $3 is its head as stored, and $4 its content.
UPDATE ended_courses
SET ledger_head = $3, content = $4
WHERE course_id = $1 AND sequence = $2
