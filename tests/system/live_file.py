"""live_file: what h5py does to a results file while a study writes it, and what becomes of it.

usage: live_file.py HMMGRID GRID DIGEST    in a folder of its own; DIGEST: of an undisturbed study
Prints a line for what is not as it should be.
"""
import os
import signal
import subprocess
import sys
import time

import h5py

hmmgrid, grid, digest = sys.argv[1:]
file = "live.h5"


def start(*options, name=file):  # alone, in this process: its runs stop with it
    return subprocess.Popen([hmmgrid, "run", grid, "-o", name, "--progress", "none", *options],
                            stderr=subprocess.PIPE, text=True)


def halt(study, what):
    """Stop it where it stands, as soon as a run is done; more are left, or it says so."""
    statuses = []
    for _ in range(6000):
        time.sleep(0.01)
        try:
            with h5py.File(file, "r", locking=False) as f:
                statuses = list(f["runs/status"][:])
        except (OSError, KeyError):
            continue  # not there yet
        if 2 in statuses:
            break
    study.send_signal(signal.SIGSTOP)
    expect(f"{what}: a run is done and others are left", 2 in statuses and 0 in statuses, True)
    expect(f"{what}: the study is going on", study.poll(), None)


def clean():
    for name in [n for n in os.listdir() if n.startswith((file, "other"))]:
        os.remove(name)


def expect(what, found, wanted):
    if found != wanted:
        print(f"{what}: {found}, expected {wanted}")


def verify(name=file):
    return subprocess.run([hmmgrid, "verify", name], capture_output=True, text=True)


def attribute(f):
    f.attrs["note"] = "x" * 3000


def dataset(f):
    f["extra"] = list(range(5000))


def groups(f):
    for i in range(200):
        f.create_group(f"g{i}").attrs["a"] = i


def look(f):
    assert f["runs/status"][0] in (0, 1, 2)


def disturb(mode, work, locking, end, said):
    """A study, h5py in the midst of it in a process of its own; `end`: its exit code."""
    case = f"{mode} {work.__name__}, locking {locking}"
    clean()
    study = start()
    halt(study, case)
    pid = os.fork()
    if pid == 0:
        try:
            with h5py.File(file, mode, locking=locking) as f:
                work(f)
        except OSError:
            os._exit(1)
        os._exit(0)
    refused = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    study.send_signal(signal.SIGCONT)
    expect(f"{case}: refused", refused, int(locking and mode != "r"))
    _, text = study.communicate(timeout=120)
    expect(f"{case}: exit code", study.returncode, end)
    expect(f"{case}: says '{said}'", said in text and (said != "" or text == ""), True)
    if end == 74:
        expect(f"{case}: resume", start("--resume").wait(120), 0)
    found = verify()
    expect(f"{case}: digest", found.stdout.split()[-1], digest)
    expect(f"{case}: nothing to say", found.stderr, "")


def held():
    """A notebook has the file open when a study begins."""
    with h5py.File(file, "r"):
        expect("resume beside a reader", start("--resume").wait(60), 0)
    with h5py.File(file, "r+"):
        study = start("--resume")
        _, text = study.communicate(timeout=60)
        expect("resume beside a writer", (study.returncode, "has it open for writing" in text),
               (73, True))
    expect("resume when it is gone", start("--resume").wait(60), 0)


def other_name():
    """A study on another name of the same file."""
    os.link(file, "other.h5")
    expect("a file of two names that nobody has open", start("--resume").wait(60), 0)
    clean()
    study = start()
    halt(study, "two names")
    os.link(file, "other.h5")
    second = start("--resume", name="other.h5")
    _, text = second.communicate(timeout=60)
    study.send_signal(signal.SIGCONT)
    expect("a study on another name", (second.returncode, "hard links" in text), (73, True))
    expect("the first study", study.wait(120), 0)
    expect("digest", verify().stdout.split()[-1], digest)


def removed(replaced):
    """The file is removed, or another one put in its place, in the midst of a study."""
    case = "replaced" if replaced else "removed"
    clean()
    study = start()
    halt(study, case)
    os.remove(file)
    if replaced:
        os.symlink("slow.yaml", file)
    study.send_signal(signal.SIGCONT)
    _, text = study.communicate(timeout=120)
    expect(case, (study.returncode, file + ".rescued" in text, "there again" in text),
           (74, True, False) if replaced else (0, False, True))
    found = verify(file + ".rescued" if replaced else file)
    expect(f"{case}: digest", found.stdout.split()[-1], digest)


put_back = "its layout was put back as it was"
disturb("r", look, True, 0, "")
disturb("a", attribute, True, 0, "")
disturb("a", attribute, False, 0, put_back)
disturb("r+", dataset, False, 0, put_back)
disturb("a", groups, False, 0, put_back)
disturb("w", dataset, False, 74, "--resume runs these again")
held()
other_name()
removed(False)
removed(True)
