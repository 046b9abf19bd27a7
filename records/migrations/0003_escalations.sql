-- The on-call work: each escalation as its workflow last told it, with every page it sent.

CREATE TABLE escalations (
    id              text        NOT NULL,
    course_id       text        NOT NULL,  -- may come before its course's own row: paging waits for no ledger
    kind            text        NOT NULL,
    session         integer,
    severity        severity    NOT NULL,
    state           text        NOT NULL,
    opened_at       timestamptz NOT NULL,
    step            integer     NOT NULL,
    acknowledged_by text,
    acknowledged_at timestamptz,
    resolved_by     text,
    resolved_at     timestamptz,
    note            text,
    revision        bigint      NOT NULL,
    change          bigint      NOT NULL,

    CONSTRAINT escalations_one_row_an_escalation PRIMARY KEY (id)
);

CREATE TRIGGER escalations_number_the_change BEFORE INSERT OR UPDATE ON escalations
    FOR EACH ROW EXECUTE FUNCTION number_the_change();
CREATE TRIGGER escalations_announce_the_change AFTER INSERT OR UPDATE ON escalations
    FOR EACH ROW EXECUTE FUNCTION announce_the_change('id');

CREATE INDEX escalations_by_opening ON escalations (opened_at, id);
CREATE INDEX escalations_by_course ON escalations (course_id, opened_at, id);
CREATE INDEX escalations_unresolved ON escalations (state, opened_at, id) WHERE state <> 'resolved';
CREATE INDEX escalations_by_change ON escalations (change);

CREATE TABLE escalation_pages (
    escalation_id text        NOT NULL,
    number        integer     NOT NULL,  -- its place among the escalation's pages, from 1
    at            timestamptz NOT NULL,
    step          integer     NOT NULL,
    person        text        NOT NULL,
    channel       text        NOT NULL,
    ok            boolean     NOT NULL,
    error         text,

    CONSTRAINT escalation_pages_one_row_a_page PRIMARY KEY (escalation_id, number),
    CONSTRAINT escalation_pages_of_an_escalation FOREIGN KEY (escalation_id) REFERENCES escalations (id)
);
