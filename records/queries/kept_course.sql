-- The course as it was kept, whether its ledger has gone on since or not.
SELECT
    course_id, sequence, ledger_head AS kept_head, content,
    -- In clear though its ledger was encrypted by then: no worker writes that.
    CASE WHEN EXISTS (SELECT FROM course_keys AS keys WHERE keys.course_id = ended.course_id)
        THEN (content NOT LIKE 'sealed:%' OR ledger_head NOT LIKE 'sealed:%')
            AND EXISTS (
                SELECT FROM ledger
                WHERE ledger.course_id = ended.course_id AND sequence <= ended.sequence AND data ->> 'sealed' IS NOT NULL
            )
        ELSE false
    END AS is_forged
FROM ended_courses AS ended
WHERE course_id = $1
