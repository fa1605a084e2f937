import pytest
from django.core.management.base import CommandError

from config.management.commands.local_stripe import refuse_live_modes
from gateways.models import Gateway, Mode
from tests.factories import make_gateway


@pytest.mark.django_db
def test_beside_test_gateways_it_starts() -> None:
    make_gateway()
    refuse_live_modes()


@pytest.mark.django_db
def test_beside_a_live_gateway_it_does_not() -> None:
    gateway = make_gateway(name="The real shop")
    Gateway.objects.filter(pk=gateway.pk).update(mode=Mode.LIVE)
    with pytest.raises(CommandError, match="The gateway The real shop in this database is live"):
        refuse_live_modes()
