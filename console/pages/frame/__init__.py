"""What all pages share: the frame around them, clocks, cookies, signing in, error pages."""
