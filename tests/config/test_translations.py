"""What customers read is whole in each of their languages, and the compiled catalogs say what the written ones say."""

import io
import re
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po
from django.conf import settings
from django.test import Client
from django.utils.translation.template import templatize

ROOT = Path(settings.BASE_DIR)
LANGUAGES = [code for code, _ in settings.LANGUAGES if code != "en"]
KEYWORDS = {**DEFAULT_KEYWORDS, "gettext_lazy": None, "ngettext_lazy": (1, 2), "gettext_noop": None}
PLACEHOLDER = re.compile(r"%\(\w+\)s|%%")


def written(code: str) -> Catalog:
    with (ROOT / "locale" / code / "LC_MESSAGES" / "django.po").open("rb") as file:
        return read_po(file, locale=code)


def compiled(code: str) -> Catalog:
    with (ROOT / "locale" / code / "LC_MESSAGES" / "django.mo").open("rb") as file:
        return read_mo(file)


def texts(message: Message) -> list[str]:
    return list(message.string) if isinstance(message.string, (list, tuple)) else [str(message.string or "")]


def ids(message: Message) -> list[str]:
    return list(message.id) if isinstance(message.id, (list, tuple)) else [message.id]


def in_the_source() -> set[str]:
    """Every text that is marked in code and templates, by its first form."""
    found: set[str] = set()
    for house in ("config", "gateways", "orders", "payments"):
        for file in (ROOT / house).rglob("*.py"):
            found |= _marked(file.read_text())
    for file in (ROOT / "templates").rglob("*.*"):
        if file.suffix in {".html", ".txt"} and "{% load" in (text := file.read_text()) and "i18n" in text:
            found |= _marked(templatize(text)) if "admin" not in file.parts else set()
    return found


def _marked(code: str) -> set[str]:
    rows = extract("python", io.BytesIO(code.encode()), keywords=KEYWORDS)
    texts = (text[0] if isinstance(text, tuple) else text for _, text, _, _ in rows)
    return {text for text in texts if text}


@pytest.mark.parametrize("code", LANGUAGES)
def test_every_text_is_translated(code: str) -> None:
    catalog = written(code)
    missing = [ids(one)[0] for one in catalog if one.id and (one.fuzzy or not all(texts(one)))]
    assert missing == []
    assert not [text for text in in_the_source() if catalog.get(text) is None]


@pytest.mark.parametrize("code", LANGUAGES)
def test_what_is_filled_in_stands_in_every_translation(code: str) -> None:
    for message in written(code):
        if message.id:
            wanted = {name for text in ids(message) for name in PLACEHOLDER.findall(text)}
            for text in texts(message):
                assert set(PLACEHOLDER.findall(text)) <= wanted, text
            assert set(PLACEHOLDER.findall(texts(message)[-1])) == wanted, texts(message)


@pytest.mark.parametrize("code", LANGUAGES)
def test_the_compiled_catalog_is_in_step(code: str) -> None:
    binary = compiled(code)
    for message in written(code):
        if message.id:
            there = binary.get(ids(message)[0])
            assert there is not None, message.id
            assert texts(there) == texts(message)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("code", "words"), [("de", "Diese Seite"), ("it", "pagina"), ("uk", "сторінк"), ("ru", "страниц")]
)
def test_a_page_is_in_the_language_of_the_browser(code: str, words: str) -> None:
    page = Client().get("/pay/o/nothing/", headers={"Accept-Language": code}).content.decode()
    assert f'lang="{code}"' in page
    assert words.lower() in page.lower()


@pytest.mark.django_db
def test_the_office_stays_in_english(office: Client) -> None:
    assert 'lang="en"' in office.get("/admin/", headers={"Accept-Language": "de"}).content.decode()
