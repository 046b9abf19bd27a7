-- One course as of its newest recorded entry.
SELECT *
FROM course_summaries AS courses
WHERE course_id = $1
