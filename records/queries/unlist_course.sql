-- Takes a course off the lists, with its figures and bookings; its ledger stays.
WITH measures AS (DELETE FROM course_measures WHERE course_id = $1),
    figures AS (DELETE FROM course_figures WHERE course_id = $1),
    booked AS (DELETE FROM bookings WHERE course_id = $1)
DELETE FROM courses
WHERE course_id = $1
RETURNING course_id
