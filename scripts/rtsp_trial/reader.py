"""Reads the camera of a configuration as edged does, tries again without long pauses, and prints each change as a line of JSON.

It is a program of its own, so that its threads, memory and open files can be told from everybody else's.
"""

from __future__ import annotations

import faulthandler
import json
import sys
import threading
from functools import partial
from pathlib import Path

from edged.camera.decoder_trial import DecoderTrial
from edged.camera.feed import Feed
from edged.config import read_config
from edged.daemon.making import open_camera, patience_with
from edged.system.back_off import BackOff
from edged.system.journal import set_up_log

PAUSE_SECONDS = 0.2
"""Longest pause between two tries; edged's own go up to 30 s."""
LOOK_SECONDS = 5.0
STEADY_FRAMES = 6
"""Frames after which the reader knows how often they come, and so how long it need not wait for one."""


def main() -> None:
    """Read until the standard input ends."""
    config = read_config(Path(sys.argv[1]))
    set_up_log(config.log.level)
    faulthandler.enable()
    camera, changed = config.camera[0], threading.Event()
    back_off = BackOff(PAUSE_SECONDS, longest_seconds=PAUSE_SECONDS)
    # The camera is what fails here: a decoder that has given a picture is chosen again.
    open_ = partial(open_camera, camera, DecoderTrial(held_pictures=1, held_seconds=0.0))
    feed = Feed(camera.name, open_, on_change=changed.set, patience=patience_with(camera), back_off=back_off)
    threading.Thread(target=_wait_for_end, args=(changed,), daemon=True).start()
    feed.start()
    _report(feed, changed)
    feed.close()


ended = threading.Event()


def _wait_for_end(changed: threading.Event) -> None:
    sys.stdin.read()
    ended.set()
    changed.set()


def _report(feed: Feed, changed: threading.Event) -> None:
    told, size, begun = None, (), 0
    while not ended.is_set():
        frame, state = feed.take(), feed.state
        size = frame.pixels.shape[1::-1] if frame is not None else size
        if told is None or (state.status, state.reason) != told[:2]:
            begun = feed.frames_read
        now = (state.status, state.reason, size, feed.decoder, feed.frames_read - begun >= STEADY_FRAMES)
        if now != told:
            told = now
            print(json.dumps(dict(zip(("status", "reason", "size", "decoder", "is_steady"), now, strict=True))), flush=True)
        changed.wait(LOOK_SECONDS)
        changed.clear()


if __name__ == "__main__":
    main()
