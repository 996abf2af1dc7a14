"""ranges: what `hmmgrid help settings` prints as a range is what `check` takes: both ends of every
range, and nothing beyond them.
usage: ranges.py PROGRAM GRID    GRID: a small grid"""
import re
import subprocess
import sys

program, grid = sys.argv[1:]


def said(*words):
    run = subprocess.run([program, *words], capture_output=True, text=True)
    return run.returncode, run.stdout + run.stderr


def refused(key, value):
    code, text = said("check", grid, "--set", f"{key}={value}")
    assert code in (0, 65), (key, value, text)
    return "out of range" in text


num = 0
pages = " ".join(said("help", "settings")[1].split())
entry = re.compile(
    r"\b([a-z]+\.[a-z_]+) [^;]*(?:; [^;\]]*)*; (a whole number|a number|a list of (\d) numbers|"
    r"a number or a list), (above )?(\S+) to (\S+)(?: [a-zA-Z]+)? \[")
for key, kind, length, above, low, high in entry.findall(pages):
    whole = kind == "a whole number"

    def text(x):
        x = int(x) if whole else repr(x)
        return f"[{', '.join([str(x)] * int(length))}]" if length else str(x)

    low, high = float(low), float(high)
    if whole:
        below, first, beyond = low - 1, low, high + 1
    else:
        below = low if above else low - (low or 1) * 1e-12
        first = (low * (1 + 1e-12) or 1e-300) if above else low
        beyond = high * (1 + 1e-12)
    assert not refused(key, text(first)), (key, first)
    assert not refused(key, text(high)), (key, high)
    assert refused(key, text(below)), (key, below)
    assert refused(key, text(beyond)), (key, beyond)
    num += 1
assert num > 30, f"only {num} ranges were found in the help"
