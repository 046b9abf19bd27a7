"""The domain: the protocol's clinical rules as pure functions over immutable facts, without I/O or a clock."""
