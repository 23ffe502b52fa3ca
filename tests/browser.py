"""Drives headless Chromium through a pipe: no port, no other program."""

from __future__ import annotations

import base64
import io
import json
import os
import select
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
#: Software OpenGL keeps a page busy for long.
PATIENCE_S = 120
SOFTWARE_GL = (
    "--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader",
    "--disable-gpu-sandbox", "--ignore-gpu-blocklist",
)  # fmt: skip


def chromium() -> str | None:
    return next((found for name in NAMES if (found := shutil.which(name))), None)


class Browser:
    """One page of a browser; `requests` are the addresses that it has asked for."""

    def __init__(self, to_browser: int, from_browser: int) -> None:
        self._to, self._from = os.fdopen(to_browser, "wb"), from_browser
        self._heard = b""
        self._count = 0
        self._session: str | None = None
        self.requests: list[str] = []
        self.complaints: list[str] = []
        target = self.ask("Target.createTarget", url="about:blank")["targetId"]
        attached = self.ask("Target.attachToTarget", targetId=target, flatten=True)
        self._session = attached["sessionId"]
        for domain in ("Page", "Network", "Runtime", "Log"):
            self.ask(f"{domain}.enable")

    def close(self) -> None:
        self._to.close()
        os.close(self._from)

    def ask(self, method: str, **params: Any) -> dict[str, Any]:
        self._count += 1
        wish: dict[str, Any] = {"id": self._count, "method": method, "params": params}
        if self._session:
            wish["sessionId"] = self._session
        self._to.write(json.dumps(wish).encode() + b"\0")
        self._to.flush()
        while True:
            answer = self._next()
            if answer.get("id") == self._count:
                assert "error" not in answer, answer
                return answer["result"]
            self._notice(answer)

    def _next(self) -> dict[str, Any]:
        while b"\0" not in self._heard:
            ready, _, _ = select.select([self._from], [], [], PATIENCE_S)
            assert ready, "the browser does not answer"
            more = os.read(self._from, 1 << 16)
            assert more, "the browser has gone"
            self._heard += more
        text, _, self._heard = self._heard.partition(b"\0")
        return json.loads(text)

    def _notice(self, event: dict[str, Any]) -> None:
        method, params = event.get("method"), event.get("params", {})
        if method == "Network.requestWillBeSent":
            self.requests.append(params["request"]["url"])
        elif method == "Runtime.exceptionThrown":
            self.complaints.append(json.dumps(params)[:2000])
        elif method == "Runtime.consoleAPICalled" and params["type"] in ("error", "warning"):
            self.complaints.append(json.dumps(params["args"])[:4000])
        elif method == "Log.entryAdded" and params["entry"]["level"] in ("error", "warning"):
            self.complaints.append(params["entry"]["text"])

    def size(self, width: int, height: int, *, touch: bool = False) -> None:
        self.ask(
            "Emulation.setDeviceMetricsOverride",
            width=width, height=height, deviceScaleFactor=1, mobile=touch,
        )  # fmt: skip

    def open(self, path: Path, words: str = "") -> None:
        self.ask("Page.navigate", url=f"{path.resolve().as_uri()}#{words}")

    def value(self, expression: str) -> Any:
        answer = self.ask("Runtime.evaluate", expression=expression, returnByValue=True)
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    def wait(self, expression: str, seconds: float = 120.0) -> Any:
        end = time.monotonic() + seconds
        while not (found := self.value(expression)):
            assert time.monotonic() < end, (expression, self.complaints, self.message())
            time.sleep(0.1)
        return found

    def message(self) -> str:
        return str(self.value("document.getElementById('message')?.textContent"))

    def picture(self) -> np.ndarray:
        """(H, W, 3) what the page looks like."""
        raw = self.ask("Page.captureScreenshot", format="png")["data"]
        return np.asarray(Image.open(io.BytesIO(base64.b64decode(raw))).convert("RGB"))


@contextmanager
def browser(folder: Path) -> Iterator[Browser]:
    """A browser with a profile in `folder`, without a network and with software OpenGL."""
    program = chromium()
    assert program is not None
    wishes_out, wishes_in = os.pipe()
    answers_out, answers_in = os.pipe()
    command = [
        program, "--headless=new", "--no-sandbox", *SOFTWARE_GL, "--remote-debugging-pipe",
        f"--user-data-dir={folder}", "--no-first-run", "--disable-dev-shm-usage", "--mute-audio",
        "--disable-background-networking", "--host-resolver-rules=MAP * ~NOTFOUND",
        "--hide-scrollbars",
    ]  # fmt: skip

    def place() -> None:  # the browser reads wishes at 3 and answers at 4
        first, second = os.dup(wishes_out), os.dup(answers_in)
        os.dup2(first, 3)
        os.dup2(second, 4)

    process = subprocess.Popen(
        command, preexec_fn=place, pass_fds=(3, 4), close_fds=True,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    os.close(wishes_out)
    os.close(answers_in)
    page = Browser(wishes_in, answers_out)
    try:
        yield page
    finally:
        page.close()
        process.kill()
        process.wait()
