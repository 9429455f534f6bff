#!/usr/bin/env python3
"""A whole network in one bundle, made without any code of Kith: councils, certificates, operations, a fork proof,
receipts, heads, signatures, after proto/SPEC.md, sections 1, 2, 3, 6, 7 and 8; and bundles that have to be refused.

Python's hashlib gives BLAKE2b, `cryptography` Ed25519; MessagePack and the zstd frame (of raw blocks, RFC 8878) are
written here.

    python3 tests/vectors/make_bundle.py > tests/vectors/bundle.txt

The output is one `name value` a line, values in hex or decimal; `#` begins a remark. A line `bad` has the words that
the refusal must have (`_` for a blank), how many bytes of the good bundle stand in front, what follows in hex (`-` for
nothing), how many bytes of its end stand behind, and in hex a hash and signature of its own (`-`: none; else those of
the good bundle do not count as part of it).
"""
import hashlib
import struct

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

ADMIT, REVOKE, WITHDRAW, CERT, LESSON, RECEIPT = 2, 3, 4, 1, 16, 65
CONTROL, LEARNING, MEASURES, STATUS = 0, 1, 2, 3
COUNCIL, PROOF, TRUST, RUN, HEADS, END, PROOF_END = 1, 2, 3, 4, 5, 6, 6
NOW = 1790000000000


def blake(size, personal, message, key=b""):
    return hashlib.blake2b(message, digest_size=size, key=key, person=personal.ljust(16, b"\0")).digest()


def public(key):
    return key.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)


def new_key(*seed):
    return Ed25519PrivateKey.from_private_bytes(blake(32, b"vector", repr(seed).encode()))


# ---- MessagePack, strict (SPEC 3.20 to 3.24) ----


def head(n, short, short_max, *longer):
    if n <= short_max:
        return bytes([short | n])
    for mark, form in longer:
        if n < 1 << (8 * struct.calcsize(form)):
            return bytes([mark]) + struct.pack(form, n)
    raise ValueError(n)


def pack(v):
    if v is None:
        return b"\xc0"
    if isinstance(v, bool):
        return b"\xc3" if v else b"\xc2"
    if isinstance(v, int):
        return head(v, 0, 127, (0xCC, ">B"), (0xCD, ">H"), (0xCE, ">I"), (0xCF, ">Q"))
    if isinstance(v, bytes):
        return head(len(v), 0, -1, (0xC4, ">B"), (0xC5, ">H"), (0xC6, ">I")) + v
    if isinstance(v, str):
        s = v.encode()
        return head(len(s), 0xA0, 31, (0xD9, ">B"), (0xDA, ">H")) + s
    if isinstance(v, list):
        return head(len(v), 0x90, 15, (0xDC, ">H")) + b"".join(map(pack, v))
    assert isinstance(v, dict)
    return head(len(v), 0x80, 15, (0xDE, ">H")) + b"".join(pack(k) + pack(v[k]) for k in sorted(v))


# ---- entries and runs (SPEC 3.1 to 3.8) ----


def zstd_raw(data):
    """One frame: a single segment that names its size, and raw blocks."""
    size = struct.pack("<B", len(data)) if len(data) < 256 else struct.pack("<H", len(data) - 256)
    out = b"\x28\xb5\x2f\xfd" + bytes([0x20 if len(data) < 256 else 0x60]) + size
    return out + struct.pack("<I", 1 | len(data) << 3)[:3] + data


