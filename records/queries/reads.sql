-- Who read what, newest first: of one course ($1), or of every course; of one site's courses ($2), or of every site's;
-- from $4 (included) until $5 (excluded).
-- A list of courses names none, and is shown to whoever may see every site.
SELECT read.at, read.token_id, read.name, read.role, read.course_id, read.what, read.request_id, read.person, read.own_request_id
FROM course_reads AS read
WHERE
    ($1::text IS NULL OR read.course_id = $1)
    AND ($2::text IS NULL OR EXISTS (
        SELECT FROM courses WHERE courses.course_id = read.course_id AND courses.site = $2
    ))
    AND ($4::timestamptz IS NULL OR read.at >= $4)
    AND ($5::timestamptz IS NULL OR read.at < $5)
ORDER BY read.at DESC
LIMIT $3
