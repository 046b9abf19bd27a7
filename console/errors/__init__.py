"""Maps every error that a request may raise to an RFC 9457 problem."""
