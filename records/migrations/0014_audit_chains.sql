-- The audit in chains: each row carries the hash of the row before it, as the entries of a ledger do. First those of
-- administration and of sign-ins, which are few.

-- The newest row of each chain. Whoever appends holds its row until their transaction ends, so no chain has two ends.
CREATE TABLE audit_heads (
    chain    text   NOT NULL,
    sequence bigint NOT NULL,
    hash     text   NOT NULL,

    CONSTRAINT audit_heads_one_row_a_chain PRIMARY KEY (chain)
);

-- Puts a new row at the end of its table's chain. Its arguments are the columns that are not hashed: the hash itself, and
-- what may change later. Empty columns are left out, so that one that is added later changes no hash. It runs as the
-- schema's owner, for whoever may append has no right to the heads; and here and not in Kapstan, for a release before
-- appends too while this one comes.
CREATE FUNCTION chain_the_row() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET timezone = 'UTC' AS $$
DECLARE
    head audit_heads;
BEGIN
    IF current_setting('application_name') <> 'kapstan' THEN
        RAISE EXCEPTION 'only Kapstan appends to the audit'
            USING ERRCODE = 'restrict_violation', CONSTRAINT = 'only_kapstan_appends_to_the_audit';
    END IF;
    SELECT * INTO STRICT head FROM audit_heads WHERE chain = TG_TABLE_NAME FOR UPDATE;
    NEW.sequence := head.sequence + 1;
    NEW.previous_hash := head.hash;
    NEW.hash := encode(sha256(convert_to(jsonb_strip_nulls(to_jsonb(NEW) - TG_ARGV)::text, 'UTF8')), 'hex');
    UPDATE audit_heads SET sequence = NEW.sequence, hash = NEW.hash WHERE chain = TG_TABLE_NAME;
    RETURN NEW;
END
$$;

-- Nobody's table of the same name comes first, not even a temporary one; nor does anybody else make a trigger of it.
DO $$
BEGIN
    EXECUTE format('ALTER FUNCTION chain_the_row() SET search_path = %I, pg_temp', current_schema());
END
$$;
REVOKE ALL ON FUNCTION chain_the_row() FROM PUBLIC;

-- Makes a chain of a table: of the rows that stand there, in the order of a column, and of those to come.
CREATE FUNCTION begin_chain(name text, written_by text, unhashed text[]) RETURNS void
LANGUAGE plpgsql SET timezone = 'UTC' AS $$
DECLARE
    written record;
    n       bigint := 0;
    before  text   := repeat('0', 64);
    current text;
BEGIN
    EXECUTE format(
        'ALTER TABLE %I DISABLE TRIGGER USER, ADD COLUMN sequence bigint, ADD COLUMN previous_hash text,'
        ' ADD COLUMN hash text', name);
    CREATE TEMP TABLE chained (place tid, sequence bigint, previous_hash text, hash text) ON COMMIT DROP;
    FOR written IN EXECUTE format(
        'SELECT ctid AS place, jsonb_strip_nulls(to_jsonb(one) - $1) AS content FROM %I AS one ORDER BY %I, ctid',
        name, written_by) USING unhashed
    LOOP
        n := n + 1;
        current := encode(sha256(convert_to(
            (written.content || jsonb_build_object('sequence', n, 'previous_hash', before))::text, 'UTF8')), 'hex');
        INSERT INTO chained VALUES (written.place, n, before, current);
        before := current;
    END LOOP;
    EXECUTE format(
        'UPDATE %1$I SET sequence = chained.sequence, previous_hash = chained.previous_hash, hash = chained.hash'
        ' FROM chained WHERE %1$I.ctid = chained.place', name);
    DROP TABLE chained;
    INSERT INTO audit_heads VALUES (name, n, before);
    EXECUTE format(
        'ALTER TABLE %1$I ENABLE TRIGGER USER, ALTER sequence SET NOT NULL, ALTER previous_hash SET NOT NULL,'
        ' ALTER hash SET NOT NULL, ADD CONSTRAINT %2$I UNIQUE (sequence), ADD CONSTRAINT %3$I CHECK (sequence >= 1)',
        name, name || '_one_row_a_sequence', name || '_begin_at_one');
    EXECUTE format(
        'CREATE TRIGGER %I BEFORE INSERT ON %I FOR EACH ROW EXECUTE FUNCTION chain_the_row(%s)', name || '_chained', name,
        (SELECT string_agg(quote_literal(one), ', ') FROM unnest(unhashed) AS one));
END
$$;

-- Of an act on a token: which one, and the hash of its row after the act, without when it was used last.
ALTER TABLE administration ADD COLUMN about_token text, ADD COLUMN about_token_hash text;

-- Tokens that were made before: the first act about each says what they are now.
SET LOCAL timezone = 'UTC';
INSERT INTO administration (at, what, about, request_id, about_token, about_token_hash)
SELECT
    clock_timestamp(), 'token known', format('%s (%s, %s)', id, role, name), 'migration 14', id,
    encode(sha256(convert_to(jsonb_strip_nulls(to_jsonb(tokens) - 'last_used_at')::text, 'UTF8')), 'hex')
FROM tokens
ORDER BY created_at, id;

SELECT begin_chain('administration', 'number', '{hash}');
SELECT begin_chain('failed_sign_ins', 'number', '{hash}');
SELECT begin_chain('sign_ins', 'began_at', '{hash,used_at,ended_at}');
