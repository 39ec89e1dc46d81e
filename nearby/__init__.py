"""The open-source backend for people nearby: small rooms, scattered by cell and window, carried over websockets."""

__version__ = "0.1.0"
