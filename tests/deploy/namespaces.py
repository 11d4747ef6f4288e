"""Processes in namespaces of their own: as process 1 of a read-only root file system, as a user without rights, as a container would."""

import contextlib
import os
import pathlib
import select
import shlex
import signal
import subprocess
import time

from make_rootfs import USER_ID

# Far above what anything here takes: a test that comes near it hangs.
PATIENCE_SECONDS = 120
DEVICES = ("null", "random", "urandom", "zero")

_MAYBE_ROOT = ["unshare", "--map-root-user"]


def unshare_command():
  """What makes the namespaces: as root as it is, else with a user namespace. Nothing where neither is permitted."""
  for command in (["unshare"], _MAYBE_ROOT):
    probe = [*command, "--mount", "--pid", "--net", "--fork", "mount", "-t", "tmpfs", "none", "/mnt"]
    if subprocess.run(probe, check=False, capture_output=True).returncode == 0:
      return command
  return None


def _mount_lines(root, mounts):
  """Shell lines that make `root` what a container sees; `mounts`: from a place in it to a folder or file that is bound there read-only."""
  place = lambda path: shlex.quote(str(root / path.lstrip("/")))
  yield f"mount --bind {place('')} {place('')}"
  yield f"mount -o remount,bind,ro,nosuid,nodev {place('')}"
  yield f"mount -t proc proc {place('proc')}"
  yield f"mount -t tmpfs -o mode=1777 tmpfs {place('tmp')}"
  yield f"mount -t tmpfs -o mode=755 tmpfs {place('dev')}"
  for name in DEVICES:
    yield f"touch {place('dev/' + name)} && mount --bind /dev/{name} {place('dev/' + name)}"
  for path, source in mounts.items():
    yield f"mount --bind {shlex.quote(str(source))} {place(path)} && mount -o remount,bind,ro {place(path)}"


def _enter(unshare, root, folder, argv):
  """The command that goes into `root`, there into `folder`, and gives up all rights."""
  if unshare == _MAYBE_ROOT:
    # Another user namespace, in which we are that user: the first has no other users than root.
    user = ["--user", f"--map-user={USER_ID}", f"--map-group={USER_ID}"]
  else:
    user = [f"--setuid={USER_ID}", f"--setgid={USER_ID}"]
  return ["setpriv", "--no-new-privs", "unshare", *user, f"--root={root}", f"--wd={folder}", *argv]


class ContainerProcess(contextlib.AbstractContextManager):
  """`argv` as process 1 of `root`, begun in `folder`. It gets no environment; its stderr goes to stdout's pipe."""

  def __init__(self, unshare, root, argv, mounts=None, folder="/"):
    root = pathlib.Path(root).resolve()
    entry = shlex.join(["env", "-i", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", *map(str, _enter(unshare, root, folder, argv))])
    script = "\n".join(["set -e", *_mount_lines(root, mounts or {}), f"exec {entry}"])
    command = [*unshare, "--mount", "--pid", "--fork", "--kill-child", "sh", "-c", script]
    self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    self.output = ""

  def wait_for_line(self, start):
    """The first line that begins so. AssertionError, with what it said, when it ends before or takes too long."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
      *lines, _ = self.output.split("\n")
      for line in lines:
        if line.startswith(start):
          return line
      if not self._read(deadline):
        raise AssertionError(f"no line {start!r}: {self.output[-3000:]}")

  def _read(self, deadline):
    ready, _, _ = select.select([self.process.stdout], [], [], max(0, deadline - time.monotonic()))
    more = self.process.stdout.read1(65536).decode(errors="replace") if ready else ""
    self.output += more
    return bool(more)

  @property
  def pid(self):
    """Process 1 of the container, as it is numbered here."""
    return int(pathlib.Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()[0])

  def status(self, field):
    """A line of its /proc/PID/status: status("Uid")."""
    lines = pathlib.Path(f"/proc/{self.pid}/status").read_text().splitlines()
    return next(line.split(":", 1)[1].split() for line in lines if line.startswith(f"{field}:"))

  def signal_terminate(self):
    """SIGTERM to process 1, which gets no signal that it does not wait for."""
    os.kill(self.pid, signal.SIGTERM)

  def terminate(self):
    """The same, and waits for its end. Returns the exit code."""
    self.signal_terminate()
    return self.wait()

  def wait(self):
    """Reads what it says until its end; returns the exit code."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while self._read(deadline):
      pass
    return self.process.wait(timeout=PATIENCE_SECONDS)

  def __exit__(self, *_):
    if self.process.poll() is None:
      self.process.send_signal(signal.SIGKILL)  # --kill-child ends the child as well
    self.process.wait()
    self.process.stdout.close()
