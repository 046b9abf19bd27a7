-- The highest number of a watchdog alarm of course $1 and its session $2; NULL if there is none.
SELECT max(substring(id FROM '~([0-9]{1,9})$')::integer)
FROM escalations
WHERE starts_with(id, $1::text || '~orchestrator_silent~' || $2::integer::text || '~')
