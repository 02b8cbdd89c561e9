"""An example or two of every command, as its help text shows them.

What the commands do is not known here.
"""

from __future__ import annotations

import argparse

EXAMPLES: dict[str, tuple[str, ...]] = {
    "run": ("edged run", "edged run --source rtsp://192.168.1.20/stream"),
    "check": ("edged check", "edged check --source /dev/video0", "edged check --only config"),
    "discovery": ("edged discovery", "edged discovery --clear"),
    "asyncapi": ("edged asyncapi > edged.json",),
    "card": ("edged card --install /config", "edged card", "edged card --hacs edged-card/"),
    "blueprints": ("edged blueprints --install /config", "edged blueprints --badges https://example.org/blueprints"),
    "enroll": (
        'edged enroll "Alice" alice-1.jpg alice-2.jpg',
        'edged enroll "Alice" holidays/',
        'edged enroll "Bob" clip.mp4 --at 3.5',
        "edged enroll --folder people/",
        'edged enroll "Postman" --stranger stranger-3',
        'edged enroll "Carol" --capture front_door',
    ),
    "export": ("edged export people.edged", "edged export alice.edged alice --no-pictures"),
    "import": ("edged import people.edged", "edged import people.edged --if-exists merge"),
    "people": ("edged people", "edged people --json"),
    "person": ("edged person alice",),
    "rename": ('edged rename alice "Aunt Alice"',),
    "merge": ("edged merge bob_2 bob",),
    "forget": ("edged forget alice", "edged forget stranger-7"),
    "calibrate": ("edged calibrate", "edged calibrate --learn"),
    "pictures": ("edged pictures", "edged pictures --erase"),
    "suggestions": ("edged suggestions --pictures looks/",),
    "learn": ("edged learn 12", "edged learn 12 --refuse"),
    "unlearn": ("edged unlearn alice", "edged unlearn --all"),
    "strangers": ("edged strangers --pictures strangers/",),
    "ignore": ("edged ignore stranger-7", "edged ignore stranger-7 --off"),
    "visits": ("edged visits", "edged visits alice --limit 10"),
    "picture": ("edged picture alice alice.jpg", "edged picture stranger-7 who.jpg"),
    "recognise": ("edged recognise door.jpg", "edged recognise album/ --json"),
    "stream": ("edged stream rtsp://192.168.1.20/stream", "edged stream clip.mp4 --output seen.mp4"),
    "top": ("edged top", "edged top --once"),
    "models": ("edged models --json", "edged models add my_detector.tflite my_detector.toml"),
    "analyse": ("edged analyse door.jpg", "edged analyse 'album/*.png'"),
    "find": ("edged find door.jpg --top 3",),
    "verify": ("edged verify one.jpg other.jpg", "edged verify one.jpg --person alice"),
    "extract": ("edged extract party.jpg --output faces/",),
    "backup": ("edged backup", "edged backup /media/usb/gallery.db"),
    "restore": ("edged restore /media/usb/gallery.db",),
    "repair": ("edged repair", "edged repair --output /tmp/gallery.db"),
    "report": ("edged gallery report --output report/",),
    "represent": ("edged represent album/ --output album.npz", "edged represent party.jpg --all-faces"),
    "evaluate": ("edged evaluate identification --images lfw/", "edged evaluate emotion --images expressions/"),
    "verification": ("edged evaluate verification --images lfw/ --pairs pairsDevTest.txt",),
    "identification": ("edged evaluate identification --images lfw/", "edged evaluate identification --images world/ --groups"),
    "detection": ("edged evaluate detection --images faces/ --boxes boxes.json",),
    "emotion": ("edged evaluate emotion --images expressions/",),
    "age-gender": ("edged evaluate age-gender --images utkface/",),
}
"""By the command's name, that of commands within others by their own."""
HEADING = "examples:"


class ExampleFormatter(argparse.HelpFormatter):
    """Fills lines, but for those of examples."""

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        return text if text.startswith(HEADING) else super()._fill_text(text, width, indent)


def examples_of(command: str) -> str | None:
    """The end of a command's help text."""
    lines = EXAMPLES.get(command, ())
    return "\n  ".join([HEADING, *lines]) if lines else None
