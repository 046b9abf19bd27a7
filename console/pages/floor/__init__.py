"""Pages of the whole floor: the board and the live sessions."""
