-- Replaces the stored content of one course's entries: for each sequence of $2 its data, previous hash and hash. It is
-- the owner's alone, with the trigger that keeps the ledger from being changed off until the transaction ends.
UPDATE ledger
SET data = sealed.data, previous_hash = sealed.previous_hash, hash = sealed.hash
FROM unnest($2::bigint[], $3::json[], $4::text[], $5::text[]) AS sealed (sequence, data, previous_hash, hash)
WHERE ledger.course_id = $1 AND ledger.sequence = sealed.sequence
