-- Deletes the pages that an escalation's newest revision no longer has.
DELETE FROM escalation_pages
WHERE escalation_id = $1 AND number > $2
