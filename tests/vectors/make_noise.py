#!/usr/bin/env python3
"""Makes tests/vectors/noise.json: Noise_XK and Noise_XKpsk3 over 25519, ChaChaPoly and BLAKE2b.

An implementation apart from proto/wire/noise.c: other language, other library (pyca/cryptography), driven by
the token lists of the Noise specification instead of spelt-out messages. Deterministic: run it again and the
file does not change.

    tests/vectors/make_noise.py > tests/vectors/noise.json
    tests/vectors/make_noise.py --check FILE     compare it with published vectors of the same form first

A message with "rekey" is sent after both directions were rekeyed once more.
"""

import hashlib
import hmac
import json
import sys

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

PATTERNS = {
    "XK": [["e", "es"], ["e", "ee"], ["s", "se"]],
    "XKpsk3": [["e", "es"], ["e", "ee"], ["s", "se", "psk"]],
}


def public(sk):
    return X25519PrivateKey.from_private_bytes(sk).public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)


def dh(sk, pk):
    return X25519PrivateKey.from_private_bytes(sk).exchange(X25519PublicKey.from_public_bytes(pk))


def blake(data):
    return hashlib.blake2b(data).digest()


def hkdf(ck, ikm, count):
    temp = hmac.new(ck, ikm, hashlib.blake2b).digest()
    outs, last = [], b""
    for i in range(1, count + 1):
        last = hmac.new(temp, last + bytes([i]), hashlib.blake2b).digest()
        outs.append(last)
    return outs


class Cipher:
    def __init__(self, key=None):
        self.key, self.n = key, 0

    @staticmethod
    def nonce(n):
        return bytes(4) + n.to_bytes(8, "little")

    def encrypt(self, ad, plain):
        if self.key is None:
            return plain
        out = ChaCha20Poly1305(self.key).encrypt(self.nonce(self.n), plain, ad)
        self.n += 1
        return out

    def decrypt(self, ad, cipher):
        if self.key is None:
            return cipher
        out = ChaCha20Poly1305(self.key).decrypt(self.nonce(self.n), cipher, ad)
        self.n += 1
        return out

    def rekey(self):
        self.key = ChaCha20Poly1305(self.key).encrypt(self.nonce(2**64 - 1), bytes(32), b"")[:32]


class Party:
    def __init__(self, name, initiator, prologue, s, e, rs, psk):
        protocol = f"Noise_{name}_25519_ChaChaPoly_BLAKE2b".encode()
        self.initiator, self.s, self.e, self.rs, self.re, self.psk = initiator, s, e, rs, None, psk
        self.has_psk = "psk" in name
        self.h = protocol.ljust(64, b"\0") if len(protocol) <= 64 else blake(protocol)
        self.ck, self.cipher = self.h, Cipher()
        self.mix_hash(prologue)
        self.mix_hash(rs if initiator else public(s))

    def mix_hash(self, data):
        self.h = blake(self.h + data)

    def mix_key(self, ikm):
        self.ck, key = hkdf(self.ck, ikm, 2)
        self.cipher = Cipher(key[:32])

    def mix_key_and_hash(self, ikm):
        self.ck, h, key = hkdf(self.ck, ikm, 3)
        self.mix_hash(h)
        self.cipher = Cipher(key[:32])

    def seal(self, plain):
        out = self.cipher.encrypt(self.h, plain)
        self.mix_hash(out)
        return out

    def unseal(self, data):
        out = self.cipher.decrypt(self.h, data)
        self.mix_hash(data)
        return out

    def key_token(self, token):
        if token == "psk":
            return self.mix_key_and_hash(self.psk)
        ours = {"e": self.e, "s": self.s}
        theirs = {"e": self.re, "s": self.rs}
        mine, other = (token[0], token[1]) if self.initiator else (token[1], token[0])
        return self.mix_key(dh(ours[mine], theirs[other]))

    def write(self, tokens, payload):
        out = b""
        for token in tokens:
            if token == "e":
                e = public(self.e)
                out += e
                self.mix_hash(e)
                if self.has_psk:
                    self.mix_key(e)
            elif token == "s":
                out += self.seal(public(self.s))
            else:
                self.key_token(token)
        return out + self.seal(payload)

    def read(self, tokens, data):
        for token in tokens:
            if token == "e":
                self.re, data = data[:32], data[32:]
                self.mix_hash(self.re)
                if self.has_psk:
                    self.mix_key(self.re)
            elif token == "s":
                size = 48 if self.cipher.key else 32
                self.rs, data = self.unseal(data[:size]), data[size:]
            else:
                self.key_token(token)
        return self.unseal(data)

    def split(self):
        first, second = (Cipher(k[:32]) for k in hkdf(self.ck, b"", 2))
        return (first, second) if self.initiator else (second, first)


