"""What the acts written in Python share: the operator's session, requests as an API server makes them, and the end of a demo that went wrong."""
import json
import subprocess
import sys
import time


def must(so, what):
    if not so:
        sys.exit(f'the demo went wrong: {what}')


def say(text):
    print('  ' + text, flush=True)


def psql(script, user='postgres'):
    done = subprocess.run(['psql', '-X', '-q', '-A', '-t', '-v', 'ON_ERROR_STOP=1', '-U', user], input=script, text=True, capture_output=True)
    must(done.returncode == 0, done.stderr)
    return done.stdout.strip()


def literal(text):
    return "'" + text.replace("'", "''") + "'"


def answers(role, member, query):
    """One request as an API server makes it; its rows."""
    claims = json.dumps({'role': role, 'sub': member})
    return json.loads(psql(f"""BEGIN;
        DO $$ BEGIN PERFORM set_config('role', {literal(role)}, true), set_config('request.jwt.claims', {literal(claims)}, true); PERFORM ecopanier.authenticate(); END $$;
        SELECT coalesce(json_agg(q), '[]') FROM ({query}) q; COMMIT;""", 'friday_api'))


def as_member(role, member, query):
    """The same where one row is the answer."""
    return answers(role, member, query)[0]


def until(what, query, wanted):
    end = time.monotonic() + 30
    while (got := psql(query)) != wanted:
        must(time.monotonic() < end, f'{what}: {got}')
