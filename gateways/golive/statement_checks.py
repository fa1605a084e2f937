"""May the texts that are to stand on the customer's bank statement stand there?"""

from gateways.golive.facts import Facts
from gateways.golive.findings import Finding, failed, ok, unseen, warning
from gateways.models import Gateway
from gateways.processors.descriptors import (
    DescriptorProblem,
    check_descriptor,
    check_prefix,
    check_suffix,
    statement_text,
)

PUBLIC_DETAILS = "https://dashboard.stripe.com/settings/public"


def descriptor_legal(gateway: Gateway, facts: Facts) -> Finding:
    if facts.account.error:
        return unseen(facts.account.error)
    prefix = facts.account.told.descriptor_prefix
    suffix = "" if gateway.do_not_send_descriptor else gateway.descriptor_suffix
    try:
        check_prefix(prefix)
    except DescriptorProblem as problem:
        return warning(str(problem), f"Change it at {PUBLIC_DETAILS}.")
    try:
        if suffix:
            check_suffix(suffix, prefix)
    except DescriptorProblem as problem:
        return failed(f"Stripe would refuse every payment for its suffix “{suffix}”. {problem}", "Change the suffix.")
    try:
        if gateway.descriptor:
            check_descriptor(gateway.descriptor)
    except DescriptorProblem as problem:
        return failed(f"“{gateway.descriptor}” cannot be what customers read. {problem}", "Copy it from Stripe.")
    return ok(f"Customers read “{statement_text(prefix, suffix)}” on their statement.")
