"""Open files: every connection is one, and many systems allow a process no more than 1,024."""

import resource

from nearby.errors import ConfigError

OTHER_FILES = 250
"""Files a process has open besides its connections, and then some."""


def allow_connections(count: int, *, setting: str) -> None:
    """Let this process and its children have ``count`` connections open.

    Args:
        count: How many.
        setting: The setting that asks for them, for the sentence.

    Raises:
        ConfigError: The machine does not allow it. Nothing was changed.
    """
    wanted = count + OTHER_FILES
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < wanted:
        raise ConfigError(
            setting, f"{count:,} connections need {wanted:,} open files and {hard:,} are allowed; see ulimit -Hn"
        )
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
