"""A TCP proxy on loopback that breaks connections the way networks do."""

from lab.proxy.conditions import Traffic, Translate
from lab.proxy.proxy import Proxy

__all__ = ["Proxy", "Traffic", "Translate"]
