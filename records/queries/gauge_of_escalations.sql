-- How many escalations of each severity are not resolved yet, and since when the oldest page that nobody answered waits.
SELECT
    severity,
    count(*) AS escalations,
    min((
        SELECT min(page.at)
        FROM escalation_pages AS page
        WHERE page.escalation_id = escalations.id AND page.at >= '0002-01-01T00:00Z'
    ))
        FILTER (WHERE state = 'open') AS paged_at
FROM escalations
WHERE state <> 'resolved'
GROUP BY severity
