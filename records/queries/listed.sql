-- The ids of every course that a list names: by its own row, or by its figures, a booking or an
-- escalation without one.
SELECT course_id FROM courses
UNION SELECT course_id FROM course_figures
UNION SELECT course_id FROM bookings
UNION SELECT course_id FROM escalations
ORDER BY course_id
