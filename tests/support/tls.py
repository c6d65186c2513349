"""A certificate authority of our own, and what it signed."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from typing import TYPE_CHECKING

import trustme

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Certificates:
    """PEM files: the authority, and one certificate with its key for each side.

    The server's is for 127.0.0.1 and localhost. Servers ask clients for a certificate too.
    """

    ca: Path
    server: Path
    server_key: Path
    client: Path
    client_key: Path

    @property
    def server_context(self) -> ssl.SSLContext:
        """How a server speaks TLS: no client without a certificate of the authority."""
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=self.ca)
        context.load_cert_chain(self.server, self.server_key)
        context.verify_mode = ssl.CERT_REQUIRED
        return context

    @property
    def client_context(self) -> ssl.SSLContext:
        """How a client speaks TLS: it checks the server and shows its own certificate."""
        context = ssl.create_default_context(cafile=self.ca)
        context.load_cert_chain(self.client, self.client_key)
        return context

    @property
    def server_options(self) -> dict[str, str]:
        """The directives of a server that speaks TLS itself, to clients and to other servers."""
        return {
            "tls-ca-cert-file": str(self.ca),
            "tls-cert-file": str(self.server),
            "tls-key-file": str(self.server_key),
            "tls-auth-clients": "yes",
            "tls-replication": "yes",
        }


def make_certificates(directory: Path) -> Certificates:
    """Make an authority and its certificates as files in the directory."""
    authority = trustme.CA()
    server = authority.issue_cert("127.0.0.1", "localhost")
    client = authority.issue_cert("client@example.org")
    files = {name: directory / f"{name}.pem" for name in Certificates.__slots__}
    authority.cert_pem.write_to_path(str(files["ca"]))
    for name, issued in (("server", server), ("client", client)):
        issued.cert_chain_pems[0].write_to_path(str(files[name]))
        issued.private_key_pem.write_to_path(str(files[f"{name}_key"]))
    return Certificates(**files)
