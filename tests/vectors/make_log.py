#!/usr/bin/env python3
"""Vectors for entries, runs and signatures, made without any code of Kith.

Python's hashlib gives BLAKE2b with key and personal, `cryptography` gives Ed25519; the rest is struct.pack after
proto/SPEC.md, section 3. The table of a run is given uncompressed: zstd may write one table in many ways.

    python3 tests/vectors/make_log.py > tests/vectors/log.txt

The output is one `name value` a line, values in hex or decimal; `#` begins a remark.
"""
import hashlib
import struct

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey


def blake(size, personal, message, key=b""):
    return hashlib.blake2b(message, digest_size=size, key=key, person=personal.ljust(16, b"\0")).digest()


def signature(key, context, net, message):
    return key.sign(context.ljust(16, b"\0") + net + message)


def public(key):
    return key.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)


def header(kind, stream, epoch, seq, time, site, prev, commit, schema, extra):
    out = b"K\x01" + struct.pack(">BBIQQ", kind, stream, epoch, seq, time) + site + prev + commit
    out += struct.pack(">H", schema) + extra
    assert len(out) == 128
    return out


def show(name, value):
    print(name, value if isinstance(value, int) else value.hex())


def main():
    root = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
    entry_key = Ed25519PrivateKey.from_private_bytes(bytes(range(32, 64)))
    hh = bytes(range(64))
    site = blake(16, b"kith-site", public(root))
    net = blake(32, b"kith-net", b"any bytes will do here")
    print("# Made by tests/vectors/make_log.py. Seeds: root 00 to 1f, entry key 20 to 3f; handshake hash 00 to 3f.")
    show("root_pk", public(root))
    show("entry_pk", public(entry_key))
    show("site_id", site)
    show("net_id", net)
    show("council_id", blake(32, b"kith-council", b"a council's body"))
    show("op_id", blake(32, b"kith-op", b"an operation's body", key=b"\x02"))
    show("invite_id", blake(16, b"kith-invite", bytes(range(64, 96))))
    show("tag", blake(16, b"kith-tag", bytes(range(96, 128)), key=hh)[:8])
    show("fingerprint", blake(16, b"kith-fp", b"one and two", key=hh))
    for name in ("cert", "council", "join", "bundle", "root"):
        show("sig_" + name, signature(root, b"kith " + name.encode() + b" v1", net, b"what is signed"))

    # Five entries: plain, empty body, extra header bytes, body gone, the largest kind and schema.
    stream, epoch, first = 1, 3, 7
    prev = blake(32, b"kith-id", b"stands before the first")
    show("run_prev", prev)
    rows = [
        (16, 1, 1700000000000, b"\x81\xa1a\x01", bytes(22), True),
        (17, 1, 1700000000001, b"", bytes(22), True),
        (18, 2, 1700000000002, b"\x81\xa1b\xc0", bytes(range(1, 23)), True),
        (19, 1, 1700000000003, b"\x81\xa1c\xc3", bytes(22), False),
        (255, 65535, 2**64 - 1, b"\x80" * 300, bytes(22), True),
    ]
    table = b""
    outside = b""
    for i, (kind, schema, time, body, extra, there) in enumerate(rows):
        salt = bytes([0xA0 + i]) * 16
        commit = blake(32, b"kith-body", body, key=salt)
        head = header(kind, stream, epoch, first + i, time, site, prev, commit, schema, extra)
        prev = blake(32, b"kith-id", head)
        show("header", head)
        show("salt", salt)
        show("body", body)
        show("id", prev)
        flag = 1 if any(extra) else 0
        table += struct.pack(">BBHQH", kind, flag, schema, time, len(body) if there else 0)
        table += (extra if flag else b"") + (body if there else b"")
        outside += salt if there else commit
        last = signature(entry_key, b"kith entry v1", net, head)
    run = b"R\x01" + struct.pack(">BBIQHHI", stream, 0, epoch, first, len(rows), 0, len(table)) + site
    run += blake(32, b"kith-id", b"stands before the first") + last + b"\xe8" + bytes(15) + bytes(24)
    assert len(run) == 176
    show("signature", last)
    show("run_head", run)
    show("run_outside", outside)
    show("run_table", table)


main()
