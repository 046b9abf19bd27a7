-- The bookings of one course, by session.
SELECT * FROM bookings WHERE course_id = $1 ORDER BY session
