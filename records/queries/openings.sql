-- When the pages about these courses ($1) were opened by their links, newest first: `what` names the escalation.
SELECT read.at, read.what, read.person, read.request_id
FROM course_reads AS read
WHERE
    read.course_id = ANY($1::text[])
    AND read.token_id IS NULL
    AND read.person IS NOT NULL
    AND read.what LIKE 'escalation %'
ORDER BY read.at DESC
LIMIT $2
