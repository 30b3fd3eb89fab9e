"""Checks the result of an allotment round outside of the database: that the seed is the one that was committed to, and that the
published values give the published places and units. ../README.md says how and why. Needs nothing but Python.

    psql -XAtc "SELECT ecopanier.allotment_result('...')" | python3 allotment.py
"""

import hashlib
import hmac
import json
import sys


def _bytes(text):
    return bytes.fromhex(text.replace("-", ""))


def commitment(round_id, seed):
    """What was published when the round opened."""
    return hashlib.sha256(b"ecopanier allotment commitment 1\0" + _bytes(round_id) + _bytes(seed)).hexdigest()


def ticket(round_id, seed, pseudonym):
    """What decides between people who are equal in all else."""
    text = b"ecopanier allotment ticket 1\0" + _bytes(round_id) + _bytes(pseudonym)
    return hmac.new(_bytes(seed), text, hashlib.sha256).digest()


def recompute(result):
    """Place and units by pseudonym, of those who could have units, as the criteria give them."""

    def order(line):
        waiting = line["waiting_days"]
        return (
            line["help_units"],
            -float("inf") if waiting is None else -waiting,
            line["distance_band"],
            ticket(result["round"], result["seed"], line["pseudonym"]),
            _bytes(line["pseudonym"]),
        )

    taking = sorted((line for line in result["lines"] if line["allowed"] > 0), key=order)
    allotted = dict.fromkeys((line["pseudonym"] for line in taking), 0)
    left = result["units"]
    while left > 0:
        turn = [line["pseudonym"] for line in taking if allotted[line["pseudonym"]] < line["allowed"]][:left]
        if not turn:
            break
        for pseudonym in turn:
            allotted[pseudonym] += 1
        left -= len(turn)
    return {line["pseudonym"]: (at, allotted[line["pseudonym"]]) for at, line in enumerate(taking, start=1)}


def problems(result, published=None):
    """What is wrong with a result: nothing where it holds. published: the commitment as it was read before the draw, if it was."""
    if result["state"] != "drawn" or result["criteria"] != 1 or result["lines_deleted"]:
        return ["there is nothing to check"]
    found = []
    published = published or result["commitment"]
    if published != result["commitment"] or commitment(result["round"], result["seed"]) != published:
        found.append("the seed is not the one that was committed to")
    again = recompute(result)
    for line in result["lines"]:
        due = again.get(line["pseudonym"], (None, 0))
        has = (line["place"], line["allotted"])
        if has != due:
            found.append(f"{line['pseudonym']} has place {has[0]} and {has[1]} units, not {due[0]} and {due[1]}")
    if result["own"] and result["own"]["pseudonym"] not in (line["pseudonym"] for line in result["lines"]):
        found.append("the own line is missing")
    return found


if __name__ == "__main__":
    wrong = problems(json.load(sys.stdin), sys.argv[1] if len(sys.argv) > 1 else None)
    print("\n".join(wrong) or "the result holds")
    sys.exit(1 if wrong else 0)
