"""The clinic's on-call file: people, rotas, policies, and who is on call at a moment."""
