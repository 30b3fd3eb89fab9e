"""The Python client at the command of a test: a line of JSON in, a line of JSON out. Secret keys stay in here."""

import json
import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../doc/clients/python"))
import ecopanier_client as client  # noqa: E402

keys = {}


def generate(key):
    keys[key] = client.generate_key_pair()
    return {"public": keys[key].public_key.hex()}


def reseal(rows, key, to):
    given = [(member, bytes.fromhex(sealed)) for member, sealed in rows]
    return {"rows": [(member, sealed.hex()) for member, sealed in client.reseal_all(given, keys[key], bytes.fromhex(to))]}


COMMANDS = {
    "generate": generate,
    "secret": lambda key: {"secret": keys[key].secret_key.hex()},
    "seal": lambda member, identity, to: {"sealed": client.seal_identity(member, identity, bytes.fromhex(to)).hex()},
    "open": lambda member, sealed, key: {"identity": client.open_identity(member, bytes.fromhex(sealed), keys[key])},
    "reseal": reseal,
    "normalise": lambda facts: {"text": client.normalise(*facts)},
    "tag": lambda facts: {"tag": client.tag(*facts).hex()},
}

for line in sys.stdin:
    command = json.loads(line)
    try:
        answer = COMMANDS[command.pop("do")](**command)
    except Exception as error:
        answer = {"error": str(error)}
    print(json.dumps(answer), flush=True)
