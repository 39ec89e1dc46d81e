"""The shell: HTTP, sockets, tokens, settings and metrics around the core and the hub."""
