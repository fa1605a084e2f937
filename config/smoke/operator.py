"""An operator with a browser: signs in, opens an order, enters a payment."""

from html.parser import HTMLParser

import requests

from config.smoke.errors import SmokeFailed

PATIENCE = 30  # seconds for one page


class _Page(HTMLParser):
    """What a person looks for on a page: the fields, by name, and what is said to be wrong."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.fields: dict[str, str] = {}
        self.complaints: list[str] = []
        self._in_complaints = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "input" and given.get("name"):
            self.fields[str(given["name"])] = given.get("value") or ""
        if tag == "ul" and "errorlist" in (given.get("class") or ""):
            self._in_complaints = True

    def handle_endtag(self, tag: str) -> None:
        if tag == "ul":
            self._in_complaints = False

    def handle_data(self, data: str) -> None:
        if self._in_complaints and data.strip():
            self.complaints.append(data.strip())


class Operator:
    def __init__(self, base_url: str) -> None:
        self._base_url = base_url
        self._browser = requests.Session()
        self._browser.trust_env = False  # loopback is never behind a proxy

    def sign_in(self, user: str, password: str) -> None:
        path = "/admin/login/?next=/admin/"
        token = self._fields(path)["csrfmiddlewaretoken"]
        answer = self._post(path, {"csrfmiddlewaretoken": token, "username": user, "password": password})
        if answer.status_code != 302:
            raise SmokeFailed(f"The sign-in page answered {answer.status_code} instead of letting the operator in.")

    def enter_payment(self, order: int, *, gateway: int, amount: str, method: str) -> None:
        fields = self._fields(f"/admin/orders/order/{order}/change/")
        if "form_token" not in fields:
            raise SmokeFailed("The page of the order shows no payment entry form.")
        form = {name: fields[name] for name in ("csrfmiddlewaretoken", "form_token")}
        form |= {"gateway": str(gateway), "amount": amount, "method": method, "capture": "now"}
        answer = self._post(f"/admin/orders/order/{order}/payment/", form)
        if answer.status_code not in {302, 303}:
            said = " ".join(_Page(answer.text).complaints)
            raise SmokeFailed(f"The payment entry form was not taken: {answer.status_code}. {said}".rstrip())

    def _fields(self, path: str) -> dict[str, str]:
        answer = self._browser.get(self._base_url + path, timeout=PATIENCE)
        if answer.status_code != 200:
            raise SmokeFailed(f"{path} answered {answer.status_code}.")
        return _Page(answer.text).fields

    def _post(self, path: str, form: dict[str, str]) -> requests.Response:
        address = self._base_url + path
        return self._browser.post(address, form, headers={"Referer": address}, allow_redirects=False, timeout=PATIENCE)
