"""Starts Lambda's own Python runtime client in a process that can import what a function can, and nothing else.

Usage: `python -S bootstrap.py <import path, joined by the platform's separator> <handler>`. It is a script on its own:
nothing of this library or of the emulator can be imported here.
"""

from __future__ import annotations

import logging
import os
import site
import sys
from importlib import import_module


def main() -> None:
    """Run the handler for one event after the other, as `/var/runtime/bootstrap` does."""
    script, path, handler = sys.argv
    # `-S` kept the interpreter's site-packages out; the function's own folders come first, as in Lambda.
    sys.path[:1] = path.split(os.pathsep)
    site.setquit()
    site.setcopyright()
    site.sethelper()
    sys.argv = [script]
    # On AWS no variable says where services are, and botocore does not log which one it found.
    logging.getLogger("botocore.configprovider").addFilter(_is_of_aws_too)

    import_module("awslambdaric.__main__").main([script, handler])


def _is_of_aws_too(record: logging.LogRecord) -> bool:
    return not str(record.msg).startswith("Found endpoint for ")


if __name__ == "__main__":
    main()
