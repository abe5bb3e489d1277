"""What the command line's commands are made of."""
