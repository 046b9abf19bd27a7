-- For whom a token speaks, who sent each entry, and the record of what the auditor reads beside it.

-- role holds one role or several, separated by commas. speaks_as is null for a token made before: the default of its roles.
ALTER TABLE tokens ADD COLUMN speaks_as text[];
ALTER TABLE tokens ADD COLUMN person text;
ALTER TABLE tokens ADD COLUMN expires_at timestamptz;

-- Entries written before name no sender, and are hashed without one.
ALTER TABLE ledger ADD COLUMN sent_by json;

-- A page's own link has no token: its person is named. request_id is the caller's own, own_request_id the server's.
ALTER TABLE course_reads ALTER COLUMN token_id DROP NOT NULL;
ALTER TABLE course_reads ADD COLUMN person text;
ALTER TABLE course_reads ADD COLUMN own_request_id text;
CREATE INDEX course_reads_by_time ON course_reads (at);

-- Acts of administration, such as a new token, an approval, or an act on an escalation at Kapstan's own machine.
CREATE TABLE administration (
    number     bigint      GENERATED ALWAYS AS IDENTITY,
    at         timestamptz NOT NULL,
    what       text        NOT NULL,
    about      text        NOT NULL,
    token_id   text,
    person     text,
    account    text,
    request_id text        NOT NULL,

    CONSTRAINT administration_one_row_an_act PRIMARY KEY (number)
);

-- Sign-ins that failed: a token was shown that does not hold. token_id is the public part that it claimed, if any.
CREATE TABLE failed_sign_ins (
    number     bigint      GENERATED ALWAYS AS IDENTITY,
    at         timestamptz NOT NULL,
    token_id   text,
    address    text,
    request_id text        NOT NULL,

    CONSTRAINT failed_sign_ins_one_row_a_failure PRIMARY KEY (number)
);

CREATE FUNCTION refuse_to_rewrite_the_audit() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the record of administration and of failed sign-ins is append-only'
        USING ERRCODE = 'restrict_violation', CONSTRAINT = 'administration_is_append_only';
END
$$;

CREATE TRIGGER administration_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON administration
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_rewrite_the_audit();
CREATE TRIGGER failed_sign_ins_are_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON failed_sign_ins
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_rewrite_the_audit();
