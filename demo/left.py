#!/usr/bin/env python3
"""What becomes of the units that nobody fetched, called by run four times: friday, saturday, evening, monday.

The schedule does all of it; people answer through the API. In the end every unit that was left is accounted for.
"""
import sys

from acts import answers, as_member, must, psql, say, until


def player(name):
    return psql(f"SELECT value FROM demo.player WHERE name = '{name}'")


def turn():
    """The worker may be at work too: then once more."""
    until('a turn', "SELECT coalesce(string_agg(step || ': ' || error, ', '), '') FROM ecopanier.tick() WHERE error IS NOT NULL", '')


def tell(query):
    for line in psql(query).splitlines():
        say('  ' + line)


def steps():
    """What the cascade did since the last act: the operator's view of it."""
    tell("""
        SELECT format('%s %s %s units, %s kg', rpad(stage, 12), rpad(CASE state WHEN 'skipped' THEN 'passed over: ' || replace(reason, '_', ' ')
            WHEN 'done' THEN CASE stage WHEN 'solidarity' THEN 'offered again, free' ELSE 'done' END ELSE state END || ' ', 34, '.'),
            lpad(sum(quantity)::text, 3), to_char(sum(weight_g) / 1000.0, 'FM990.0'))
        FROM ecopanier.cascade_step WHERE number > 0 AND id NOT IN (SELECT id FROM demo.told)
        GROUP BY stage, state, reason
        ORDER BY array_position('{solidarity,association,processing,animal_feed,compost}', stage), state, reason""")
    psql('INSERT INTO demo.told SELECT id FROM ecopanier.cascade_step ON CONFLICT DO NOTHING')


def hand_over(receipt, lot):
    """The shop's station reads QR and PIN; what it sees."""
    station = psql(f"SELECT s.station FROM demo.shop s JOIN ecopanier.lot l ON l.organisation_id = s.organisation WHERE l.id = '{lot}'")
    return as_member('ecopanier_merchant', station, f"SELECT * FROM ecopanier.verify_pickup('{receipt['qr']}', '{receipt['pin']}')")


def friday():
    psql('CREATE TABLE demo.told (id uuid PRIMARY KEY)')
    left = psql("""SELECT sum(s.public_left + s.solidarity_left) FROM ecopanier.lot l JOIN ecopanier_private.lot_stock s ON s.lot_id = l.id
        WHERE l.state = 'closed' OR l.window_end <= ecopanier.now() AND l.state = 'published'""")
    turn()
    say(f'{left} units were left when the windows ended; nobody calls anything')
    steps()


def again(benoit):
    """Benoît finds what is offered again, claims a unit and fetches it."""
    found = answers('ecopanier_beneficiary', benoit, 'SELECT * FROM ecopanier.nearby_lots(46.5820, 0.3420, 8000, free_only => true)')
    must(found and all(lot['price_cents'] == 0 for lot in found), 'free lots nearby')
    must([lot['distance_m'] for lot in found] == sorted(lot['distance_m'] for lot in found), 'the nearest first')
    now = psql('SELECT ecopanier.now()')
    lot = next(lot for lot in found if psql(f"SELECT '{lot['window_start']}'::timestamptz <= '{now}'::timestamptz") == 't')
    receipt = as_member('ecopanier_beneficiary', benoit, f"SELECT * FROM ecopanier.reserve('{lot['lot_id']}')")
    seen = hand_over(receipt, lot['lot_id'])
    must(seen['verdict'] == 'handed_over', seen)
    say(f"Benoît finds {len(found)} of them within 8 km, the nearest at {found[0]['distance_m']:.0f} m; he fetches « {lot['title']} »")


