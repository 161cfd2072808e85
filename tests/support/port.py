# SPDX-License-Identifier: Apache-2.0
"""A TCP port for a server that is started, ended and started again in its place.

Asking for port 0 and letting go of what one gets is a bet: from then on the kernel gives that port to whoever asks next, a client that connects
included. These ports are below those that the kernel gives away, and each is kept from other tests by a name in the abstract namespace, which ends
with the process that holds it."""
import pathlib
import socket

LOWEST = 10240
held = []


def first_of_the_kernel():
    return int(pathlib.Path("/proc/sys/net/ipv4/ip_local_port_range").read_text(encoding="ascii").split()[0])


def take(port):
    """True when nobody has it, neither a test nor a server."""
    name = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    try:
        name.bind(f"\0mapae-test-port-{port}")
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", port))
    except OSError:
        name.close()
        return False
    held.append(name)
    return True


def own_port():
    for port in range(LOWEST, first_of_the_kernel()):
        if take(port):
            return port
    with socket.socket() as probe:  # where the kernel gives away all of them, one of those
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
