"""The command line: what people type, turned into calls of the library."""
