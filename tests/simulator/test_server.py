from __future__ import annotations

import http.server
import multiprocessing
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests
import stripe

from simulator.core import LocalStripe
from simulator.faults import Fault
from simulator.pages import is_control
from simulator.server import Server
from tests.simulator.conftest import MakeClient
from tests.simulator.shop import Shop

KEY = {"idempotency_key": "order-7-charge"}


@pytest.fixture
def remote(server: Server, local_stripe: LocalStripe) -> Shop:
    """The shop on the other side of a socket."""
    http_client = stripe.RequestsClient(timeout=5)
    key = "sk_test_northwind_1"
    return Shop(stripe.StripeClient(key, http_client=http_client, base_addresses={"api": server.url}), local_stripe)


def test_the_sdk_pays_over_a_socket(remote: Shop) -> None:
    intent = remote.pay(amount=1234)
    assert remote.v1.payment_intents.retrieve(intent.id).amount_received == 1234


def test_one_connection_serves_many_requests(server: Server) -> None:
    with socket.create_connection(server.url.removeprefix("http://").split(":"), timeout=5) as wire:  # type: ignore[arg-type]
        for _ in range(3):
            wire.sendall(b"GET /_local/clock HTTP/1.1\r\nHost: local\r\n\r\n")
            assert wire.recv(65_536).startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize("kind", ["reset", "timeout"])
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_broken_connection_and_its_retry_make_one_charge(remote: Shop, kind: str, when: str) -> None:
    remote.core.faults.add(Fault(kind, when, path="/v1/payment_intents"))  # type: ignore[arg-type]
    with pytest.raises(stripe.APIConnectionError):
        remote.pay(options=KEY)
    assert remote.pay(options=KEY).status == "succeeded"
    assert len(remote.v1.charges.list().data) == 1


def test_eight_at_once_get_what_they_asked_for(remote: Shop) -> None:
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda number: remote.pay(amount=1000 + number), range(40)))
    assert len({intent.id for intent in made}) == 40
    assert sorted(intent.amount for intent in made) == [1000 + number for number in range(40)]


def test_eight_threads_share_one_session(shop: Shop) -> None:
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda number: shop.pay(amount=1000 + number), range(80)))
    assert sorted(intent.amount for intent in made) == [1000 + number for number in range(80)]


def test_eight_threads_with_one_key_make_one_charge(shop: Shop) -> None:
    def pay(_number: int) -> str:
        try:
            return shop.pay(options=KEY).id
        except stripe.APIError as error:
            assert error.http_status == 409  # noqa: PT017 # a conflict is one of the two right answers
            return "in flight"

    with ThreadPoolExecutor(8) as pool:
        ids = set(pool.map(pay, range(24)))
    assert len(ids - {"in flight"}) == 1
    assert len(shop.v1.charges.list().data) == 1


def test_two_processes_may_share_one_file(tmp_path: Path) -> None:
    cores = [LocalStripe(tmp_path / "stripe.sqlite3") for _ in range(2)]
    headers = {"Authorization": "Bearer sk_test_a_1", "Idempotency-Key": "one"}
    with ThreadPoolExecutor(8) as pool:
        answers = pool.map(
            lambda turn: cores[turn % 2].handle("POST", "/v1/customers", headers, b"name=Ada"), range(40)
        )
        ids = {answer.json().get("id") for answer in answers} - {None}
    assert len(ids) == 1


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_a_forked_worker_has_a_connection_of_its_own(tmp_path: Path) -> None:
    core = LocalStripe(tmp_path / "stripe.sqlite3")
    headers = {"Authorization": "Bearer sk_test_a_1"}
    core.handle("POST", "/v1/customers", headers, b"name=Ada")
    child = multiprocessing.get_context("fork").Process(
        target=core.handle, args=("POST", "/v1/customers", headers, b"name=Bob")
    )
    child.start()
    child.join(10)
    assert child.exitcode == 0
    assert {one["name"] for one in core.handle("GET", "/v1/customers", headers).json()["data"]} == {"Ada", "Bob"}


def test_stopping_lets_the_work_at_hand_be_answered(local_stripe: LocalStripe) -> None:
    server = Server(local_stripe, webhooks=False).start()
    local_stripe.faults.add(Fault("latency", seconds=0.3))
    headers = {"Authorization": "Bearer sk_test_a_1"}
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(requests.get, f"{server.url}/v1/balance", headers=headers, timeout=5)
        while not server._http._at_work:
            time.sleep(0.005)
        server.stop()
        assert answer.result().status_code == 200


def test_a_server_that_never_started_can_be_stopped(local_stripe: LocalStripe) -> None:
    Server(local_stripe).stop()


def test_webhooks_are_sent_by_the_server_itself(shop: Shop) -> None:
    arrived = threading.Event()

    class Listener(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(204)
            self.end_headers()
            arrived.set()

        def log_message(self, *_args: object) -> None:
            """Quiet."""

    with http.server.HTTPServer(("127.0.0.1", 0), Listener) as listener, Server(shop.core):
        threading.Thread(target=listener.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{listener.server_port}/hook?a=1"
        shop.v1.webhook_endpoints.create(params={"url": url, "enabled_events": ["customer.created"]})
        shop.customer()
        assert arrived.wait(5)
        deadline = time.monotonic() + 5
        while shop.core.pending_deliveries() and time.monotonic() < deadline:
            time.sleep(0.02)
        listener.shutdown()
    assert shop.core.pending_deliveries() == []


def test_the_index_page_says_what_this_is(server: Server) -> None:
    answer = requests.get(server.url, timeout=5)
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    for words in ("no money moves", "/v1/payment_intents/{intent}/capture", "4000002500003155"):
        assert words in answer.text


def test_a_receipt_can_be_opened(server: Server, shop: Shop) -> None:
    url = shop.charge_of(shop.pay(amount=123_456)).receipt_url
    assert url is not None
    assert "$1,234.56 USD" in requests.get(url, timeout=5).text
    assert requests.get(f"{server.url}/_local/receipts/ch_no", timeout=5).status_code == 404


def test_no_other_site_controls_it_through_a_browser(server: Server) -> None:
    headers = {"Origin": "https://evil.example"}
    assert requests.post(f"{server.url}/_local/reset", headers=headers, timeout=5).status_code == 403
    assert requests.post(f"{server.url}/_local/reset", headers={"Origin": server.url}, timeout=5).status_code == 200


@pytest.mark.parametrize(
    ("path", "control"),
    [
        ("/_local/faults", True),
        ("/_local", True),
        ("/_local/3ds/pi_1", False),
        ("/_local/receipts/ch_1", False),
        ("/v1/balance", False),
    ],
)
def test_the_control_api_is_told_from_pages_for_customers(path: str, control: bool) -> None:
    assert is_control(path) is control


def test_the_server_listens_to_this_machine_alone(server: Server, client: MakeClient) -> None:
    assert server.url.startswith("http://127.0.0.1:")
    assert client().v1.balance.retrieve().livemode is False
