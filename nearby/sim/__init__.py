"""Crowds, real and generated, that live in a server, and the ledger of what they were promised."""
