-- The course as it was kept when its workflow ended. Where it `has_gone_on`, its ledger has an entry more.
SELECT
    course_id, sequence, ledger_head AS kept_head, content,
    EXISTS (
        SELECT FROM ledger WHERE ledger.course_id = ended.course_id AND ledger.sequence > ended.sequence
    ) AS has_gone_on,
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
