"""Reading rendered pages."""

from html.parser import HTMLParser


class InlineFinder(HTMLParser):
    """Collects what a strict content security policy refuses: inline scripts, inline styles, on…= handlers."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = dict(attrs)
        is_data = (names.get("type") or "").endswith("json")
        if tag == "style" or (tag == "script" and "src" not in names and not is_data):
            self.found.append(f"inline <{tag}>")
        self.found += [f"{tag} {name}=" for name in names if name == "style" or name.startswith("on")]
        self.found += [f"{tag} {value}" for value in names.values() if (value or "").startswith("javascript:")]


def inline_code(html: str) -> list[str]:
    finder = InlineFinder()
    finder.feed(html)
    return finder.found
