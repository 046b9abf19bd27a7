-- Lets nobody change the ledger.
ALTER TABLE ledger ENABLE TRIGGER ledger_is_append_only
