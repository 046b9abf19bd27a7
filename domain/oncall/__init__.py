"""On-call: the clinic's on-call file with people, rotas and policies, and who is on call at a moment."""
