-- Lets one process migrate this database at a time; held until its connection closes.
SELECT pg_advisory_lock(hashtextextended('kapstan.migrate', 0))
