-- Deletes the instruments of a course's figures that its newest figures no longer have.
DELETE FROM course_measures
WHERE course_id = $1 AND instrument <> ALL($2::text[])
