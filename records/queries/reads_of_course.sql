-- Who read what of a course, newest first.
SELECT at, token_id, name, role, course_id, what, request_id
FROM course_reads
WHERE course_id = $1
ORDER BY at DESC
LIMIT $2
