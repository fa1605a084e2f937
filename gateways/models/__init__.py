from gateways.models.caps import CapCheck, CapWarning
from gateways.models.gateway import (
    SECRETS,
    Gateway,
    GatewayQuerySet,
    Mode,
    WhenCapped,
    new_slug,
    validate_time_zone,
)
from gateways.models.go_live import GoLiveCheck
from gateways.models.installation import Installation
from gateways.models.offline import OfflineReceipt, OfflineRefund
from gateways.models.volume import MonthlyVolume

__all__ = [
    "SECRETS",
    "CapCheck",
    "CapWarning",
    "Gateway",
    "GatewayQuerySet",
    "GoLiveCheck",
    "Installation",
    "Mode",
    "MonthlyVolume",
    "OfflineReceipt",
    "OfflineRefund",
    "WhenCapped",
    "new_slug",
    "validate_time_zone",
]
