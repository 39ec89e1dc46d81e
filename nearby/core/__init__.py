"""The rules, pure: no I/O, no clock, no hidden randomness.

Values and plain functions that the hub, the client and the simulator drive. Times come in
as integer milliseconds since the Unix epoch, secrets and ids as arguments.
"""
