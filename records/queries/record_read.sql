-- Records that somebody read data of a course.
INSERT INTO course_reads (at, token_id, name, role, course_id, what, request_id, person, own_request_id)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
