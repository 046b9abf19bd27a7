-- Lets one writer at a time append to a course's ledger, until its transaction ends.
-- Without it two writers of the same entry could meet in the primary key before either sees that they agree.
SELECT pg_advisory_xact_lock(hashtextextended('kapstan.ledger/' || $1::text, 0))
