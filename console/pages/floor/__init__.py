"""The whole floor: the board, who needs a human now, live sessions."""
