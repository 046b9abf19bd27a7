-- Makes a course's row older than whatever is written next, so that it is overwritten.
UPDATE courses SET sequence = 0 WHERE course_id = $1