class Site:
    def __init__(self, code, name):
        self.code, self.name = code, name
        self.root = new_key(code, "root")
        self.root_pk = public(self.root)
        self.id = blake(16, b"kith-site", self.root_pk)
        self.epoch = 0
        self.tip = {}  # (stream, epoch) -> (seq, id)
        self.runs = []  # (stream, epoch, first, bytes)
        self.salts = 0

    def begin(self, net, closes):
        """A new epoch: its certificate is entry 1 of its control log (SPEC 1.4, 1.5)."""
        self.epoch += 1
        self.entry = new_key(self.code, "entry", self.epoch)
        body = pack({"closes": closes, "entry": public(self.entry), "epoch": self.epoch,
                     "link": blake(32, b"vector", b"link" + self.id + bytes([self.epoch])), "root": self.root_pk})
        sig = self.root.sign(b"kith cert v1".ljust(16, b"\0") + net + body)
        self.write(net, CONTROL, [(CERT, pack({"body": body, "sig": sig}), True)])

    def salt(self):
        self.salts += 1
        return blake(16, b"vector", b"salt" + self.id + struct.pack(">I", self.salts))

    def run(self, net, stream, rows, first, prev, spoil=None):
        """Rows are (kind, body, is it there). `spoil` alters one step; what is made then has to be refused."""
        table = outside = b""
        bits = 0
        at = prev
        for i, (kind, body, there) in enumerate(rows):
            salt = self.salt()
            commit = blake(32, b"kith-body", body, key=salt)
            entry = b"K\x01" + struct.pack(">BBIQQ", kind, stream, self.epoch, first + i, NOW + first + i)
            entry += self.id + at + commit + struct.pack(">H", 1) + bytes(22)
            at = blake(32, b"kith-id", entry)
            sig = self.entry.sign(b"kith entry v1".ljust(16, b"\0") + net + entry)
            if spoil == "body":
                body = body[:-1] + bytes([body[-1] ^ 1])
            table += struct.pack(">BBHQH", kind, 0, 1, NOW + first + i, len(body) if there else 0)
            table += body if there else b""
            outside += salt if there else commit
            bits |= there << (127 - i)
        if spoil == "signature":
            sig = self.entry.sign(b"kith entry v2".ljust(16, b"\0") + net + entry)
        out = b"R\x01" + struct.pack(">BBIQHHI", stream, 0, self.epoch, first, len(rows), 0, len(table)) + self.id
        out += (bytes(31) + b"\1" if spoil == "prev" else prev) + sig + bits.to_bytes(16, "big") + bytes(24)
        return out + outside + zstd_raw(table), at

    def write(self, net, stream, rows):
        seq, prev = self.tip.get((stream, self.epoch), (0, bytes(32)))
        out, last = self.run(net, stream, rows, seq + 1, prev)
        self.runs.append((stream, self.epoch, seq + 1, out))
        self.tip[stream, self.epoch] = (seq + len(rows), last)

    def mark(self, stream, epoch):
        return [stream, epoch, *self.tip[stream, epoch]]


# ---- councils (SPEC 2.1 to 2.4) ----

POLICY = {"allowed": ["already-public/1", "hes-2018/1", "midpoint6/1", "signal-only/1"], "daily": 64 << 20, "delay": 0,
          "erase": 86400000, "persons": 1, "receipt": 86400000, "screening": 1, "small": "hes-2018/1"}


def council_body(g, prev, sites, k, bounds, rev):
    return pack({"bounds": bounds, "coordinators": [[s.root_pk, s.code, s.name] for s in sites], "g": g, "k": k,
                 "policy": POLICY, "prev": prev, "rev": rev})


def council(net, body, signers):
    sigs = sorted([s.root_pk, s.root.sign(b"kith council v1".ljust(16, b"\0") + net + body)] for s in signers)
    return pack({"body": body, "sigs": sigs})


def admit(under, site, role, rev=1):
    return pack({"code": site.code, "council": under, "follows": None, "invite": None, "name": site.name, "rev": rev,
                 "role": role, "root": site.root_pk})


# ---- files (SPEC 8.1 to 8.4, 8.9) ----


def record(kind, data):
    return struct.pack(">BI", kind, len(data)) + data


def bundle(net, sender, records, heads, part=1, last=1, version=1, magic=b"KITHBNDL", signer=None, order=True):
    out = magic + struct.pack(">HHIIIQ", version, 0, part, sender.epoch, 0, NOW) + bytes(range(16)) + net
    out += sender.id + bytes(16)
    assert len(out) == 112
    for kind, data in sorted(records, key=lambda r: r[0]) if order else records:
        out += record(kind, data)
    out += record(HEADS, b"".join(heads)) if heads else b""
    out += struct.pack(">BII", END, 4 + 32 + 64, last)
    digest = blake(32, b"kith-bundle", out)
    sig = (signer or sender).entry.sign(b"kith bundle v1".ljust(16, b"\0") + net + digest)
    return out + digest + sig


def proof_file(net, site, stream, epoch, seq, records):
    out = b"KITHPRUF" + struct.pack(">HBBIQ", 1, stream, 0, epoch, seq) + site.id + net
    assert len(out) == 72
    for kind, data in records:
        out += record(kind, data)
    out += struct.pack(">BI", PROOF_END, 32)
    return out + blake(32, b"kith-proof", out)


def show(name, value):
    print(name, value if isinstance(value, int) else value.hex())


def show_bad(words, good, bad):
    tail = b""
    if len(bad) > len(good) // 2 and bad[-96:] != good[-96:] and bad[-105:-101] == good[-105:-101]:
        tail, good, bad = bad[-96:], good[:-96], bad[:-96]
    front = next((i for i, (x, y) in enumerate(zip(good, bad)) if x != y), min(len(good), len(bad)))
    room = min(len(good), len(bad)) - front
    back = next((i for i in range(room) if good[-1 - i] != bad[-1 - i]), room)
    print("bad", words.replace(" ", "_"), front, bad[front : len(bad) - back].hex() or "-", back, tail.hex() or "-")


