"""What all pages share: layout, clocks, cookies, sign-in and error pages."""
