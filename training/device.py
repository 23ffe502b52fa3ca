"""Where training computes: the device that was asked for, and what is quick and safe on it."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext

import torch

from head360.errors import Head360Error

#: What `--device` takes.
DEVICES = ("auto", "cpu", "cuda")


class DeviceError(Head360Error):
    """The chosen device is not there."""

    hint = "Use --device auto, which takes the graphics card if PyTorch can use it."


def chosen_device(name: str = "auto") -> torch.device:
    """The device called `name`, one of `DEVICES`, ready to be used.

    Raises:
        DeviceError: PyTorch finds no graphics card.
    """
    there = torch.cuda.is_available()
    if name == "cuda" and not there:
        raise DeviceError("PyTorch finds no graphics card here.")
    return torch.device("cpu" if name == "cpu" or not there else "cuda")


def mixed_precision(device: torch.device, *, wanted: bool) -> AbstractContextManager[object]:
    """Autocast to bfloat16 on a graphics card where wanted; nothing on a processor.

    For convolutions only: a product of coordinates would lose all but two digits, and with them the
    tenths of a millimetre that fields and rays depend on.
    """
    if device.type == "cuda" and wanted:
        return torch.autocast("cuda", torch.bfloat16)
    return nullcontext()


def described(device: torch.device) -> str:
    """The device's name, for reports."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    return f"processor, {torch.get_num_threads()} threads"