def lesson(title):
    return pack({"confidence": "several-events", "happened": "An alarm was not heard.", "learned": "Louder ones.",
                 "result": "worked", "setting": "acute-ward", "title": title})


def main():
    ash, brk, col, dun = Site("ASH", "Ashmere"), Site("BRK", "Brackenfold"), Site("COL", "Colwater"), Site("DUN", "Dunmoor")
    zero = council_body(0, bytes(32), [ash], 1, [], 0)
    genesis = pack({"council": zero, "name": "Vectors", "nonce": bytes(range(32)), "purpose": "To agree."})
    net = blake(32, b"kith-net", genesis)
    zero_id = blake(32, b"kith-council", zero)

    # ASH founds and admits BRK; council 1 adds BRK with k = 2 and bounds ASH's log; both admit COL, one only DUN.
    for s in (ash, brk, col):
        s.begin(net, [])
    ash.write(net, CONTROL, [(ADMIT, admit(zero_id, brk, 0), True)])
    one = council_body(1, zero_id, [ash, brk], 2, [[ash.id, 1, *ash.tip[CONTROL, 1]]], 1)
    one_id = blake(32, b"kith-council", one)
    ash.write(net, CONTROL, [(ADMIT, admit(one_id, col, 0), True), (ADMIT, admit(one_id, dun, 1), True)])
    brk.write(net, CONTROL, [(ADMIT, admit(one_id, col, 0), True)])
    # A proposal that lacks a signature, and decides nothing: half of the coordinators, but not the first of them.
    two = council_body(2, one_id, [brk], 1, [[ash.id, 1, *ash.tip[CONTROL, 1]]], 1)

    # COL writes, takes one entry back, rotates and closes what it wrote; its measures are not named, so they end at 0.
    col.write(net, LEARNING, [(LESSON, lesson("Louder"), True), (LESSON, lesson("Too loud"), False)])
    col.write(net, CONTROL, [(WITHDRAW, pack({"council": None, "epoch": 1, "id": col.tip[LEARNING, 1][1], "reason": 2,
                                              "seq": 2, "site": col.id, "stream": LEARNING}), True)])
    col.write(net, MEASURES, [(LESSON, lesson("Disowned"), True)])
    col.begin(net, [col.mark(CONTROL, 1), col.mark(LEARNING, 1)])
    col.write(net, LEARNING, [(LESSON, lesson("Again"), True)])
    lesson_at = 0x0102030405060708
    receipt = pack({"erased": [col.tip[LEARNING, 1][1][:8]],
                    "held": [[ash.id, LEARNING, 1, 7, struct.pack(">Q", lesson_at)]],
                    "older": [3, blake(16, b"kith-fp", bytes(8) + bytes(7) + b"\1" + bytes(7) + b"\2")],
                    "refused": [[[ash.id, MEASURES, 1, 9, bytes(8)], "x-above-n"]], "software": "kithd 1.0"})
    brk.write(net, STATUS, [(RECEIPT, receipt, True)])

    # COL's learning log of epoch 2 is forked behind its first entry.
    seq, prev = col.tip[LEARNING, 2]
    branches = [col.run(net, LEARNING, [(LESSON, lesson(t), False)], seq + 1, prev) for t in ("One", "Other")]
    a, b = (r for _, r in sorted((last, out) for out, last in branches))
    fork = pack({"a": a, "b": b, "salt": None})

    def all_records(genesis_is=genesis, council_is=council(net, one, [ash])):
        out = [(COUNCIL, struct.pack(">I", 0) + genesis_is), (COUNCIL, struct.pack(">I", 1) + council_is),
               (COUNCIL, struct.pack(">I", 2) + council(net, two, [brk])), (PROOF, fork)]
        for s in (ash, brk):
            out += [(TRUST, r) for stream, _, _, r in s.runs if stream == CONTROL]
        firsts = [r for stream, _, first, r in col.runs if stream == CONTROL and first == 1]
        others = [r for stream, _, first, r in col.runs if stream == CONTROL and first > 1]
        rest = [r for s in (brk, col) for stream, _, _, r in s.runs if stream != CONTROL]
        return out + [(RUN, r) for r in firsts + others + rest]

    heads = []
    ends = {(s.id, stream, epoch): tip for s in (ash, brk, col) for (stream, epoch), tip in s.tip.items()}
    del ends[col.id, MEASURES, 1]
    for (site, stream, epoch), (n, last) in sorted(ends.items(), key=lambda x: (x[0][1], x[0][0], x[0][2])):
        forked = (site, stream, epoch) == (col.id, LEARNING, 2)
        heads.append(struct.pack(">BBHIQ", stream, forked, 0, epoch, n) + site + last)
    good = bundle(net, brk, all_records(), heads)

    print("# Made by tests/vectors/make_bundle.py.")
    for name, s in (("ash", ash), ("brk", brk), ("col", col), ("dun", dun)):
        show(name + "_root", s.root_pk)
        show(name + "_id", s.id)
    show("net", net)
    show("council", one_id)
    show("fork", fork)
    show("fork_key", public(col.entry))
    show("fork_seq", seq + 1)
    show("receipt", receipt)
    show("heads", len(heads))
    show("closed_id", col.tip[LEARNING, 1][1])
    show("bundle", good)
    trust = [x for x in all_records() if x[0] in (COUNCIL, TRUST)]
    mine = [(TRUST, r) for stream, epoch, _, r in col.runs if stream == CONTROL]
    entry = [r for stream, epoch, first, r in col.runs if (stream, epoch) == (LEARNING, 2)][0]
    show("proof", proof_file(net, col, LEARNING, 2, 1, trust + mine + [(RUN, entry)]))
    loud = [r for stream, epoch, first, r in col.runs if (stream, epoch) == (LEARNING, 1)][0]
    show("proof_withdrawn", proof_file(net, col, LEARNING, 1, 2, trust + mine + [(RUN, loud)]))
    ugly, _ = col.run(net, LEARNING, [(LESSON, lesson("Clear\x1b[2J this"), True)], seq + 1, prev)
    show("proof_ugly", proof_file(net, col, LEARNING, 2, seq + 1, trust + mine + [(RUN, ugly)]))

    # ---- what must be refused ----
    show_bad("ends in the middle", good, good[:-1])
    show_bad("ends in the middle", good, good[:112])
    show_bad("after its end", good, good + b"\0")
    show_bad("newer", good, bundle(net, brk, all_records(), heads, version=2))
    show_bad("no bundle of Kith", good, bundle(net, brk, all_records(), heads, magic=b"KITHBNDX"))
    show_bad("its genesis", good, bundle(blake(32, b"kith-net", b"other"), brk, all_records(), heads))
    show_bad("its genesis", good, bundle(net, brk, all_records(genesis_is=genesis[:-1] + b"!"), heads))
    show_bad("its signature", good, bundle(net, brk, all_records(), heads, signer=ash))
    flipped = bytearray(good)
    flipped[-100] ^= 1  # in the hash
    show_bad("hash", good, bytes(flipped))
    show_bad("council", good, bundle(net, brk, all_records(council_is=council(net, one, [brk])), heads))
    show_bad("council", good, bundle(net, brk, all_records(council_is=council(bytes(32), one, [ash])), heads))
    show_bad("out of order", good, bundle(net, brk, sorted(all_records(), key=lambda r: (r[0] == TRUST, r[0])), heads, order=False))
    dun.begin(net, [])
    show_bad("no member", good, bundle(net, dun, all_records() + [(TRUST, dun.runs[0][3])], heads))
    for spoil, words in (("body", "its signature does not hold"), ("signature", "its signature does not hold"), ("prev", "does not continue")):
        seq3, prev3 = col.tip[LEARNING, 2]
        run, _ = col.run(net, LEARNING, [(LESSON, lesson("Spoilt"), True)], seq3 + 1, prev3, spoil=spoil)
        good_run = [r for stream, epoch, _, r in col.runs if (stream, epoch) == (LEARNING, 2)][0]
        records = all_records() + [(RUN, run)]
        assert records.index((RUN, good_run)) < records.index((RUN, run))
        show_bad(words, good, bundle(net, brk, records, heads))
    bare = [r for r in all_records() if r != (TRUST, ash.runs[0][3])]
    show_bad("certificate", good, bundle(net, brk, bare, heads))
    nobody, _ = ash.run(net, CONTROL, [(ADMIT, admit(one_id, dun, 1), False)], ash.tip[CONTROL, 1][0] + 1, ash.tip[CONTROL, 1][1])
    show_bad("without all of its bodies", good, bundle(net, brk, all_records() + [(TRUST, nobody)], heads))
    wrong = bytearray(heads[0])
    wrong[0] = 4
    show_bad("head", good, bundle(net, brk, all_records(), [bytes(wrong)]))


main()
