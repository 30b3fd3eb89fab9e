#!/usr/bin/env python3
# Mail as src/outbox/mime_core.c writes it, read by Python's email package: thousands of mails of hostile and of common
# text say what they were given, and no header or part is there that was not meant.
import ctypes, email, email.policy, os, random, re, subprocess, sys, tempfile

root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
count = 0
failed = 0


def ok(passed, says):
    global count, failed
    count += 1
    failed += not passed
    print(f"{'ok' if passed else 'not ok'} {count} - {says}", flush=True)


class Mime(ctypes.Structure):
    _fields_ = [('id', ctypes.c_char_p), ('domain', ctypes.c_char_p), ('date', ctypes.c_int64), ('from_name', ctypes.c_char_p),
                ('from_', ctypes.c_char_p), ('to', ctypes.c_char_p), ('subject', ctypes.c_char_p), ('language', ctypes.c_char_p),
                ('page', ctypes.c_char_p), ('text', ctypes.c_char_p), ('html', ctypes.c_char_p), ('picture_name', ctypes.c_char_p),
                ('picture', ctypes.c_char_p), ('picture_length', ctypes.c_size_t)]


folder = tempfile.TemporaryDirectory()
library = os.path.join(folder.name, 'mime.so')
subprocess.run([os.environ.get('CC', 'cc'), '-std=c11', '-D_GNU_SOURCE', '-O1', '-fPIC', '-shared', '-Wall', '-Wextra', '-Werror', '-I', f'{root}/src', '-o', library,
                f'{root}/src/outbox/mime_core.c'], check=True)
write = ctypes.CDLL(library).ecp_mime_write
write.restype = ctypes.c_size_t

usual = dict(id='018f-abc', domain='example.org', date=1795446467, from_name='Grand Poitiers', from_='paniers@example.org', to='zoe@example.net',
             subject='Votre panier', language='fr', page=None, text='Bonjour', html='<p>Bonjour</p>', picture_name='qr.png', picture=None)


