"""A browser without a window, spoken to over a pipe: the DevTools protocol as JSON."""

import contextlib
import json
import os
import shutil
import subprocess

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = (
    "--headless=new",
    "--remote-debugging-pipe",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--mute-audio",
    "--autoplay-policy=no-user-gesture-required",
    "--no-first-run",
    # Nothing that is asked of the network is found.
    "--host-resolver-rules=MAP * ~NOTFOUND",
)
# The protocol's numbers of the pipe's ends, by which the browser reads and writes.
_REDIRECT = 'reads=$1 writes=$2; shift 2; eval "exec 3<&$reads 4>&$writes"; exec "$@"'


def find():
    """Returns the program, or None where there is none."""
    return next(filter(None, map(shutil.which, NAMES)), None)


class Page:
    """A tab, and what it reports."""

    def __init__(self, to_browser, from_browser):
        self._to, self._from = to_browser, from_browser
        self._number, self._session = 0, None
        self.events = []

    def call(self, method, **params):
        """Calls a method of the protocol and returns its result."""
        self._number += 1
        message = {"id": self._number, "method": method, "params": params}
        if self._session:
            message["sessionId"] = self._session
        self._to.write(json.dumps(message).encode() + b"\0")
        self._to.flush()
        while (answer := self._read()).get("id") != self._number:
            self.events.append(answer)
        assert "error" not in answer, answer["error"]
        return answer["result"]

    def wait_for(self, method):
        """Returns the parameters of the next event of that name."""
        while True:
            for place, event in enumerate(self.events):
                if event.get("method") == method:
                    return self.events.pop(place)["params"]
            self.events.append(self._read())

    def run(self, script):
        """Returns what JavaScript comes to, awaited."""
        found = self.call(
            "Runtime.evaluate",
            expression=script,
            awaitPromise=True,
            returnByValue=True,
            userGesture=True,
        )
        assert "exceptionDetails" not in found, found["exceptionDetails"]
        return found["result"].get("value")

    def until(self, condition):
        """Waits, in the page, until JavaScript is true."""
        script = (
            "new Promise((done) => { const look = () => "
            f"({condition}) ? done(true) : requestAnimationFrame(look); look(); }})"
        )
        assert self.run(script)

    def press(self, key):
        """Presses and releases a key that types its own letter, or Enter."""
        code = {"Enter": 13}.get(key, ord(key[0].upper()))
        text = {"Enter": "\r"}.get(key, key)
        common = {"key": key, "windowsVirtualKeyCode": code}
        self.call("Input.dispatchKeyEvent", type="keyDown", text=text, **common)
        self.call("Input.dispatchKeyEvent", type="keyUp", **common)

    def open(self, url):
        """Opens a page and waits until it is loaded."""
        self.events.clear()
        self.call("Page.navigate", url=url)
        self.wait_for("Page.loadEventFired")

    def attach(self):
        """Makes a tab, and listens to what it does."""
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        attached = self.call("Target.attachToTarget", targetId=target, flatten=True)
        self._session = attached["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")
        return self

    def _read(self):
        content = bytearray()
        while (byte := self._from.read(1)) != b"\0":
            assert byte, "the browser has ended"
            content += byte
        return json.loads(content)


@contextlib.contextmanager
def opened(program, folder):
    """Starts a browser whose settings lie in a folder, and gives a tab."""
    from_us, to_browser = os.pipe()
    from_browser, from_it = os.pipe()
    command = [program, *FLAGS, f"--user-data-dir={folder}"]
    with contextlib.ExitStack() as stack:
        process = subprocess.Popen(
            ["bash", "-c", _REDIRECT, "-", str(from_us), str(from_it), *command],
            pass_fds=(from_us, from_it),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        stack.callback(process.wait)
        stack.callback(process.kill)
        os.close(from_us)
        os.close(from_it)
        writer = stack.enter_context(os.fdopen(to_browser, "wb"))
        reader = stack.enter_context(os.fdopen(from_browser, "rb"))
        page = Page(writer, reader).attach()
        yield page
        page.call("Browser.close")
