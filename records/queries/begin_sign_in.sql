-- Stores a new sign-in.
INSERT INTO sign_ins (id, token_id, screen, began_at, used_at)
VALUES ($1, $2, $3, $4, $5)
