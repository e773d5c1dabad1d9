#!/usr/bin/env python3
"""Read Daybook events with PyPI sd-jwt: whole, and with half of their slots withheld.

Input: JSON Lines, one sample per line:
{"name", "x": public key, "full": compact, "full_data": {...}, "half": compact, "half_data": {...}}.
Ends with status 1 at the first disagreement.
"""

import json
import sys

from jwcrypto.jwk import JWK
from sd_jwt.verifier import SDJWTVerifier


def disagree(message):
    sys.exit(f"DISAGREE: {message}")


def read(compact, x):
    """The verified payload; raises where the signature or the form is bad."""
    key = JWK(kty="OKP", crv="Ed25519", x=x)
    return SDJWTVerifier(compact, lambda issuer, header: key).get_verified_payload()


def change_signature(compact):
    jwt, tilde, rest = compact.partition("~")
    signed, dot, signature = jwt.rpartition(".")
    first = "A" if signature[0] != "A" else "B"
    return signed + dot + first + signature[1:] + tilde + rest


def main():
    with open(sys.argv[1], encoding="utf-8") as lines:
        samples = [json.loads(line) for line in lines]
    if not samples:
        disagree("no samples")
    for sample in samples:
        for part in ("full", "half"):
            payload = read(sample[part], sample["x"])
            if payload["data"] != sample[f"{part}_data"]:
                disagree(f"{sample['name']}, {part}: sd-jwt reads {payload['data']}, expected {sample[f'{part}_data']}")
        try:
            read(change_signature(sample["full"]), sample["x"])
        except Exception:  # noqa: BLE001 - any refusal will do, the library has no single type for it
            continue
        disagree(f"{sample['name']}: sd-jwt accepts a changed signature")
    print(f"sd-jwt (PyPI): {len(samples)} events read whole and half disclosed, changed signatures refused")


if __name__ == "__main__":
    main()
