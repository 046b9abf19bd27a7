-- Takes the bookings of a course off the list whose sessions are not among these.
DELETE FROM bookings
WHERE course_id = $1
    AND session <> ALL($2::integer[])
