-- The ids of every escalation that is listed of one course.
SELECT id FROM escalations WHERE course_id = $1 ORDER BY id
