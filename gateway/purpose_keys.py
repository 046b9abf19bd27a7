"""A key of its own for each purpose, derived from a secret: what one of them gives away opens nothing else."""

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF


def key_for(purpose: str, secret: str, length: int) -> bytes:
    """The key of this purpose, `length` bytes long: the same each time, and of no use for finding the secret."""
    return HKDF(SHA256(), length, salt=None, info=f"kapstan {purpose}".encode()).derive(secret.encode())
