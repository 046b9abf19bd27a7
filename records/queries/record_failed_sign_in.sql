-- Records a sign-in that failed.
INSERT INTO failed_sign_ins (at, token_id, address, request_id)
VALUES ($1, $2, $3, $4)
