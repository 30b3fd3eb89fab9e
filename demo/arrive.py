#!/usr/bin/env python3
"""The night act, called by run: the worker, a photo that becomes a lot, and messages that arrive.

The model, the partner and the mail server are one process (test/lib/peer), which speaks HTTP and SMTP and answers as it
is told. What it got is checked here: the request to the model, the partner's signature, the mail and its QR.
"""
import base64
import email
import email.policy
import hashlib
import hmac
import json
import os
import re
import subprocess
import sys
import time

from acts import as_member, literal, must, psql, say, until

WORK = sys.argv[1]
DATA = os.environ['PGHOST'] + '/data'
PHOTO = open('test/lib/data/img/carottes_exif_gps.jpg', 'rb').read()
KEY = 'a-key-that-nothing-else-looks-like'


class Peer:
    def __init__(self):
        for name in ('good', 'unknown_ca', 'other_name'):
            subprocess.run(['openssl', 'req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=localhost',
                            '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1',
                            '-keyout', f'{WORK}/{name}.key', '-out', f'{WORK}/{name}.crt'], check=True, capture_output=True)
        self.process = subprocess.Popen([sys.executable, 'test/lib/peer', WORK], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.ports = json.loads(self.process.stdout.readline())

    def ask(self, **command):
        print(json.dumps(command), file=self.process.stdin, flush=True)
        answer = json.loads(self.process.stdout.readline())
        must('ok' in answer, answer)
        return answer['ok']

    def wait(self, what, enough):
        end = time.monotonic() + 30
        while not (found := [item for item in self.ask(do=what) if enough(item)]):
            must(time.monotonic() < end, f"nothing came: {what}: {psql('SELECT last_error FROM ecopanier.worker_status()')}")
        return found[0]


def start_worker(peer):
    with open(os.open(f'{DATA}/ecopanier.credentials', os.O_CREAT | os.O_WRONLY, 0o600), 'w') as file:
        file.write(f'gemini_api_key {KEY}\n')
    psql(f"""LOAD 'ecopanier';
        ALTER SYSTEM SET shared_preload_libraries = 'ecopanier';
        ALTER SYSTEM SET ecopanier.databases = '{os.environ['PGDATABASE']}';
        ALTER SYSTEM SET ecopanier.private_addresses = on;
        ALTER SYSTEM SET ecopanier.model_endpoint = 'http://127.0.0.1:{peer.ports['http']}';
        ALTER SYSTEM SET ecopanier.smtp_url = 'smtp://127.0.0.1:{peer.ports['smtp']}';
        ALTER SYSTEM SET ecopanier.http_ca_file = '{WORK}/good.crt';
        ALTER SYSTEM SET ecopanier.mail_from = 'paniers@poitiers.exemple';""")
    subprocess.run(['pg_ctl', '-D', DATA, '-l', os.environ['PGHOST'] + '/log', '-w', '-s', '-m', 'fast', 'restart',
                    '-o', f"-p 5432 -k '{os.environ['PGHOST']}'"], check=True, capture_output=True)
    until('the worker', "SELECT state FROM ecopanier.worker_status() WHERE state = 'idle'", 'idle')
    say('the server starts again with shared_preload_libraries = ecopanier: ' + psql(
        "SELECT format('%s is at work', backend_type) FROM pg_stat_activity WHERE backend_type LIKE 'ecopanier worker%' LIMIT 1"))


def listing(peer, owner):
    text = json.dumps({'food': True, 'title': 'Carottes', 'description': 'Botte de carottes avec fanes.', 'category': 'vegetables', 'public_units': 3,
                       'unit_weight_g': 500, 'original_price_cents': 250, 'price_cents': 20, 'use_by': None, 'best_before': None, 'batch': None,
                       'allergens': None, 'confidence': {'title': 0.97, 'unit_weight_g': 0.6}})
    peer.ask(do='answer', path='generateContent', answer={'json': {
        'candidates': [{'content': {'role': 'model', 'parts': [{'text': text}]}, 'finishReason': 'STOP', 'index': 0}],
        'usageMetadata': {'promptTokenCount': 1290, 'candidatesTokenCount': 96, 'totalTokenCount': 1386}, 'modelVersion': 'gemini-test-001'}})
    asked = as_member('ecopanier_merchant', owner, f"SELECT * FROM ecopanier.propose_lot(decode('{base64.b64encode(PHOTO).decode()}', 'base64'))")
    request = peer.wait('requests', lambda r: 'generateContent' in r['path'])
    must('body' in request, request.get('body_base64', '')[:4000])
    sent = base64.b64decode(re.search(r'"data" *: *"([^"]+)"', request['body']).group(1))
    must(request['headers']['x-goog-api-key'] == KEY, 'the key goes along')
    must(b'Exif' in PHOTO and b'Exif' not in sent and b'EcoPanierTest' not in sent, 'no EXIF leaves')
    until('the draft', f"SELECT state FROM ecopanier.proposal WHERE id = '{asked['proposal']}'", 'draft')
    draft = as_member('ecopanier_merchant', owner, f"SELECT * FROM ecopanier.my_proposals() WHERE proposal = '{asked['proposal']}'")
    fields = draft['fields']
    must(fields['price_cents']['value'] == 75, f"20 cents for 250 becomes 75: {fields['price_cents']}")
    say(f"a shop sends a photo: {len(PHOTO)} bytes with the place it was taken at, {len(sent)} without go to the model")
    say(f"the draft says « {fields['title']['value']} », {fields['unit_weight_g']['value']} g, allergens unknown; 20 cents for 250 became {fields['price_cents']['value']}: 70 % off is the most")
    corrections = json.dumps({'title': 'Carottes des sables', 'allergens': [], 'window_start': '2026-11-20T22:00:00+01:00', 'window_end': '2026-11-20T23:00:00+01:00'})
    lot = as_member('ecopanier_merchant', owner, f"SELECT ecopanier.confirm_proposal('{asked['proposal']}', {literal(corrections)}) AS id")['id']
    must(psql(f"SELECT state FROM ecopanier.lot WHERE id = '{lot}'") == 'draft', 'a draft')
    psql(f"""BEGIN; DO $$ BEGIN PERFORM set_config('role', 'ecopanier_merchant', true),
        set_config('request.jwt.claims', {literal(json.dumps({'role': 'ecopanier_merchant', 'sub': owner}))}, true); END $$;
        UPDATE ecopanier.lot SET cold_class = 'ambient', undated = true WHERE id = '{lot}';
        UPDATE ecopanier.lot SET state = 'published' WHERE id = '{lot}'; COMMIT;""", 'friday_api')
    say('the owner corrects the title, confirms it as a draft lot, and publishes it')
    return lot


def partner(peer, owner):
    psql(f"INSERT INTO ecopanier.webhook_host (territory_id, host, port) SELECT territory_id, '127.0.0.1', {peer.ports['http']} FROM ecopanier.member WHERE id = '{owner}'")
    return as_member('ecopanier_merchant', owner, f"SELECT * FROM ecopanier.add_webhook('http://127.0.0.1:{peer.ports['http']}/till')")['secret']


def messages(peer, lot, owner, camille, secret):
    as_member('ecopanier_customer', camille, "SELECT ecopanier.set_contact('mail', 'camille@exemple.fr')")
    as_member('ecopanier_customer', camille, "SELECT ecopanier.give_consent('notifications', 1, 'fr')")
    receipt = as_member('ecopanier_customer', camille, f"SELECT * FROM ecopanier.reserve('{lot}', 1)")

    hook = peer.wait('requests', lambda r: r['path'] == '/till' and 'reservation.held' in r['body'])
    signed = f"{hook['headers']['webhook-id']}.{hook['headers']['webhook-timestamp']}.{hook['body']}".encode()
    mac = base64.b64encode(hmac.new(base64.b64decode(secret.removeprefix('whsec_')), signed, hashlib.sha256).digest()).decode()
    must(f'v1,{mac}' in hook['headers']['webhook-signature'].split(), 'the signature holds')
    told = json.loads(hook['body'])
    must(camille not in hook['body'] and 'amount' not in hook['body'], 'nothing tells who, nor whether they pay')
    say(f"Camille claims; the shop's till is told {told['type']} by a webhook ({', '.join(sorted(told['data']))}), its signature holds")

    mail = email.message_from_bytes(base64.b64decode(peer.wait('mails', lambda m: 'camille@exemple.fr' in m['to'])['base64']), policy=email.policy.default)
    picture = next(part for part in mail.walk() if part.get_content_type() == 'image/png')
    with open(f'{WORK}/mail.png', 'wb') as file:
        file.write(picture.get_content())
    read = subprocess.run(['zbarimg', '-q', '--raw', f'{WORK}/mail.png'], capture_output=True, text=True).stdout.strip()
    must(read == receipt['qr'], 'the QR is the receipt\'s')
    must(receipt['pin'] not in mail.get_body(('plain',)).get_content(), 'the PIN stays out of the mail')
    say(f"Camille gets a mail, « {mail['subject']} », with the QR and without the PIN")
    must(KEY not in subprocess.run(['pg_dump', '-a'], capture_output=True, text=True).stdout, 'no key in a dump')


def main():
    peer = Peer()
    owner = psql("SELECT value FROM demo.player WHERE name = 'victim_owner'")
    camille = psql("SELECT value FROM demo.player WHERE name = 'camille'")
    start_worker(peer)
    lot = listing(peer, owner)
    secret = partner(peer, owner)
    messages(peer, lot, owner, camille, secret)
    must(psql('SELECT count(*) FROM ecopanier.self_check() WHERE violations <> 0') == '0', 'invariants')
    say(psql("SELECT format('the worker: %s calls done, %s failed, %s MB', done, failed, rss_bytes / 1000000) FROM ecopanier.worker_status()"))
    peer.process.stdin.close()
    peer.process.wait()


main()
