-- Records an act of administration.
INSERT INTO administration (at, what, about, token_id, person, account, request_id)
VALUES ($1, $2, $3, $4, $5, $6, $7)
