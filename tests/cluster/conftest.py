"""A real Slurm of two nodes, both of them this machine, while the tests run."""

import contextlib
import os
import pathlib
import shutil
import socket
import subprocess
import tempfile
import time

import pytest

NEEDED = ("slurmctld", "slurmd", "sbatch", "munged", "mungekey")
# JAX asks for worker 0 by the name of the first node, which so is this machine's.
HOST = socket.gethostname().split(".")[0]
NODES = (HOST, f"{HOST}-second")
# A job that is put back waits as long as its credential lives: five seconds.
SETTINGS = """\
ClusterName=test
SlurmctldHost={host}(127.0.0.1)
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket,cred_expire=5
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool-%n
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd-%n.pid
SlurmctldPort={ports[0]}
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd-%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SwitchType=switch/none
MpiDefault=none
SelectType=select/cons_tres
GresTypes=gpu
ReturnToService=2
NodeName=DEFAULT RealMemory=4000 Gres=gpu:1
NodeName={nodes[0]} NodeHostname={host} NodeAddr=127.0.0.1 Port={ports[1]}
NodeName={nodes[1]} NodeHostname={host} NodeAddr=127.0.0.1 Port={ports[2]}
PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP
"""


@pytest.fixture(scope="session")
def slurm():
    """The environment in which Slurm's commands reach the two nodes."""
    missing = [name for name in NEEDED if shutil.which(name, path=paths()) is None]
    if missing or os.geteuid() != 0:
        lacking = f"without {', '.join(missing)}" if missing else "without root"
        pytest.skip(f"{lacking}: as root, apt-get install slurm-wlm munge")
    with contextlib.ExitStack() as stack:
        folder = tempfile.mkdtemp(prefix="slurm-")
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        os.chmod(folder, 0o755)
        stack.callback(stop, pathlib.Path(folder))
        yield start(pathlib.Path(folder))


def paths():
    return os.pathsep.join((os.environ["PATH"], "/usr/sbin", "/sbin"))


def start(folder):
    (folder / "state").mkdir()
    settings = SETTINGS.format(
        folder=folder, host=HOST, nodes=NODES, ports=free_ports(3)
    )
    (folder / "slurm.conf").write_text(settings)
    # Slurm hands out devices by number, whatever they are.
    (folder / "gres.conf").write_text("Name=gpu File=/dev/zero\n")
    path = os.pathsep.join((os.path.dirname(shutil.which("python3")), paths()))
    environment = {**os.environ, "SLURM_CONF": f"{folder}/slurm.conf", "PATH": path}

    def run(*command):
        subprocess.run(command, env=environment, check=True, capture_output=True)

    run("mungekey", "--create", f"--keyfile={folder}/munge.key")
    files = {"socket": "socket", "key-file": "key", "pid-file": "pid"}
    files |= {"log-file": "log", "seed-file": "seed"}
    files = [f"--{option}={folder}/munge.{name}" for option, name in files.items()]
    run("munged", "--force", *files)
    run("slurmctld")
    for node in NODES:
        run("slurmd", "-N", node)
    command = ["sinfo", "--noheader", "--states=idle", "--format=%D"]
    wait_until(lambda: answer(environment, *command) == "2", 30)
    return environment


def stop(folder):
    """Ends what `start` has started, and nothing else."""
    for path in sorted(folder.glob("*.pid"), key=lambda p: p.stem == "munge"):
        with contextlib.suppress(ProcessLookupError, ValueError):
            os.kill(int(path.read_text()), 15)
    wait_until(lambda: not list(folder.glob("slurm*.pid")), 10)


def free_ports(count):
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("localhost", 0))
        return [each.getsockname()[1] for each in sockets]


def answer(environment, *command):
    """What a command prints."""
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def wait_until(condition, seconds):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"not within {seconds} s"
        time.sleep(0.2)
