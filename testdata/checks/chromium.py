#!/usr/bin/env python3
"""The page of HTML in a real browser: it opens without a complaint, asks nobody
for anything, filters, copies, follows its links, and fits 1280 and 390 pixels,
with and without a script; words of the wire run nothing.

WHYEOF_SHOTS=DIR keeps a picture of each.
"""
import base64
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True
sys.path.insert(0, "testdata/checks")
import formats  # noqa: E402

failed = 0


def check(good, what, why=""):
    global failed
    failed += not good
    print("ok " + what if good else "FAIL %s: %s" % (what, why))


class Browser:
    """Chromium by its pipe: a JSON object and a NUL each way."""

    def __init__(self, folder):
        there, self.write = os.pipe()
        self.read, back = os.pipe()
        os.set_blocking(self.read, False)
        self.last = 0
        self.rest = b""
        self.events = []

        def pipes():
            os.dup2(there, 63)
            os.dup2(back, 64)
            os.dup2(63, 3)
            os.dup2(64, 4)

        self.process = subprocess.Popen(
            [shutil.which("chromium"), "--headless=new", "--no-sandbox",
             "--disable-gpu", "--remote-debugging-pipe", "--no-first-run",
             "--disable-background-networking", "--disable-extensions",
             "--user-data-dir=" + os.path.join(folder, "profile")],
            preexec_fn=pipes, close_fds=False, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL)
        os.close(there)
        os.close(back)
        target = self.ask("Target.createTarget", url="about:blank")
        self.session = self.ask("Target.attachToTarget", flatten=True,
                                targetId=target["targetId"])["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.ask(domain + ".enable")

    def messages(self, until):
        while time.monotonic() < until:
            try:
                self.rest += os.read(self.read, 1 << 20)
            except BlockingIOError:
                time.sleep(0.01)
            while b"\0" in self.rest:
                message, self.rest = self.rest.split(b"\0", 1)
                yield json.loads(message)

    def ask(self, method, **params):
        self.last += 1
        message = {"id": self.last, "method": method, "params": params}
        if hasattr(self, "session"):
            message["sessionId"] = self.session
        os.write(self.write, json.dumps(message).encode() + b"\0")
        for message in self.messages(time.monotonic() + 60):
            if message.get("id") == self.last:
                if "error" in message:
                    raise RuntimeError("%s: %s" % (method, message["error"]))
                return message["result"]
            self.events.append(message)
        raise TimeoutError(method)

    def open(self, path, width, script=True):
        self.events = []
        self.ask("Emulation.setScriptExecutionDisabled", value=not script)
        self.ask("Emulation.setDeviceMetricsOverride", width=width, height=900,
                 deviceScaleFactor=1, mobile=width < 500)
        self.ask("Page.navigate", url="file://" + path)
        for message in self.messages(time.monotonic() + 60):
            self.events.append(message)
            if message.get("method") == "Page.loadEventFired":
                return
        raise TimeoutError(path)

    def value(self, expression):
        return self.ask("Runtime.evaluate", expression=expression,
                        returnByValue=True)["result"].get("value")

    def click(self, selector):
        """With the mouse, as somebody does."""
        self.value("document.querySelector('%s').scrollIntoView("
                   "{block:'center'})" % selector)
        place = self.value(
            "(function(r){return [r.x+r.width/2,r.y+r.height/2]})(document."
            "querySelector('%s').getBoundingClientRect())" % selector)
        for kind in ("mousePressed", "mouseReleased"):
            self.ask("Input.dispatchMouseEvent", type=kind, x=place[0],
                     y=place[1], button="left", clickCount=1)

    def complaints(self):
        return [m for m in self.events if m.get("method") in
                ("Runtime.exceptionThrown", "Runtime.consoleAPICalled",
                 "Log.entryAdded")]

    def requests(self):
        return [m["params"]["request"]["url"] for m in self.events
                if m.get("method") == "Network.requestWillBeSent"]

    def shot(self, name):
        folder = os.environ.get("WHYEOF_SHOTS")
        if not folder:
            return
        size = self.ask("Page.getLayoutMetrics")["cssContentSize"]
        picture = self.ask("Page.captureScreenshot", captureBeyondViewport=True,
                           clip={"x": 0, "y": 0, "width": size["width"],
                                 "height": min(size["height"], 6000),
                                 "scale": 1})
        with open(os.path.join(folder, name + ".png"), "wb") as file:
            file.write(base64.b64decode(picture["data"]))

    def close(self):
        self.process.kill()
        self.process.wait()


ARTICLES = ("Array.prototype.filter.call(document.querySelectorAll('article'),"
            "function(a){return !a.hidden}).length")


def opened(browser, path, articles):
    for width in (1280, 390):
        browser.open(path, width)
        name = "at %d pixels" % width
        check(not browser.complaints(), "no complaint " + name,
              browser.complaints())
        check(browser.requests() == ["file://" + path],
              "asks nobody for anything " + name, browser.requests())
        check(browser.value("document.documentElement.scrollWidth") <= width,
              "as wide as the window " + name,
              browser.value("document.documentElement.scrollWidth"))
        check(browser.value(ARTICLES) == articles, "all findings " + name)
        browser.shot("page-%d" % width)


def used(browser, path, articles):
    browser.open(path, 1280)
    browser.value("var f=document.getElementById('filter');"
                  "f.elements.code.value='handler-abort';"
                  "f.dispatchEvent(new Event('input',{bubbles:true}))")
    check(browser.value(ARTICLES) == 1, "filtered by code")
    browser.value("f.elements.code.value='';f.elements.words.value='no such';"
                  "f.dispatchEvent(new Event('input',{bubbles:true}))")
    check(browser.value(ARTICLES) == 0, "filtered by words")
    browser.value("f.elements.words.value='';"
                  "f.dispatchEvent(new Event('input',{bubbles:true}))")
    check(browser.value(ARTICLES) == articles, "and all again")
    browser.click("button[data-copy]")
    for _ in range(50):
        copied = browser.value(
            "document.querySelector('button[data-copy]').textContent")
        if copied == "copied":
            break
        time.sleep(0.05)
    check(copied == "copied", "the filter of Wireshark is copied", copied)
    browser.click("td a")
    check(browser.value("location.hash.indexOf('#f')") == 0, "a link leads on")
    check(not browser.complaints(), "no complaint when it is used",
          browser.complaints())


def still(browser, path, articles):
    browser.open(path, 1280, script=False)
    check(browser.requests() == ["file://" + path], "without a script, too")
    browser.shot("page-no-script")
    dom = browser.ask("DOM.getDocument", depth=-1)
    check(str(dom).count("'nodeName': 'ARTICLE'") == articles,
          "it is all there without a script")
    browser.ask("Emulation.setScriptExecutionDisabled", value=False)


def attacked(browser, folder):
    with open("testdata/verdicts/write-timeout-eof.scene",
              encoding="ascii") as file:
        scene = file.read()
    target = ("/<script>document.title='mine'</script><img/src=x/onerror="
              "document.title='mine'>")
    path = os.path.join(folder, "hostile.scene")
    with open(path, "w", encoding="ascii") as file:
        file.write(scene.replace("GET /report ", "GET %s " % target))
    page = os.path.realpath(formats.outputs(formats.made_of(path, folder),
                                            folder)["html"])
    browser.open(page, 1280)
    check(browser.value("document.title") == "whyeof" and
          browser.value("document.body.textContent.indexOf('<script>document')")
          > 0 and browser.requests() == ["file://" + page],
          "words of the wire run nothing", browser.value("document.title"))


def main():
    if not shutil.which("chromium"):
        print("skip the page in a browser: needs chromium")
        return 0
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        capture = formats.made_of(
            "testdata/verdicts/handler-abort--beside-timeout.scene", folder)
        page = os.path.realpath(formats.outputs(capture, folder)["html"])
        browser = Browser(folder)
        try:
            opened(browser, page, 3)
            used(browser, page, 3)
            still(browser, page, 3)
            attacked(browser, folder)
        finally:
            browser.close()
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
