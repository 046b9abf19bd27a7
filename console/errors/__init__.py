"""Every way in which a request can end otherwise than well, as RFC 9457 problems."""
