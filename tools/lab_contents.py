"""The files of the book for JupyterLab: shown with links and numbers, kept as they are written."""

from __future__ import annotations

from pathlib import Path

from jupyter_server.services.contents.largefilemanager import AsyncLargeFileManager
from lab_directives import as_shown, has_directive
from lab_pages import Book, book_in, header, show_notebook, store_notebook
from tidy import drop_widget_view
from tornado.web import HTTPError


def keep_still_faces(notebook: dict) -> None:
    """Drop the live face of every figure, which shows an error when it is opened again."""
    notebook["metadata"].pop("widgets", None)
    for cell in notebook["cells"]:
        for output in cell.get("outputs", []):
            drop_widget_view(output)


class BookContents(AsyncLargeFileManager):
    """Translates pages on their way to the reader and back; every other file passes through.

    A page that holds a directive of the book is spelled out and cannot be saved from JupyterLab.
    """

    def book(self, path: str) -> tuple[Book, Path]:
        """The book to which a page belongs, and the page's file."""
        file = Path(self._get_os_path(path))
        return book_in(file.parent), file

    async def get(self, path, content=True, **options):
        model = await super().get(path, content=content, **options)
        if content and model["type"] == "notebook":
            book, file = self.book(path)
            show_notebook(model["content"], file.name, book)
        elif content and is_page(model, path):
            book, file = self.book(path)
            if has_directive(model["content"]):
                model["writable"] = False
            model["content"] = as_shown(model["content"], file, book)
        return model

    async def save(self, model, path=""):
        content = model.get("content")
        if content and model.get("type") == "notebook":
            book, file = self.book(path)
            store_notebook(content, file.name, book)
            keep_still_faces(content)
        elif content and is_page(model, path) and "chunk" not in model:
            book, file = self.book(path)
            if file.is_file() and has_directive(file.read_text(encoding="utf-8")):
                raise HTTPError(403, f"{path} is made by the book; change its source elsewhere")
            model["content"] = book.stored(content.removeprefix(header(file.name)), file.name)
        return await super().save(model, path)


def is_page(model: dict, path: str) -> bool:
    return path.endswith(".md") and model.get("type") == "file" and model.get("format") == "text"
