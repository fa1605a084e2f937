"""Finding the gateway that a command line names."""

from gateways.models import Gateway


class UnknownGateway(Exception):
    """No gateway has this name; the message lists the names that there are."""

    def __init__(self, name: str, known: list[str]) -> None:
        names = "\n".join(f"  {one}" for one in known)
        rest = f"The gateways are:\n{names}" if known else "There is no gateway yet: add one in the admin."
        super().__init__(f"No gateway is called “{name}”. {rest}")


def gateway_named(name: str) -> Gateway:
    """By its exact name, else by the only one that differs in capitals. Raises UnknownGateway."""
    found = list(Gateway.objects.filter(name=name)) or list(Gateway.objects.filter(name__iexact=name)[:2])
    if len(found) != 1:
        raise UnknownGateway(name, list(Gateway.objects.order_by("name").values_list("name", flat=True)))
    return found[0]
