"""What the tests of the file share with those of the gallery in it."""

from tests.gallery.conftest import database, gallery, path

__all__ = ["database", "gallery", "path"]
