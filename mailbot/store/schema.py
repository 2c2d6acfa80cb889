"""The tables, as numbered migrations: a change and the record of it commit together (sqlite-utils).

A migration that was once released is never edited; the next one mends it. All tables are STRICT, and what belongs
together is bound by foreign keys, so that the file also opens well in Datasette.
"""

from __future__ import annotations

from sqlite_utils import Database
from sqlite_utils.migrations import Migrations

migrations = Migrations("mailbot")

APPLICATION_ID = 0x6D626F74  # "mbot", in the file's header


def columns() -> tuple[str, ...]:
    """All columns of the newest schema as "table.column"."""
    database = Database(memory=True, execute_plugins=False)
    migrations.apply(database)
    return tuple(f"{table}.{column.name}" for table in database.table_names() for column in database[table].columns)


@migrations(name="0001_tables")
def _tables(db: Database) -> None:
    for statement in TABLES.split(";\n"):
        db.execute(statement)
    db.execute(f"PRAGMA application_id = {APPLICATION_ID}")


@migrations(name="0002_views")
def _views(db: Database) -> None:
    for statement in VIEWS.split(";\n"):
        db.execute(statement)


@migrations(name="0003_filing")
def _filing(db: Database) -> None:
    """`to_file`: this letter went out, and its copy in Sent is still to be laid there."""
    db.execute("ALTER TABLE letter ADD COLUMN to_file INTEGER NOT NULL DEFAULT 0")


@migrations(name="0004_browsing")
def _browsing(db: Database) -> None:
    for statement in BROWSING.split(";\n"):
        db.execute(statement)


# meta: secret (32 random bytes), next_id (the one counter of registrations, items and letters).
# course: `file` is the course as its file says, `decided` what the administrator changed since; `revision` grows with
# each change of the course, so that a decision made on an older roster is noticed.
# place: where messages lie or lay; without a fingerprint where only that the place is worked through is known.
TABLES = """
CREATE TABLE meta (
    name TEXT PRIMARY KEY,
    value ANY NOT NULL
) STRICT;
CREATE TABLE course (
    id TEXT PRIMARY KEY,
    title TEXT NOT NULL,
    position INTEGER NOT NULL,
    saved_at TEXT NOT NULL,
    erased_at TEXT,
    mode TEXT NOT NULL,
    since TEXT,
    paused INTEGER NOT NULL DEFAULT 0,
    revision INTEGER NOT NULL DEFAULT 1,
    file TEXT NOT NULL,
    decided TEXT NOT NULL
) STRICT;
CREATE TABLE registration (
    id INTEGER PRIMARY KEY,
    course TEXT NOT NULL REFERENCES course (id),
    status TEXT NOT NULL,
    name TEXT,
    email TEXT,
    title TEXT,
    organisation TEXT,
    municipality TEXT,
    phone TEXT,
    ean TEXT,
    ean_invalid TEXT,
    cvr TEXT,
    reference TEXT,
    invoice_email TEXT,
    dietary TEXT,
    "returning" INTEGER,
    waiting_only INTEGER NOT NULL,
    contact_name TEXT,
    contact_email TEXT,
    received_at TEXT NOT NULL,
    queued_at TEXT NOT NULL,
    place INTEGER NOT NULL,
    late INTEGER NOT NULL,
    offered_at TEXT,
    offer_expires_at TEXT,
    confirmed_at TEXT,
    ended_at TEXT,
    payable INTEGER NOT NULL,
    note TEXT NOT NULL,
    message TEXT NOT NULL,
    sources TEXT NOT NULL,
    rest TEXT NOT NULL
) STRICT;
CREATE INDEX registration_course ON registration (course);
CREATE INDEX registration_email ON registration (email);
CREATE INDEX registration_contact ON registration (contact_email);
CREATE TABLE item (
    id INTEGER PRIMARY KEY,
    course TEXT NOT NULL REFERENCES course (id),
    kind TEXT NOT NULL,
    opened_at TEXT NOT NULL,
    closed_at TEXT,
    closed_as TEXT NOT NULL,
    sender_name TEXT,
    sender_email TEXT,
    subject TEXT NOT NULL,
    received_at TEXT,
    excerpt TEXT NOT NULL,
    registrations TEXT NOT NULL,
    message TEXT NOT NULL,
    rest TEXT NOT NULL
) STRICT;
CREATE INDEX item_course ON item (course);
CREATE TABLE letter (
    number INTEGER PRIMARY KEY,
    key TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    course TEXT NOT NULL REFERENCES course (id),
    to_name TEXT NOT NULL,
    to_email TEXT NOT NULL,
    about TEXT NOT NULL,
    subject_of TEXT NOT NULL,
    version INTEGER NOT NULL,
    state TEXT NOT NULL,
    reason TEXT,
    planned_at TEXT NOT NULL,
    due_at TEXT NOT NULL,
    retry_at TEXT,
    attempts INTEGER NOT NULL DEFAULT 0,
    sent_at TEXT,
    subject TEXT NOT NULL,
    message_id TEXT NOT NULL,
    server_message_id TEXT,
    recipients TEXT NOT NULL,
    raw BLOB,
    UNIQUE (course, subject_of, kind, to_email, version)
) STRICT;
CREATE INDEX letter_course ON letter (course, planned_at);
CREATE INDEX letter_state ON letter (state, due_at);
CREATE INDEX letter_to ON letter (to_email);
CREATE INDEX letter_sent ON letter (sent_at);
CREATE TABLE message (
    fingerprint TEXT PRIMARY KEY,
    message_id TEXT NOT NULL,
    received_at TEXT NOT NULL,
    handled_at TEXT NOT NULL,
    outcome TEXT NOT NULL,
    intent TEXT NOT NULL,
    course TEXT REFERENCES course (id),
    file TEXT NOT NULL,
    reasons TEXT NOT NULL,
    registrations TEXT NOT NULL,
    summary TEXT
) STRICT;
CREATE INDEX message_handled ON message (handled_at);
CREATE TABLE place (
    id INTEGER PRIMARY KEY,
    account TEXT NOT NULL,
    mailbox TEXT NOT NULL,
    uidvalidity INTEGER NOT NULL,
    uid INTEGER NOT NULL,
    message TEXT REFERENCES message (fingerprint),
    UNIQUE (account, mailbox, uidvalidity, uid)
) STRICT;
CREATE INDEX place_message ON place (message);
CREATE TABLE cursor (
    account TEXT NOT NULL,
    mailbox TEXT NOT NULL,
    uidvalidity INTEGER NOT NULL,
    uid INTEGER NOT NULL,
    PRIMARY KEY (account, mailbox)
) STRICT;
CREATE TABLE failure (
    message TEXT PRIMARY KEY,
    times INTEGER NOT NULL,
    problem TEXT NOT NULL,
    at TEXT NOT NULL
) STRICT;
CREATE TABLE audit (
    id INTEGER PRIMARY KEY,
    at TEXT NOT NULL,
    code TEXT NOT NULL,
    course TEXT REFERENCES course (id),
    registration INTEGER REFERENCES registration (id) ON DELETE SET NULL,
    details TEXT NOT NULL,
    message TEXT NOT NULL
) STRICT;
CREATE INDEX audit_registration ON audit (registration);
CREATE TABLE forgotten (
    identity TEXT PRIMARY KEY,
    at TEXT NOT NULL
) STRICT;
CREATE TABLE note (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL,
    at TEXT NOT NULL
) STRICT
"""

