"""ASGI middleware of every request: request id, security headers, access log, body limit."""
