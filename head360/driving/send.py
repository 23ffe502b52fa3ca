"""Sends faces to other programs, over VMC or as one of the phone apps would."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Generator

from head360.driving import ifacialmocap, livelink, vmc
from head360.driving.udp import LOOPBACK, ProtocolName, protocol
from head360.errors import DrivingError
from head360.performance import Performance, Sample

_ENCODERS: dict[ProtocolName, Callable[[Sample], bytes]] = {
    "livelink": livelink.encode,
    "ifacialmocap": ifacialmocap.encode,
    "vmc": vmc.encode,
}


class UdpSender:
    """Sends samples to one program."""

    def __init__(
        self, name: ProtocolName, port: int | None = None, address: str = LOOPBACK
    ) -> None:
        """Open it.

        Raises:
            DrivingError: there is no such protocol.
        """
        default = vmc.PORT if name == "vmc" else protocol(name).port
        self._target = (address, default if port is None else port)
        self._encode = _ENCODERS[name]
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)

    def send(self, sample: Sample) -> None:
        """Send one face.

        Raises:
            DrivingError: the other side cannot be reached.
        """
        try:
            self._socket.sendto(self._encode(sample), self._target)
        except ConnectionRefusedError:
            pass  # nobody listens yet
        except (OSError, OverflowError) as error:
            where = f"{self._target[0]}:{self._target[1]}"
            raise DrivingError(f"“{where}” cannot be sent to: {error}.") from error

    def close(self) -> None:
        """Let go of it."""
        self._socket.close()


def played(
    performance: Performance, sender: UdpSender, fps: float = 60.0
) -> Generator[float, None, int]:
    """Send a performance in its own time; yields the seconds played, returns the faces sent.

    Raises:
        DrivingError: the other side cannot be reached.
    """
    began, count = time.perf_counter(), 0
    while (now := count / fps) <= performance.duration_s:
        time.sleep(max(0.0, began + now - time.perf_counter()))
        sender.send(performance.at(now))
        count += 1
        yield now
    return count