# To look at with Datasette or the sqlite3 shell; the program itself reads the tables.
VIEWS = """
CREATE VIEW participants AS
SELECT course, id, name, title, organisation, municipality, email, phone, ean, cvr, reference, status, confirmed_at
FROM registration WHERE status IN ('confirmed', 'offered') ORDER BY course, received_at, place, id;
CREATE VIEW waiting_list AS
SELECT course, row_number() OVER (PARTITION BY course ORDER BY waiting_only, late, queued_at, place, id) AS position,
    id, name, organisation, email, queued_at, late, waiting_only
FROM registration WHERE status = 'waiting' ORDER BY course, position;
CREATE VIEW open_items AS
SELECT course, id, kind, opened_at, sender_email, subject, excerpt FROM item WHERE closed_at IS NULL ORDER BY course, id;
CREATE VIEW outbox AS
SELECT number, course, kind, to_email, subject, state, due_at, retry_at, attempts
FROM letter WHERE state IN ('planned', 'reserved', 'sending', 'drafted', 'uncertain', 'failed') ORDER BY due_at, number
"""

# A column named as a word of SQL breaks Datasette's page of the table. And more to look at: what was sent, what is asked,
# and what each payer owes (a payer is known as in `letters.invoicing`).
BROWSING = """
ALTER TABLE registration RENAME COLUMN "returning" TO took_part_before;
CREATE VIEW open_questions AS
SELECT course, id, opened_at, sender_name, sender_email, subject, excerpt
FROM item WHERE closed_at IS NULL AND kind = 'question' ORDER BY course, id;
CREATE VIEW letters_sent AS
SELECT letter.course, letter.number, letter.kind, letter.to_name, letter.to_email, letter.subject, letter.sent_at,
    registration.id AS registration, registration.name
FROM letter LEFT JOIN registration ON registration.id = json_extract(letter.about, '$[0]')
WHERE letter.state = 'sent' ORDER BY letter.sent_at DESC, letter.number DESC;
CREATE VIEW invoicing AS
WITH payers AS (
    SELECT registration.*, coalesce(nullif(ean, ''), nullif(cvr, ''), nullif(invoice_email, ''),
            nullif('at ' || lower(trim(organisation)), 'at '), 'person ' || registration.id) AS payer,
        CAST(coalesce(json_extract(decided, '$.price'), json_extract(file, '$.price')) AS REAL) AS price,
        CAST(coalesce(json_extract(decided, '$.vat'), json_extract(file, '$.vat'), '0.25') AS REAL) AS vat
    FROM registration JOIN course ON course.id = registration.course
    WHERE status = 'confirmed' OR payable
)
SELECT course, max(organisation) AS organisation, max(ean) AS ean, max(cvr) AS cvr, max(invoice_email) AS invoice_email,
    max(reference) AS reference, max(coalesce(contact_name, contact_email, name, email)) AS attention,
    group_concat(coalesce(name, email), ', ') AS participants, count(*) AS number,
    round(sum(price), 2) AS net, round(sum(price) * max(vat), 2) AS vat, round(sum(price) * (1 + max(vat)), 2) AS gross
FROM payers GROUP BY course, payer, lower(coalesce(reference, '')) ORDER BY course, organisation, ean
"""