def sponsored(camille, beneficiary):
    """A shop publishes; Camille pays for a unit, somebody with a right claims it, and neither learns of the other."""
    shop, owner = psql("SELECT name, owner FROM demo.shop WHERE n = 3").split('|')
    rows = answers('ecopanier_merchant', owner, """SELECT * FROM ecopanier.publish_lots('[
        {"title": "Panier de légumes", "category": "vegetables", "cold_class": "ambient", "undated": true, "allergens": [], "unit_weight_g": 2500, "public_units": 3,
         "original_price_cents": 1200, "price_cents": 500, "price_falls_from": "2026-11-21T12:00:00+01:00", "price_step_minutes": 60, "price_step_cents": 50,
         "price_floor_cents": 400, "window_start": "2026-11-21T09:00:00+01:00", "window_end": "2026-11-21T19:00:00+01:00"},
        {"title": "Panier de fruits", "category": "fruit", "public_units": 3, "original_price_cents": 1200, "price_cents": 500}]')""")
    must(rows[0]['state'] == 'published' and rows[1]['code'] == 'ZE115', rows)
    say(f"{shop} publishes two lots in one call: one is offered, of the other it reads « {rows[1]['detail']} »")
    lot = rows[0]['lot_id']
    given = as_member('ecopanier_customer', camille, f"SELECT * FROM ecopanier.sponsor_units('{lot}')")
    psql("SELECT ecopanier.settle_instruction(id, 'demo-' || id, amount_cents) FROM ecopanier.due_instructions() WHERE kind = 'debit'")
    receipt = as_member('ecopanier_beneficiary', beneficiary, f"SELECT * FROM ecopanier.reserve('{lot}')")
    must(receipt['amount_cents'] == 0, receipt)
    seen = hand_over(receipt, lot)
    must(seen['verdict'] == 'handed_over' and 'amount_cents' not in seen and 'pool' not in seen, seen)
    say(f"Camille pays {given['amount_cents']} cents for one more; a beneficiary fetches it, and the station sees what it always sees")
    return lot


def given():
    """The association answers what it was offered."""
    thierry = player('thierry')
    offers = answers('ecopanier_association', thierry, 'SELECT * FROM ecopanier.my_offers()')
    must(offers, 'the association is offered something')
    units = 0
    for offer in offers:
        as_member('ecopanier_association', thierry, f"SELECT ecopanier.accept_offer('{offer['step_id']}') AS until")
        as_member('ecopanier_association', thierry, f"SELECT ecopanier.receive_offer('{offer['step_id']}', {offer['quantity']}) AS grams")
        units += offer['quantity']
    say(f'La Table du Clain accepts and collects {units} units of {len(offers)} lots, as many as it takes in a day')


def saturday():
    turn()
    again(player('benoit'))
    lot = sponsored(player('camille'), psql("SELECT member FROM demo.beneficiary WHERE verified ORDER BY n OFFSET 5 LIMIT 1"))
    psql(f"INSERT INTO demo.player VALUES ('sponsored_lot', '{lot}')")


def evening():
    turn()
    steps()
    given()


def monday():
    turn()
    steps()
    lost = psql("""WITH stock AS (SELECT sum(public_left + solidarity_left) AS units FROM ecopanier_private.lot_stock s JOIN ecopanier.lot l ON l.id = s.lot_id
        JOIN ecopanier.territory t ON t.id = l.territory_id WHERE t.slug = 'grand-poitiers' AND l.state = 'closed')
        SELECT coalesce(units, 0) FROM stock""")
    must(lost == '0', f'{lost} units went nowhere')
    owed = psql(f"""SELECT sum(i.amount_cents) FROM ecopanier_private.money_instruction i JOIN ecopanier.lot l ON l.organisation_id = i.organisation_id
        WHERE l.id = '{player('sponsored_lot')}' AND i.kind = 'credit'""")
    must(owed == '500', f'the shop is owed {owed}')
    say('every unit is accounted for: claimed, given or composted; the shop is owed the sponsored basket in full')
    tell("""SELECT format('%s: %s %s units, %s kg', territory, rpad(stage, 12), lpad(units::text, 3), weight_kg) FROM ecopanier.cascade_total
        WHERE territory = 'Grand Poitiers' ORDER BY array_position('{solidarity,association,processing,animal_feed,compost}', stage)""")
    must(psql('SELECT count(*) FROM ecopanier.self_check() WHERE violations <> 0') == '0', 'invariants')


{'friday': friday, 'saturday': saturday, 'evening': evening, 'monday': monday}[sys.argv[1]]()
