-- One escalation with every page it sent, in order.
SELECT *
FROM escalation_views AS escalations
WHERE id = $1
