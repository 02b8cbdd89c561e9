"""The commands for what visits teach: what is suggested, accepted or refused, and all of it undone.

What the commands do is not known here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from edged.cli.options import add, add_json, in_columns, output_folder, show
from edged.cli.people import a_name, ask, print_what_is_left
from edged.errors import EXIT_USAGE, PictureError, counted
from edged.interface.learning import LEARN, SUGGESTIONS, UNLEARN, Learn, ListSuggestions, Unlearn

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence
    from pathlib import Path

    from edged.cli.options import Commands
    from edged.interface.learning import SuggestionsAnswer


def add_commands(commands: Commands) -> None:
    """Add these commands."""
    suggestions = add(commands, "suggestions", _suggestions, "list the templates that visits suggest, and wait for your word")
    suggestions.add_argument(
        "--pictures", type=output_folder, metavar="DIR", help="write the face of each, where one is kept, into this folder"
    )
    add_json(suggestions)
    learn = add(commands, "learn", _learn, "make a suggested template one of its person's")
    learn.add_argument("suggestion", metavar="SUGGESTION", type=int, help="its number")
    learn.add_argument("--refuse", action="store_true", help="erase it instead")
    unlearn = add(commands, "unlearn", _unlearn, "erase all templates that were learned from visits, and keep those that were enrolled")
    unlearn.add_argument("name", metavar="NAME", nargs="?", help="whose")
    unlearn.add_argument("--all", action="store_true", help="everybody's")
    unlearn.set_defaults(refuse=unlearn.error)


def _suggestions(options: argparse.Namespace) -> None:
    answer = ask(options, SUGGESTIONS, ListSuggestions.of(pictures=options.pictures is not None))
    if options.pictures:
        _write_pictures(answer, options.pictures)
    show(options, answer, _list)


def _list(answer: SuggestionsAnswer) -> Sequence[str]:
    rows = [
        (
            str(row.suggestion),
            f"{row.display_name} ({row.person}), seen {row.seen_at.astimezone():%Y-%m-%d %H:%M}, quality {row.quality:.2f}",
        )
        for row in answer.suggestions
    ]
    return in_columns(rows, "Nothing is suggested.")


def _write_pictures(answer: SuggestionsAnswer, folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for row in answer.suggestions:
            if row.picture:
                (folder / f"{row.suggestion}-{row.person}.png").write_bytes(row.picture)
    except OSError as error:
        raise PictureError(f"{folder}: pictures cannot be written ({error.strerror}); name another folder.") from error


def _learn(options: argparse.Namespace) -> None:
    done = ask(options, LEARN, Learn.of(suggestion=options.suggestion, accept=not options.refuse))
    became = "is learned" if done.accepted else "is erased"
    print(f"The suggestion {became}: {done.display_name} ({done.person}) has {counted(done.templates, 'template')}.")


def _unlearn(options: argparse.Namespace) -> int | None:
    if (options.name is not None) == options.all:
        options.refuse("give a NAME, or else --all")
        return EXIT_USAGE
    done = ask(options, UNLEARN, Unlearn.of(person=None if options.all else a_name(options.name)))
    whose = f" of {', '.join(done.people)}" if done.people else ""
    print(f"Erased: {counted(done.templates, 'learned template')} and {counted(done.suggestions, 'suggestion')}{whose}.")
    print_what_is_left(done)
    return None
