"""The clinical rules, a file each: what must hold, what blocks, what follows."""
