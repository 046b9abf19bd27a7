-- Makes an escalation's row older than whatever is written next, so that it is overwritten.
UPDATE escalations SET revision = 0 WHERE id = $1
