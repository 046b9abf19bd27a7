-- Stores one page of an escalation, by its index; an unchanged one is left alone.
INSERT INTO escalation_pages (escalation_id, number, at, step, person, channel, ok, error)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT (escalation_id, number) DO UPDATE SET
    at = EXCLUDED.at,
    step = EXCLUDED.step,
    person = EXCLUDED.person,
    channel = EXCLUDED.channel,
    ok = EXCLUDED.ok,
    error = EXCLUDED.error
WHERE (escalation_pages.at, escalation_pages.step, escalation_pages.person, escalation_pages.channel, escalation_pages.ok)
    IS DISTINCT FROM (EXCLUDED.at, EXCLUDED.step, EXCLUDED.person, EXCLUDED.channel, EXCLUDED.ok)
    OR escalation_pages.error IS DISTINCT FROM EXCLUDED.error