def run(vector):
    """Fills in the ciphertexts and the handshake hash."""
    name = vector["protocol_name"].split("_")[1]
    raw = {k: bytes.fromhex(v) for k, v in vector.items() if isinstance(v, str) and k != "protocol_name"}
    psk = raw.get("psk")
    init = Party(name, True, raw["init_prologue"], raw["init_static"], raw["init_ephemeral"],
                 raw["init_remote_static"], psk)
    resp = Party(name, False, raw["resp_prologue"], raw["resp_static"], raw["resp_ephemeral"], None, psk)
    for i, message in enumerate(vector["messages"]):
        payload = bytes.fromhex(message["payload"])
        sender, receiver = (init, resp) if i % 2 == 0 else (resp, init)
        if i < 3:
            tokens = PATTERNS[name][i]
            data = sender.write(tokens, payload)
            assert receiver.read(tokens, data) == payload
        else:
            if i == 3:
                assert init.h == resp.h and resp.rs == public(init.s)
                vector["handshake_hash"] = init.h.hex()
                ciphers = {id(init): init.split(), id(resp): resp.split()}
            if message.get("rekey"):
                for pair in ciphers.values():
                    for cipher in pair:
                        cipher.rekey()
            data = ciphers[id(sender)][0].encrypt(b"", payload)
            assert ciphers[id(receiver)][1].decrypt(b"", data) == payload
        message["ciphertext"] = data.hex()
    return vector


def stream(label, n):
    """Bytes that look random and are the same every time."""
    return hashlib.shake_256(("kith test vector: " + label).encode()).digest(n)


def vector(number, name, prologue, sizes, rekeys):
    def key(what):
        return stream(f"{number} {what}", 32)

    v = {
        "protocol_name": f"Noise_{name}_25519_ChaChaPoly_BLAKE2b",
        "init_prologue": prologue.hex(),
        "init_static": key("initiator static").hex(),
        "init_ephemeral": key("initiator ephemeral").hex(),
        "init_remote_static": public(key("responder static")).hex(),
        "resp_prologue": prologue.hex(),
        "resp_static": key("responder static").hex(),
        "resp_ephemeral": key("responder ephemeral").hex(),
    }
    if "psk" in name:
        v["psk"] = key("psk").hex()
    v["messages"] = []
    for i, size in enumerate(sizes):
        message = {"payload": stream(f"{number} payload {i}", size).hex()}
        if i in rekeys:
            message["rekey"] = True
        v["messages"].append(message)
    return run(v)


def check(path):
    with open(path, encoding="utf-8") as f:
        for published in json.load(f)["vectors"]:
            mine = run(json.loads(json.dumps(published)))
            if mine != published:
                sys.exit(f"{path}: {published['protocol_name']} comes out differently")
    print(f"{path}: agrees", file=sys.stderr)


def main():
    if sys.argv[1:2] == ["--check"] and len(sys.argv) == 3:
        return check(sys.argv[2])
    def kith(first):
        return b"kith/1" + bytes([first]) + stream("network", 32)

    plain = [0, 0, 0, 1, 15, 16, 17, 63, 64, 65]
    vectors = [
        vector(1, "XK", kith(1), plain, {}),
        vector(2, "XK", b"", [0, 300, 700, 0, 0, 1000, 32], {5, 6}),
        vector(3, "XK", kith(1), [32, 0, 900, 20, 20, 20, 20, 20, 20], {4, 5, 8}),
        vector(4, "XKpsk3", kith(2), plain, {}),
        vector(5, "XKpsk3", b"", [16, 0, 700, 0, 0, 1000, 32], {5, 6}),
        vector(6, "XKpsk3", kith(2), [16, 300, 900, 20, 20, 20, 20, 20, 20], {3, 4, 8}),
    ]
    json.dump({"source": "tests/vectors/make_noise.py", "vectors": vectors}, sys.stdout, indent=1)
    sys.stdout.write("\n")
    return None


if __name__ == "__main__":
    main()
