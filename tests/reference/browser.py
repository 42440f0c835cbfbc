"""What a browser shows of an animation: each frame as Chromium composes it, by its `ImageDecoder`.

    with Browser() as browser:
        pictures, delays, plays = browser.frames(path)

Needs numpy, and Chromium (`chromium`, `chromium-browser` or `google-chrome` in PATH; or its path in CHROMIUM).
"""

import http.server
import json
import os
import queue
import shutil
import subprocess
import tempfile
import threading
from urllib.parse import parse_qsl, urlsplit

import numpy as np

KINDS = {".gif": "image/gif", ".png": "image/png", ".apng": "image/png", ".webp": "image/webp"}
PATIENCE = 60

PAGE = """<!doctype html><meta charset="utf-8"><script>
const tell = (what, facts, body) => fetch(`/${what}?` + new URLSearchParams(facts), {method: 'POST', body: body ?? ''});
async function show(type) {
  const data = await (await fetch('/file')).arrayBuffer();
  const decoder = new ImageDecoder({data, type, preferAnimation: true, colorSpaceConversion: 'none', premultiplyAlpha: 'none'});
  await decoder.tracks.ready;
  await decoder.completed;
  const track = decoder.tracks.selectedTrack;
  for (let frameIndex = 0; frameIndex < track.frameCount; frameIndex++) {
    const {image} = await decoder.decode({frameIndex});
    const wanted = {format: 'RGBA'};
    const pixels = new Uint8Array(image.allocationSize(wanted));
    await image.copyTo(pixels, wanted);
    await tell('frame', {width: image.codedWidth, height: image.codedHeight, microseconds: image.duration ?? 0}, pixels);
    image.close();
  }
  await tell('end', {repeats: track.repetitionCount});
}
(async () => {
  for (;;) {
    const {type} = await (await fetch('/task')).json();
    await show(type).catch(error => tell('end', {error}));
  }
})();
</script>"""


class BrowserError(Exception):
    """The browser does not show the file."""


class Browser:
    def __enter__(self):
        self.tasks, self.answers = queue.Queue(), queue.Queue()
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), self.handler())
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        names = [os.environ.get("CHROMIUM"), "chromium", "chromium-browser", "google-chrome"]
        program = next((found for found in map(shutil.which, filter(None, names)) if found), None)
        if program is None:
            raise SystemExit("Chromium is not there: install it, or say where it is in CHROMIUM")
        self.profile = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        flags = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-sync", "--disable-background-networking",
                 "--disable-component-update", f"--user-data-dir={self.profile.name}"]
        url = f"http://localhost:{self.server.server_address[1]}/"
        self.process = subprocess.Popen([program, *flags, url], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.server.shutdown()
        self.profile.cleanup()

    def frames(self, path):
        """The pictures as RGBA, their delays in milliseconds, and how often they are played (0 is for ever); None is where the file breaks off."""
        self.tasks.put((KINDS[path.suffix.lower()], path.read_bytes()))
        pictures, delays = [], []
        while True:
            what, facts, body = self.answers.get(timeout=PATIENCE)
            if what == "frame":
                shape = int(facts["height"]), int(facts["width"]), 4
                pictures.append(np.frombuffer(body, np.uint8).reshape(shape).astype(np.int32))
                delays.append(round(int(facts["microseconds"]) / 1000))
            elif pictures and "error" in facts:
                return pictures, delays, None
            elif "error" in facts:
                raise BrowserError(facts["error"])
            else:
                repeats = facts["repeats"]
                return pictures, delays, 0 if repeats == "Infinity" else int(repeats) + 1

    def handler(self):
        browser = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def answer(self, body, kind="text/html"):
                self.send_response(200)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def do_GET(self):
                if self.path == "/task":
                    kind, browser.file = browser.tasks.get()
                    self.answer(json.dumps({"type": kind}).encode(), "application/json")
                elif self.path == "/file":
                    self.answer(browser.file, "application/octet-stream")
                else:
                    self.answer(PAGE.encode())

            def do_POST(self):
                url = urlsplit(self.path)
                body = self.rfile.read(int(self.headers["Content-Length"]))
                browser.answers.put((url.path.strip("/"), dict(parse_qsl(url.query)), body))
                self.answer(b"")

            def log_message(self, *_):
                pass

        return Handler
