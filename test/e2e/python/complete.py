"""Types into an interactive shell, and says what its completion makes of it.

    python complete.py SHELL SCRIPT TYPED...

SCRIPT is what `access-key-rotation completion SHELL` writes. Prints one line for each TYPED: the command line after the tab key.
Whoever calls it ends it when it takes too long.
"""

import os
import pty
import sys

SET_UP = {
    "bash": ["bash", "--norc", "--noprofile", "-i"],
    "zsh": ["zsh", "-f", "-i"],
}
PREPARE = {
    "bash": "set -o emacs",
    "zsh": "bindkey -e; autoload -U compinit; compinit -u -D",
}
# The first column of what the shell prints, and not what it shows while somebody types.
MARK = "LINE="
TAB, BEGINNING = b"\t", b"\x01"


def lines_of(descriptor):
    """What the shell prints, line by line."""
    rest = b""
    while True:
        try:
            piece = os.read(descriptor, 65536)
        except OSError:
            return
        if not piece:
            return
        *lines, rest = (rest + piece).replace(b"\r", b"").split(b"\n")
        yield from (line.decode(errors="replace") for line in lines)


def main(shell, script, *typed):
    child, descriptor = pty.fork()
    if child == 0:
        os.environ.update(TERM="dumb", COLUMNS="200", PS1="> ")
        os.execvp(SET_UP[shell][0], SET_UP[shell])
    os.write(descriptor, f"{PREPARE[shell]}; source '{script}'\n".encode())
    printed = lines_of(descriptor)
    for text in typed:
        # The completed line becomes the argument of echo.
        os.write(descriptor, text.encode() + TAB + BEGINNING + f"echo {MARK}".encode() + b"\n")
        print(next(line for line in printed if line.startswith(MARK))[len(MARK) :], flush=True)
    os.write(descriptor, b"exit\n")
    for _line in printed:
        pass
    os.waitpid(child, 0)


if __name__ == "__main__":
    main(*sys.argv[1:])
