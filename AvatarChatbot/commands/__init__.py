"""The commands of the command line, apart from their options."""
