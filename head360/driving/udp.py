"""Listens for a protocol on a UDP port: newest wins, whatever comes.

The thread empties the port many times a second and understands what it may within a budget of time,
so a flood costs no more than a fast sender. Packets from a second sender are left aside until the
first has been silent; packets that a newer one overtook on the way are dropped. Nobody listens
unless asked, and only this machine is heard unless another address is given.
"""

from __future__ import annotations

import logging
import math
import socket
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from threading import Event, Thread
from typing import Literal, TypeAlias

from head360.driving import ifacialmocap, livelink, vmc
from head360.driving.livelink import Quiet
from head360.driving.meter import Meter
from head360.driving.names import SideOrder
from head360.driving.source import Listener, SourceState, SourceStatus
from head360.errors import DrivingError
from head360.performance import Sample

_log = logging.getLogger(__name__)

ProtocolName: TypeAlias = Literal["livelink", "ifacialmocap", "vmc"]
Reading: TypeAlias = Sample | Quiet | None
Address: TypeAlias = tuple[str, int]
_Packet: TypeAlias = tuple[bytes, Address]

LOOPBACK, EVERYWHERE = "127.0.0.1", "0.0.0.0"

#: The port is emptied this often; no sender makes faces faster.
_TICK_S = 1 / 240
#: Of each tick, how long packets are understood, and how many are kept for it.
_BUDGET_S, _KEPT = 0.002, 128
_RECEIVED = 4096  # at most, in one tick
#: Another sender is heard once the first has been silent for so long, seconds.
_SILENCE_S = 0.7
#: No packet is overtaken by more than this; a clock that jumps farther was set anew, seconds.
_OVERTAKEN_S, _RESTART_S = 0.25, 1.0
_WAIT_S = 0.1  # to notice `stop` when nothing comes


@dataclass(frozen=True, slots=True)
class Protocol:
    """A way of sending faces over UDP."""

    name: ProtocolName
    title: str
    port: int  # where it is sent to by default
    whole: bool  # each packet is a whole face, so that only the newest matters
    reader: Callable[[], Callable[[bytes], Reading]]  # makes what reads the packets of one sender
    max_bytes: int


def protocol(name: str, order: SideOrder = "left first") -> Protocol:
    """A protocol by name; `order` is which side Live Link's jaw and mouth begin with.

    Raises:
        DrivingError: there is none of that name.
    """

    def read_live_link(packet: bytes) -> Reading:
        return livelink.read(packet, order)

    known = {
        "livelink": Protocol(
            "livelink", "Live Link Face", livelink.PORT, True,
            lambda: read_live_link, livelink.MAX_PACKET_BYTES,
        ),
        "ifacialmocap": Protocol(
            "ifacialmocap", "iFacialMocap", ifacialmocap.PORT, True,
            lambda: ifacialmocap.decode, ifacialmocap.MAX_PACKET_BYTES,
        ),
        "vmc": Protocol(
            "vmc", "VMC", vmc.REPLY_PORT, False, lambda: vmc.VmcFace().feed, vmc.MAX_PACKET_BYTES
        ),
    }  # fmt: skip
    if name not in known:
        raise DrivingError(f"There is no stream called “{name}”.", f"Known: {', '.join(known)}.")
    return known[name]


