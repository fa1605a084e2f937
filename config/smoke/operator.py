"""An operator with a browser: signs in, opens an order, enters a payment."""

from html.parser import HTMLParser

import requests

from config.smoke.errors import SmokeFailed

PATIENCE = 30  # seconds for one page


class _Fields(HTMLParser):
    """The values of the page's input fields, by name."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.values: dict[str, str] = {}
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "input" and given.get("name"):
            self.values[str(given["name"])] = given.get("value") or ""


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
            raise SmokeFailed(f"The payment entry form was not taken: the page answered {answer.status_code}.")

    def _fields(self, path: str) -> dict[str, str]:
        answer = self._browser.get(self._base_url + path, timeout=PATIENCE)
        if answer.status_code != 200:
            raise SmokeFailed(f"{path} answered {answer.status_code}.")
        return _Fields(answer.text).values

    def _post(self, path: str, form: dict[str, str]) -> requests.Response:
        address = self._base_url + path
        return self._browser.post(address, form, headers={"Referer": address}, allow_redirects=False, timeout=PATIENCE)
