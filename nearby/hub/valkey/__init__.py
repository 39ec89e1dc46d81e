"""The hub that several gateways share: the live state stands in Valkey or Redis.

What an operation does is decided by the same code as in one process (``nearby.hub.memory``), here in an *attempt*:
what it asks for is read, and what it changes is written by one server-side function if nothing of what was read has
changed meanwhile; else it is decided anew.
"""
