"""How many files and connections this process may have open at a time."""

from __future__ import annotations

import contextlib
import resource


def allow_more(wanted: int) -> None:
    """Raise the soft limit to ``wanted``, as far as the hard one allows; a higher one stays as it is.

    Hundreds of services are asked at once, and a login session's soft limit is 1,024.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < most:
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
