"""What a client of ecopanier does itself, so that the server never learns it.

Civil identities are sealed to a public key of the association, and a person is told from another by a slow hash.
../README.md says how and why. Needs PyNaCl.
"""

import calendar
import json
import re
import unicodedata
from typing import NamedTuple

from nacl import bindings, encoding, hash, public, pwhash

BLOCK_BYTES = 256  # identities are padded to blocks, so that the length of a name is not seen
SEALED_MAX_BYTES = 4096

# Version 1 of the tag. None of it may change: other clients make the same.
TAG_VERSION = "ecopanier tag v1"
TAG_OPSLIMIT = 3
TAG_MEMLIMIT = 64 * 1024 * 1024
TAG_BYTES = 32


class KeyPair(NamedTuple):
    public_key: bytes
    secret_key: bytes


def generate_key_pair():
    """A reader's keys: public_key goes to add_organisation_key(), secret_key stays with the reader."""
    key = public.PrivateKey.generate()
    return KeyPair(bytes(key.public_key), bytes(key))


def seal_identity(member, identity, public_key):
    """The bytes for store_identity(). identity: a dict of JSON values; member: the person's id, which is sealed along."""
    content = {"identity": identity, "member": member.lower()}
    text = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()
    sealed = public.SealedBox(public.PublicKey(public_key)).encrypt(bindings.sodium_pad(text, BLOCK_BYTES))
    if len(sealed) > SEALED_MAX_BYTES:
        raise ValueError("the identity is too long")
    return sealed


def open_identity(member, sealed, key_pair):
    """The identity again; an error where it was not sealed to this key for this member."""
    padded = public.SealedBox(public.PrivateKey(key_pair.secret_key)).decrypt(bytes(sealed))
    opened = json.loads(bindings.sodium_unpad(padded, BLOCK_BYTES).decode())
    if opened["member"] != member.lower():
        raise ValueError("the identity is of another person")
    return opened["identity"]


def reseal_all(rows, old_key_pair, new_public_key):
    """Rows of sealed_identities(), (member, sealed), sealed again to another key."""
    return [
        (member, seal_identity(member, open_identity(member, sealed, old_key_pair), new_public_key))
        for member, sealed in rows
    ]


# Letters that do not come apart into a base and a mark.
LETTERS = str.maketrans({
    "œ": "oe", "æ": "ae", "ß": "ss", "ø": "o", "đ": "d", "ð": "d", "þ": "th", "ł": "l", "ı": "i", "ħ": "h", "ŋ": "n", "ŧ": "t", "ə": "e",
})
APOSTROPHES = re.compile("['\u2018\u2019\u201b\u02bb\u02bc\u02b9\u2032`\u00b4]")
SEPARATORS = re.compile("[ \t\r\n.\\-\u2010-\u2015\u2212_]+")
PARTICLES = frozenset(
    "de du des d la le les l van von der den del della da dos di el al ul ben bin ibn bint bent ould abou abu".split()
)
WORDS = {"st": "saint", "ste": "sainte"}


def _latin(text):
    """Words of the letters a to z; ' parts words after l and d alone."""
    apart = unicodedata.normalize("NFKD", APOSTROPHES.sub("'", text).lower())
    letters = "".join(c for c in apart if not unicodedata.category(c).startswith("M")).translate(LETTERS)
    words = []
    for word in SEPARATORS.split(letters):
        elided = re.fullmatch("([dl])'(.+)", word)
        words += elided.groups() if elided else [word]
    plain = [word.replace("'", "") for word in words if word.replace("'", "") != ""]
    if not plain or not all(re.fullmatch("[a-z]+", word) for word in plain):
        raise ValueError("a name is written in Latin letters")
    return [WORDS.get(word, word) for word in plain]


def _normalise_surname(text):
    words = _latin(text)
    return " ".join(sorted([word for word in words if word not in PARTICLES] or words))


def _normalise_given(text):
    return "".join(_latin(text.split(",")[0]))


def _normalise_born(text):
    parts = re.fullmatch("([0-9]{4})-([0-9]{2})-([0-9]{2})", text)
    if not parts:
        raise ValueError("a birth date is written YYYY-MM-DD")
    year, first, second = (int(part) for part in parts.groups())
    low, high = sorted((first, second))
    if not 1900 <= year <= 2100 or low > 12 or high > 31 or (low == 0 and high != 0):
        raise ValueError("this is no birth date")
    if low > 0 and high > calendar.monthrange(year, low)[1]:
        raise ValueError("this is no birth date")
    return f"{year:04}-{low:02}-{high:02}"


def normalise(surname, given, born):
    """What is hashed, written so that two spellings of one person give one text."""
    return "\n".join((TAG_VERSION, _normalise_surname(surname), _normalise_given(given), _normalise_born(born)))


def tag(surname, given, born):
    """The blinded tag of a person, 32 bytes: a fraction of a second and 64 MiB."""
    salt = hash.blake2b(TAG_VERSION.encode(), digest_size=pwhash.argon2id.SALTBYTES, encoder=encoding.RawEncoder)
    text = normalise(surname, given, born).encode()
    return pwhash.argon2id.kdf(TAG_BYTES, text, salt, opslimit=TAG_OPSLIMIT, memlimit=TAG_MEMLIMIT)
