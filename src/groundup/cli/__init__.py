"""The command `groundup`: parses, calls the library, prints. One file for each group of commands."""
