"""What outlives a process: the port in ``base``, one implementation of it in ``sql``."""
