"""The gateways that a payment may be routed to: those of its offers, else of its campaign, else the default."""

from collections.abc import Iterable
from dataclasses import dataclass

from gateways.models import Gateway
from gateways.usage import with_recent_volumes
from orders.models import Campaign, CampaignGateway, Offer, OfferGateway


@dataclass(frozen=True)
class Candidate:
    """`foreign_to` names an offer of the same order that allows other gateways only."""

    gateway: Gateway
    priority: int = 1
    weight: int = 1
    foreign_to: str = ""


@dataclass(frozen=True)
class Candidates:
    """`source` says whose they are: `gateways of Glow Serum`, or `default gateway for …` where none is assigned."""

    source: str
    found: tuple[Candidate, ...]
    assigned: bool = True

    @property
    def one_of_them(self) -> str:
        return f"one of the {self.source}" if self.assigned else f"the {self.source}"

    def allow(self, gateway: Gateway) -> bool:
        return any(one.gateway == gateway and not one.foreign_to for one in self.found)


def candidates_for(campaign: Campaign, offers: Iterable[Offer]) -> Candidates:
    """At most four queries, however many offers and gateways there are. Each gateway knows its month's volume."""
    offers = list(offers)
    of_offers = list(OfferGateway.objects.filter(offer__in=offers).order_by("priority", "pk"))
    if of_offers:
        return _of_offers(offers, of_offers)
    of_campaign = list(CampaignGateway.objects.filter(campaign=campaign).order_by("priority", "pk"))
    if of_campaign:
        gateways = _gateways(row.gateway_id for row in of_campaign)
        found = (Candidate(gateways[row.gateway_id], row.priority, row.weight) for row in of_campaign)
        return Candidates(f"gateways of the campaign {campaign}", tuple(found))
    defaults = Gateway.objects.filter(mode=campaign.mode, currency=campaign.currency, is_default=True)
    return Candidates(
        f"default gateway for {campaign.currency} in {campaign.mode} mode",
        tuple(Candidate(gateway) for gateway in with_recent_volumes(defaults)),
        assigned=False,
    )


def _of_offers(offers: list[Offer], rows: list[OfferGateway]) -> Candidates:
    """An offer that names no gateway leaves the choice to the others. Where offers rank one differently, the later
    place and the smaller share count.
    """
    naming = [offer for offer in offers if any(row.offer_id == offer.pk for row in rows)]
    gateways = _gateways(row.gateway_id for row in rows)
    found = []
    for pk, gateway in gateways.items():
        own = [row for row in rows if row.gateway_id == pk]
        strangers = [offer.name for offer in naming if all(row.offer_id != offer.pk for row in own)]
        priority, weight = max(row.priority for row in own), min(row.weight for row in own)
        found.append(Candidate(gateway, priority, weight, foreign_to=strangers[0] if strangers else ""))
    names = " and ".join(offer.name for offer in naming)
    return Candidates(f"gateways of {names}", tuple(found))


def _gateways(keys: Iterable[int]) -> dict[int, Gateway]:
    rows = with_recent_volumes(Gateway.objects.filter(pk__in=set(keys)))
    return {gateway.pk: gateway for gateway in rows.order_by("pk")}
