"""nginx and Caddy with the files of deploy/, on ports of this machine."""

from __future__ import annotations

import re
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.processes import ROOT, free_port, running

DEPLOY = ROOT / "deploy"
NAME = "tafelronde.example.nl"


def swapped(text: str, **changes: str) -> str:
    """``text`` with each of the keys replaced; all of them have to be in it."""
    for old, new in changes.items():
        assert old in text, old
        text = text.replace(old, new)
    return text


def certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate for this machine, and its key, as files."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    pem, secret = folder / "tls.pem", folder / "tls.key"
    pem.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    secret.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return pem, secret


def trusting(pem: Path) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(pem))


def nginx_conf(
    folder: Path, port: int, nodes: Sequence[str], *, plain: int = 0, tls: bool = True
) -> Path:
    """``nodes`` are host and port each; ``port`` speaks https if ``tls``, and ``plain`` http."""
    text = swapped(
        (DEPLOY / "nginx.conf").read_text(),
        **{
            "listen 443 ssl http2": f"listen 127.0.0.1:{port}" + " ssl http2" * tls,
            "    listen [::]:443 ssl http2;\n": "",
            "listen 80;": f"listen 127.0.0.1:{plain or free_port()};",
            "    listen [::]:80;\n": "",
            NAME: "127.0.0.1",
            "/var/log/nginx": str(folder),
            "server 127.0.0.1:8000;": " ".join(f"server {node};" for node in nodes),
            # The port is part of it where the site has one of its own.
            "Host $host;": "Host $http_host;",
        },
    )
    if tls:
        pem, key = certificate(folder)
        files = {"/etc/ssl/tafelronde.pem": str(pem), "/etc/ssl/tafelronde.key": str(key)}
        text = swapped(text, **files)
    else:
        text = re.sub(r"(?m)^ *ssl_.*\n", "", text)
    here = "".join(
        f"{what}_temp_path {folder}/{what};\n"
        for what in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    conf = folder / "nginx.conf"
    conf.write_text(
        f"daemon off; worker_processes 1; pid {folder}/pid; error_log {folder}/error.log crit;\n"
        f"events {{ worker_connections 2048; }}\nhttp {{\n{here}{text}}}\n"
    )
    return conf


def caddy_conf(folder: Path, port: int, node: str) -> Path:
    pem, key = certificate(folder)
    text = swapped(
        (DEPLOY / "Caddyfile").read_text(),
        **{
            f"{{$SITE_HOST:{NAME}}} {{": f"https://127.0.0.1:{port} {{",
            "\ttls {": f"\ttls {pem} {key} {{",
            "/var/log/caddy": str(folder),
            "{$SITE_ADDRESS:127.0.0.1:8000}": node,
        },
    )
    conf = folder / "Caddyfile"
    conf.write_text(text.replace("{\n\tservers", "{\n\tadmin off\n\tauto_https off\n\tservers", 1))
    return conf


@contextmanager
def proxy(
    program: str, kind: str, folder: Path, port: int, plain: int, node: str
) -> Iterator[ssl.SSLContext]:
    """nginx or Caddy before ``node``; what a browser needs to trust it."""
    if kind == "nginx":
        conf = nginx_conf(folder, port, [node], plain=plain)
        command = [program, "-p", str(folder), "-c", str(conf)]
    else:
        conf = caddy_conf(folder, port, node)
        command = [program, "run", "--adapter", "caddyfile", "--config", str(conf)]
    env = {"HOME": str(folder), "PATH": "/usr/bin:/bin"}
    with running(*command, env=env, log=folder / "proxy.log") as started:
        yield trusting(folder / "tls.pem")
        assert started.process.poll() is None, started.said()
