"""What people see in a browser: server-rendered, without a line of script that they must run."""
