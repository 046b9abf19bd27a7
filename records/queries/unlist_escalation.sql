-- Takes an escalation off the lists, with its pages.
WITH pages AS (DELETE FROM escalation_pages WHERE escalation_id = $1)
DELETE FROM escalations
WHERE id = $1
RETURNING id