class UdpSource:
    """A `LiveSource` of one port."""

    def __init__(
        self, protocol: Protocol, port: int | None = None, address: str = LOOPBACK
    ) -> None:
        self._protocol, self._address = protocol, address
        self._port = protocol.port if port is None else port
        self._meter, self._stop = Meter(), Event()
        self._thread: Thread | None = None
        self._failure = ""

    @property
    def title(self) -> str:
        """Protocol and port."""
        return f"{self._protocol.title}, port {self._port}"

    @property
    def port(self) -> int:
        """The port; one that was asked for as 0 is known once started."""
        return self._port

    def start(self) -> None:
        """Begin to listen.

        Raises:
            DrivingError: the port or the address cannot be had.
        """
        self.stop()
        self._meter.reset()
        self._stop, self._failure = Event(), ""
        listening = _bound(self._address, self._port)
        self._port = listening.getsockname()[1]
        self._thread = Thread(
            target=self._run, args=(listening, self._stop), name=self.title, daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """Free the port."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()
        self._thread = None

    def request(self, phone: str) -> None:
        """Ask the iFacialMocap app on a phone, by its address, to send to this port.

        Raises:
            DrivingError: it cannot be reached, or this is another protocol.
        """
        if self._protocol.name != "ifacialmocap":
            raise DrivingError(f"{self._protocol.title} cannot be asked to send; start it there.")
        try:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
                for _ in range(3):  # packets may be lost
                    asking.sendto(ifacialmocap.REQUEST, (phone, ifacialmocap.PORT))
        except OSError as error:
            raise DrivingError(
                f"“{phone}” cannot be reached: {error.strerror or error}.",
                "Check the phone's address, and that both are in the same network.",
            ) from error

    def newest(self) -> Sample | None:
        """See `LiveSource`."""
        return self._meter.newest()

    def listen(self, listener: Listener | None) -> None:
        """See `LiveSource`."""
        self._meter.listen(listener)

    def status(self) -> SourceStatus:
        """See `LiveSource`."""
        texts: dict[SourceState, str] = {
            "stopped": "Stopped",
            "waiting": f"Waiting for {self._protocol.title} on port {self._port}",
            "running": f"{self._protocol.title} on port {self._port}",
            "lost": "Nothing comes any more",
            "failed": self._failure,
            "ended": "Stopped",
        }
        if self._failure:
            return self._meter.status(texts, "failed")
        return self._meter.status(texts, "stopped" if self._thread is None else None)

    def _run(self, listening: socket.socket, stop: Event) -> None:
        with listening:
            ear = _Ear(self._protocol, self._meter)
            try:
                while not stop.is_set():
                    began = time.perf_counter()
                    ear.hear(*_arrived(listening, self._protocol.max_bytes))
                    stop.wait(max(0.0, _TICK_S - (time.perf_counter() - began)))
            except OSError as error:
                self._failure = f"Port {self._port} failed: {error.strerror or error}"
                _log.error("port %s failed: %s", self._port, error)


class _Ear:
    """Makes samples of the packets of the sender that is being listened to."""

    def __init__(self, protocol: Protocol, meter: Meter) -> None:
        self._protocol, self._meter = protocol, meter
        self._read = protocol.reader()
        self._sender: Address | None = None
        self._heard_at = -math.inf
        self._clock = _Clock()

    def hear(self, packets: list[_Packet], missed: int) -> None:
        """Understand what arrived in one tick, oldest first, after `missed` older ones."""
        now = time.perf_counter()
        ours = [packet for packet, sender in packets if self._listens_to(sender, now)]
        keep = 1 if self._protocol.whole else _KEPT
        self._meter.count("skipped", missed + len(packets) - len(ours[-keep:]))
        for position, packet in enumerate(ours[-keep:]):
            if time.perf_counter() - now > _BUDGET_S:
                self._meter.count("skipped", len(ours[-keep:]) - position)
                return
            self._understand(packet, now)

    def _understand(self, packet: bytes, now: float) -> None:
        reading = self._read(packet)
        if reading is None:
            self._meter.count("bad")
        elif isinstance(reading, Quiet):
            self._quiet()
        else:
            when = self._clock.here(reading.time_s, now)
            if when is None:
                self._meter.count("late")
            else:
                self._meter.seen(reading.with_(time_s=when), max(0.0, now - when))

    def _quiet(self) -> None:
        # Of VMC, most packets only prepare a face.
        if self._protocol.whole:
            self._meter.missed()

    def _listens_to(self, sender: Address, now: float) -> bool:
        if sender != self._sender:
            if now - self._heard_at < _SILENCE_S:
                return False
            self._sender, self._clock = sender, _Clock()
            self._read = self._protocol.reader()
        self._heard_at = now
        return True


class _Clock:
    """Tells a sender's times by the clock of this machine.

    The fastest packet so far is taken to have come at once; others were under way for longer.
    """

    def __init__(self) -> None:
        self._offset: float | None = None
        self._last = self._last_here = -math.inf

    def here(self, sent: float, now: float) -> float | None:
        """When it was sent, by our clock; None if something newer was heard before."""
        if not math.isfinite(sent) or sent <= 0:  # tells no time
            return now
        just_heard = now - self._last_here < _OVERTAKEN_S
        if just_heard and -_OVERTAKEN_S < sent - self._last <= 0:
            return None
        self._last_here = now
        if not 0 < sent - self._last < _RESTART_S:
            self._offset = None  # another start
        self._last = sent
        # A slow drift follows clocks that run differently.
        self._offset = min(now - sent, math.inf if self._offset is None else self._offset + 1e-4)
        return sent + self._offset


def _bound(address: str, port: int) -> socket.socket:
    listening = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        listening.bind((address, port))
    except (OSError, OverflowError) as error:
        listening.close()
        reason = getattr(error, "strerror", None) or error
        raise DrivingError(
            f"Port {port} of {address} cannot be listened to: {reason}.",
            "Close the program that uses it, or choose another port here and in the sender.",
        ) from error
    listening.settimeout(_WAIT_S)
    return listening


def _arrived(listening: socket.socket, max_bytes: int) -> tuple[list[_Packet], int]:
    """The newest packets that wait at the port, oldest first, and how many older ones there were.

    Waits a moment for the first.
    """
    packets: deque[_Packet] = deque(maxlen=_KEPT)
    count = 0
    try:
        listening.settimeout(_WAIT_S)
        while count < _RECEIVED:
            packets.append(listening.recvfrom(max_bytes + 1))
            count += 1
            listening.setblocking(False)
    except (TimeoutError, BlockingIOError, InterruptedError, ConnectionResetError):
        pass  # Windows resets a port whose answers found nobody
    return list(packets), count - len(packets)
