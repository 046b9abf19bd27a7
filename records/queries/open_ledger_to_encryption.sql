-- Lets the owner change the ledger in this transaction.
ALTER TABLE ledger DISABLE TRIGGER ledger_is_append_only
