"""A certificate authority of one test session, made with the openssl command line."""

import subprocess
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Leaf:
    """A certificate with its key, as PEM files."""

    certificate: Path
    key: Path


class CertificateAuthority:
    """Signs leaves for test host names; `certificate` is what a client has to trust. Lives in `folder`, which the caller owns."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.certificate = folder / "ca.pem"
        self._key = folder / "ca.key"
        self._made = 0
        (folder / "index.txt").touch()
        (folder / "issued").mkdir()
        (folder / "openssl.cnf").write_text(
            f"""[ca]
default_ca = test_ca
[test_ca]
database = {folder}/index.txt
new_certs_dir = {folder}/issued
rand_serial = yes
certificate = {self.certificate}
private_key = {self._key}
default_md = sha256
policy = any
copy_extensions = copy
unique_subject = no
[any]
commonName = supplied
[req]
distinguished_name = name
[name]
""")
        self._openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                      "-days", "30", "-subj", "/CN=Gannet end-to-end test CA", "-addext", "basicConstraints=critical,CA:TRUE",
                      "-addext", "keyUsage=critical,keyCertSign,cRLSign",
                      "-keyout", str(self._key), "-out", str(self.certificate))

    def leaf(self, hosts: list[str], *, not_before: str = "20260101000000Z", not_after: str = "") -> Leaf:
        """A certificate for `hosts`. The dates are YYYYMMDDHHMMSSZ; without `not_after` it is valid for 20 days from now."""
        request, leaf = self._request(hosts)
        dates = ["-startdate", not_before, "-enddate", not_after] if not_after else ["-days", "20"]
        self._openssl("ca", "-batch", "-notext", *dates, "-in", str(request), "-out", str(leaf.certificate))
        return leaf

    def self_signed(self, hosts: list[str]) -> Leaf:
        """A certificate that this authority did not sign."""
        request, leaf = self._request(hosts)
        self._openssl("x509", "-req", "-in", str(request), "-key", str(leaf.key), "-days", "20", "-copy_extensions", "copy",
                      "-out", str(leaf.certificate))
        return leaf

    def _request(self, hosts: list[str]) -> tuple[Path, Leaf]:
        self._made += 1
        stem = self.folder / f"leaf{self._made}"
        leaf = Leaf(stem.with_suffix(".pem"), stem.with_suffix(".key"))
        request = stem.with_suffix(".csr")
        names = ",".join(f"DNS:{host}" for host in hosts)
        self._openssl("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                      "-subj", f"/CN={hosts[0]}", "-addext", f"subjectAltName={names}",
                      "-keyout", str(leaf.key), "-out", str(request))
        return request, leaf

    def _openssl(self, *arguments: str) -> None:
        config = ["-config", str(self.folder / "openssl.cnf")] if arguments[0] in ("ca", "req") else []
        done = subprocess.run(["openssl", arguments[0], *config, *arguments[1:]], capture_output=True, text=True)
        if done.returncode != 0:
            raise RuntimeError(f"openssl {' '.join(arguments)}: {done.stderr.strip()}")
