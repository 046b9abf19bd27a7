-- Who is signed in at the pages. What a browser shows is kept as a hash: nobody signs in by what stands here.

CREATE TABLE sign_ins (
    id       text        PRIMARY KEY,
    token_id text        NOT NULL REFERENCES tokens (id),
    screen   text        NOT NULL,
    began_at timestamptz NOT NULL,
    used_at  timestamptz NOT NULL,
    ended_at timestamptz
);