def mail(**given):
    """The bytes, or None where the mail was refused; written into room of just its size, and checked against a shorter one."""
    values = {k: v.encode('utf-8', 'surrogateescape') if isinstance(v, str) else v for k, v in {**usual, **given}.items()}
    mime = Mime(**values, picture_length=len(values['picture'] or b''))
    size = write(ctypes.byref(mime), None, 0)
    if size == 0:
        return None
    room = ctypes.create_string_buffer(b'\x07' * (size + 1), size + 1)
    assert write(ctypes.byref(mime), room, size) == size and room.raw[size] == 7
    short = ctypes.create_string_buffer(b'\x07' * size, size)
    assert write(ctypes.byref(mime), short, size // 2) == size and short.raw[size // 2] == 7 and short.raw[:size // 2] == room.raw[:size // 2]
    return room.raw[:size]


names = ['Date', 'From', 'To', 'Subject', 'Message-ID', 'MIME-Version', 'Content-Language', 'Auto-Submitted']


def lines(text):
    """As a reader has it: LF for line ends, none at the end."""
    return text.replace('\r\n', '\n').replace('\r', '\n').rstrip('\n')


def header(text):
    """As a header tells it: control characters are blanks, bytes that are not UTF-8 question marks."""
    shown = re.sub('[\x00-\x1f\x7f-\x9f\u2028\u2029]', ' ', text)
    return re.sub('[\udc80-\udcff]', '?', shown)


def plain(text):
    return re.fullmatch('[!-~]([ -~]{0,58}[!-~])?', text) is not None and '=?' not in text


def check(**given):
    """What is wrong with a mail, or nothing."""
    data = mail(**given)
    want = {**usual, **given}
    if data is None:
        return 'refused'
    if re.search(rb'[^\x20-\x7e\r\n]', data) or re.search(rb'\r(?!\n)|(?<!\r)\n', data):
        return 'bytes that are no lines of ASCII'
    if max(map(len, data.split(b'\r\n'))) > 998 or max(map(len, data.partition(b'\r\n\r\n')[2].split(b'\r\n'))) > 78:
        return 'a line is too long'
    if re.search(rb'(?m)^(\.|From )', data.partition(b'\r\n\r\n')[2]):
        return 'a line that servers read'
    message = email.message_from_bytes(data, policy=email.policy.SMTP)
    if message.defects or any(p.defects for p in message.walk()):
        return f'defects {message.defects} {[p.defects for p in message.walk()]}'
    expected = names + (['List-Unsubscribe'] if want['page'] else []) + ['Content-Type']
    if message.keys() != expected:
        return f'headers {message.keys()}'
    told = email.header.make_header(email.header.decode_header(email.message_from_bytes(data)['Subject']))
    if str(told) != header(want['subject']):
        return f'subject {str(told)!r}'
    sender = message['From'].addresses
    # The name by the older reader: the newer one, in Python 3.11, puts blanks between encoded words.
    told = str(email.header.make_header(email.header.decode_header(email.message_from_bytes(data)['From'])))
    name = told[:told.rindex('<')].strip()
    name = re.sub(r'\\(.)', r'\1', name[1:-1]) if plain(want['from_name']) else name
    if len(sender) != 1 or sender[0].addr_spec != want['from_'] or name.strip() != header(want['from_name']).strip():
        return f'sender {message["From"]!r}'
    if [a.addr_spec for a in message['To'].addresses] != ([want['to']] if want['to'].isascii() else []):
        return f'recipient {message["To"]!r}'
    types = [p.get_content_type() for p in message.walk()]
    alternative = ['multipart/alternative', 'text/plain', 'text/html']
    if types != (['multipart/mixed'] + alternative + ['image/png'] if want['picture'] is not None else alternative):
        return f'parts {types}'
    parts = {p.get_content_type(): p.get_payload(decode=True) for p in message.walk() if not p.is_multipart()}
    for part, text in (('text/plain', want['text']), ('text/html', want['html'])):
        if lines(parts[part].decode('utf-8', 'surrogateescape')) != lines(text):
            return f'{part} {parts[part]!r}'
    if want['picture'] is not None and parts['image/png'] != want['picture']:
        return 'picture'
    return None


ok(check() is None, 'a plain mail')
ok(check(picture=bytes(range(256)) * 5) is None, 'one with a picture')
data = mail(picture=b'\x89PNG')
message = email.message_from_bytes(data, policy=email.policy.SMTP)
ok(message['Message-ID'] == '<018f-abc@example.org>' and message['Auto-Submitted'] == 'auto-generated', 'Message-ID of the id, marked as automatic')
ok(message['Date'].datetime.isoformat() == '2026-11-23T15:07:47+00:00', 'the date')
picture = list(message.walk())[-1]
ok(picture['Content-ID'] == '<qr@example.org>' and picture.get_content_disposition() == 'inline' and picture.get_filename() == 'qr.png', 'the picture is named')
ok(data == mail(picture=b'\x89PNG'), 'the same is written the same')
ok(b'quoted-printable' in mail(text='Le café est prêt') and b'base64' in mail(text='سلتك محجوزة وهي في انتظارك'), 'each encoding where it is the shorter one')

subjects = ['', 'a', ' a', 'a ', 'x' * 60, 'x' * 61, 'x' * 500, 'é', 'é' * 300, 'سلتك محجوزة ' * 20, '漢' * 99, '🧺' * 50, '=?UTF-8?B?QQ==?=', 'a\r\nBcc: x@y.fr', 'a\nBcc: x@y.fr',
            'a\r\n\r\nbody', '\r\n', '\x00'.replace('\x00', '\x01'), 'a\x85Bcc: x', 'a\u2028b', '\udcff\udcfe', '"quoted" \\ <x@y.fr>', 'tab\there', 'x' * 59 + 'é']
for subject in subjects:
    ok(check(subject=subject) is None, f'subject {ascii(subject[:30])}: {check(subject=subject)}')
senders = ['a', '"', '\\', '"\\' * 30, 'Œuvre d’été', 'x@y.fr', 'a, b <c@d.fr>', 'a\r\nBcc: x@y.fr', 'سان دوني', 'x' * 60, 'x' * 61, 'é' * 200, 'Saint-Denis (974)', '=?x?=']
for name in senders:
    ok(check(from_name=name) is None, f'sender {ascii(name[:30])}: {check(from_name=name)}')
texts = ['', '.', '.\r\n.', 'a\n.\nb', 'From me', 'a\nFrom me', 'é\nFrom', 'a \nb\t\nc ', '=', '=3D', 'x' * 2000, 'é' * 2000, 'a' * 74 + '.b', 'a' * 75 + '.', 'a' * 76, '--=_018f-abc-a--', '--=_018f-abc-m',
         '\r', '\n\n\n', '\r\r\n\n', 'a\rb', 'سلة\n' * 50, 'سلة ' * 18 + '\n' * 3 + 'س' * 27 + '\n', '\x01\x7f\t', '\u2067x\u2069', 'z' * 73 + ' \n', 'z' * 74 + ' y']
for text in texts:
    ok(check(text=text, html=f'<p>{text}</p>') is None, f'text {ascii(text[:30])}: {check(text=text, html=f"<p>{text}</p>")}')
ok(check(to='zoé@example.net') == 'refused' and check(to='zoe@café.example') is None, 'an international domain is not shown, another address refused')
bad = dict(to=['', 'a', '@b', 'a@', 'a@b@c', 'a b@c', 'a@b\r\nBcc: x@y.fr', 'a@b\n', '<a@b>', 'a@b,c@d', 'a@b;', 'a"@b', 'a' * 320 + '@b'],
           from_=['', 'é@b.fr', 'a@é.fr', 'a@b\n', 'a@b>'], id=['', 'a b', 'a"', 'a\n', 'é', 'a' * 61], domain=['', 'a b', 'a>', 'a\n', 'é.fr', 'a' * 254],
           language=['', 'fr\n', 'f r'], page=['', 'https://x y', 'https://x>', 'https://x,<y>', 'https://é', 'a\r\n'], date=[-1, 253402300800],
           picture_name=['', 'a"b', 'a b', '../a', 'é'])
for field, values in bad.items():
    for value in values:
        ok(mail(**{'picture': b'x', field: value}) is None, f'{field} {ascii(str(value)[:30])} is refused')
ok(check(page='https://example.org/paniers?x=1#a', date=0) is None and check(date=253402300799) is None, 'a page, and the first and last second')

random.seed(20261123)
pieces = subjects + senders + texts + ['.', '\r\n', ' ', '=', 'é', '🧺', 'س', 'x' * 20]
wrong = [w for w in (check(subject=''.join(random.choices(pieces, k=3)), from_name=''.join(random.choices(senders, k=2)), text=''.join(random.choices(pieces, k=9)),
                           html=''.join(random.choices(pieces, k=9)), picture=random.randbytes(random.randrange(300)) if random.random() < 0.5 else None)
                     for _ in range(3000)) if w]
ok(not wrong, f'3000 mails of pieces put together: {wrong[:2]}')
print(f'1..{count}')
sys.exit(failed > 0)
