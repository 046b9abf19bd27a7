"""Read models: a course as screens and lists show it. No rule depends on them."""
