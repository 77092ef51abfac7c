# SPDX-License-Identifier: Apache-2.0
"""What ends a command of this folder, with its exit code (numbers as in `neurotile --help`)."""
import signal
import sys

OPTION, FILE, CONTENT, RANGE, DEVICE, MEMORY = 2, 6, 7, 8, 10, 11


class Failure(Exception):
    """A message for the user: what is wrong, the value found, the values allowed."""

    def __init__(self, code, message):
        super().__init__(message)
        self.code = code


def run(name, main):
    """Runs `main` and ends the process with its exit code; what the user can mend gives one line, no traceback."""
    try:
        code = main()
    except Failure as failure:
        code, message = failure.code, str(failure)
    except OSError as error:
        code, message = FILE, f"{error.filename or 'file'}: {error.strerror or error}"
    except MemoryError:
        code, message = MEMORY, "out of memory"
    except KeyboardInterrupt:
        code, message = 128 + signal.SIGINT, "interrupted"
    else:
        sys.exit(code)
    print(f"{name}: {message}", file=sys.stderr)
    sys.exit(code)
