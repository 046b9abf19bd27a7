-- When the whole record was verified, and how many rows differed.

CREATE TABLE verifications (
    verified_at timestamptz NOT NULL,
    courses     integer     NOT NULL,
    differing   integer     NOT NULL,

    CONSTRAINT verifications_one_row_a_verification PRIMARY KEY (verified_at)
);
