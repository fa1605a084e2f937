"""The keys and the account behind them: S1-10 to S1-14, S3-28."""

from collections.abc import Callable

from gateways.golive.facts import Facts
from gateways.golive.findings import Finding, failed, ok, unseen, warning
from gateways.models import Gateway
from gateways.processors.base import Account, GatewayMisconfigured

DASHBOARD = "https://dashboard.stripe.com"


def key_works(gateway: Gateway, facts: Facts) -> Finding:
    if isinstance(error := facts.account.error, GatewayMisconfigured):
        return failed(error.message, f"Copy the key again from {DASHBOARD}/apikeys, or make a new one.")
    if error:
        return unseen(error)
    account = facts.account.told
    if account.reference != gateway.account_id:
        return failed(
            f"The key opens {account.reference}, but this gateway has worked on {gateway.account_id}.",
            f"Enter a key of {gateway.account_id}, or add a new gateway for the other account.",
        )
    return ok(f"The key opens {account.name or 'the account'} ({account.reference}).")


def pair_matches(gateway: Gateway, facts: Facts) -> Finding:
    """The secret key makes a SetupIntent that the publishable key must be able to read."""
    if not gateway.public_key:
        return warning(
            "There is no publishable key: Radar and card forms cannot work without it.",
            f"Copy it from {DASHBOARD}/apikeys, unless you take cards in other ways only.",
        )
    if facts.is_pair.error:
        return unseen(facts.is_pair.error)
    if not facts.is_pair.told:
        return failed(
            "The publishable key is not of the account that the secret key opens.",
            f"Copy both keys from the same page, {DASHBOARD}/apikeys.",
        )
    return ok("The publishable and the secret key are of the same account.")


def keys_are_live(gateway: Gateway, facts: Facts) -> Finding:
    """S1-13: with test keys real cards fail. That may well be meant, so it is no failure (D6)."""
    if gateway.is_live:
        return ok("The keys are live: real cards are charged.")
    return warning(
        "The keys are of test mode: only test cards work, and no money moves.",
        "To take real money, add a gateway with the keys sk_live_… and pk_live_….",
    )


def of_account(judge: Callable[[Account], Finding]) -> Callable[[Gateway, Facts], Finding]:
    """A check that needs nothing but the account, and says so when there was no answer."""

    def check(_gateway: Gateway, facts: Facts) -> Finding:
        if facts.account.error:
            return unseen(facts.account.error)
        return judge(facts.account.told)

    return check


@of_account
def charges_enabled(account: Account) -> Finding:
    if account.charges_enabled:
        return ok("Stripe lets this account take payments.")
    return failed(f"Stripe does not let this account take payments{_still_wanted(account)}.", _activate(account))


@of_account
def payouts_enabled(account: Account) -> Finding:
    if account.payouts_enabled:
        return ok("Stripe pays out to you.")
    return failed(f"Stripe does not pay out to this account{_still_wanted(account)}.", _activate(account))


def _still_wanted(account: Account) -> str:
    return f": it still wants {', '.join(account.open_requirements)}" if account.open_requirements else ""


def _activate(account: Account) -> str:
    if not account.details_submitted:
        return f"Fill in the activation form at {DASHBOARD}/account/onboarding."
    return f"Look at what is open at {DASHBOARD}/account/status."


@of_account
def bank_account(account: Account) -> Finding:
    """S1-10 and S1-11. Stripe does not show every key the bank account; payouts work with one only."""
    named = ", ".join(account.bank_accounts or ())
    if account.bank_accounts == () or (account.bank_accounts is None and not account.payouts_enabled):
        return failed(
            "No bank account is entered at Stripe: payments are not credited to you without it.",
            f"Enter it and choose how often you are paid, at {DASHBOARD}/settings/payouts.",
        )
    if account.payout_rhythm == "manual":
        return warning(
            "Payouts are made by hand only: money stays at Stripe until you ask for it.",
            f"Choose how often you are paid, at {DASHBOARD}/settings/payouts.",
        )
    rhythm = f"paid out {account.payout_rhythm}" if account.payout_rhythm else "paid out in Stripe's own rhythm"
    return ok(f"Payments are {rhythm} to {named or 'the bank account that Stripe has'}.")


@of_account
def account_name(account: Account) -> Finding:
    if account.name:
        return ok(f"The account is called {account.name}.")
    return failed("The account has no name at Stripe.", f"Fill in Account name at {DASHBOARD}/settings/account.")
