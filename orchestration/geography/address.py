"""Addresses as logs write them, and as they may be stored."""

import hashlib
import hmac
import ipaddress
from typing import Literal

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Keep = Literal["drop", "truncate", "hash", "keep"]

# A /24 is a neighbourhood of 256 addresses; a /48 is what one site is given of IPv6.
_KEPT_BITS = {4: 24, 6: 48}


def parsed(text: str) -> Address | None:
    """The address in `text`, without a port or an interface name; None where it is none.

    A list of proxies is none: which of them is the caller cannot be told.
    """
    bare = text.strip()
    if bare.startswith("["):
        bare = bare[1:].partition("]")[0]
    elif bare.count(":") == 1:
        bare = bare.partition(":")[0]
    try:
        address = ipaddress.ip_address(bare.partition("%")[0])
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address


def stored(text: str, address: Address | None, keep: Keep, key: bytes) -> str | None:
    """What is kept of the address given as `text`; of one that is none nothing, unless it is kept or hashed.

    `hash` is an HMAC-SHA256 under `key` in hexadecimal: without a key every address could be tried.
    """
    match keep:
        case "keep":
            return text
        case "hash":
            return hmac.new(key, (str(address) if address else text).encode(), hashlib.sha256).hexdigest()
        case "truncate" if address is not None:
            return str(ipaddress.ip_network((address, _KEPT_BITS[address.version]), strict=False))
        case _:
            return None
