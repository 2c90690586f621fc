"""What all tests need of the process they run in."""

from __future__ import annotations

import signal

# A shell that starts the tests in the background ignores Ctrl-C for them and all that they start; some tests press it.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
