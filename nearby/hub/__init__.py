"""Live state and events, shared by every gateway of a service."""
