"""How libvips is set up, in the service and in the worker that opens strangers' pictures."""

import logging

import pyvips


def set_up() -> None:
    """Make libvips keep no caches, use one thread per task, and refuse untrusted loaders."""
    logging.getLogger("pyvips").setLevel(logging.WARNING)  # it tells every step of every picture
    pyvips.cache_set_max(0)
    pyvips.concurrency_set(1)
    pyvips.block_untrusted_set(True)


def name_of_libvips() -> str:
    """Return name and version."""
    return f"libvips {pyvips.version(0)}.{pyvips.version(1)}.{pyvips.version(2)}"
