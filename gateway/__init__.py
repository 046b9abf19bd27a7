"""Access to workflows, channels, protocol files and the on-call file, shared by worker, console and command line."""
