BEGIN TRANSACTION;
CREATE TABLE "_sqlite_migrations" (
   "id" INTEGER PRIMARY KEY,
   "migration_set" TEXT,
   "name" TEXT,
   "applied_at" TEXT
);
INSERT INTO "_sqlite_migrations" VALUES(1,'mailbot','0001_tables','2026-11-24 00:00:00+00:00');
CREATE TABLE audit (
    id INTEGER PRIMARY KEY,
    at TEXT NOT NULL,
    code TEXT NOT NULL,
    course TEXT REFERENCES course (id),
    registration INTEGER REFERENCES registration (id) ON DELETE SET NULL,
    details TEXT NOT NULL,
    message TEXT NOT NULL
) STRICT;
INSERT INTO "audit" VALUES(1,'2026-01-20T08:00:00.000000+00:00','signed_up','ledelse-2026',1,'{}','fp1');
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
INSERT INTO "course" VALUES('ledelse-2026','Hverdagsledelse 2026',1,'2026-01-20T08:00:00.000000+00:00',NULL,'observe','2026-01-20T08:00:00.000000+00:00',0,2,'{"id":"ledelse-2026","title":"Hverdagsledelse 2026","aliases":[],"language":"da","timezone":"Europe/Copenhagen","signup_address":"lv@fremtidensbiblioteker.dk","signup_opens":null,"signup_deadline":null,"capacity":24,"price":null,"vat":"0.25","after_deadline":"waiting","offer_hours":72,"last_offer_days":2,"offer_late":false,"receipts":false,"answer_facts":false,"max_letters_per_day":12,"max_letters_per_hour":60,"reminders":[14,3],"retention_days":365,"required":["name","email","organisation","title","ean|cvr"],"cancel_free_until":null,"terms":"","privacy":"","contact":null,"organisers":[],"facilitators":[],"target_group":"","returning_welcome":"","meetings":[{"date":"2026-06-11","start":"10:00:00","end":"15:00:00","place":"","sequence":0,"called_off":false},{"date":"2026-08-11","start":"10:00:00","end":"15:00:00","place":"","sequence":0,"called_off":false},{"date":"2026-10-11","start":"10:00:00","end":"15:00:00","place":"","sequence":0,"called_off":false},{"date":"2026-11-11","start":"10:00:00","end":"15:00:00","place":"","sequence":0,"called_off":false}]}','{}');
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
CREATE TABLE forgotten (
    identity TEXT PRIMARY KEY,
    at TEXT NOT NULL
) STRICT;
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
INSERT INTO "letter" VALUES(2,'registration:1/confirmation/p1@bibliotek.dk/1','confirmation','ledelse-2026','Person 1','p1@bibliotek.dk','[1]','registration:1',1,'planned',NULL,'2026-01-20T08:00:00.000000+00:00','2026-01-20T08:00:00.000000+00:00',NULL,0,NULL,'SV: Tilmelding','<registration:1/confirmation/p1@bibliotek.dk/1@bibliotek.dk>',NULL,'["p1@bibliotek.dk"]',X'546F3A207031406269626C696F74656B2E646B0D0A5375626A6563743A2053563A2054696C6D656C64696E670D0A436F6E74656E742D547970653A20746578742F706C61696E3B20636861727365743D7574662D380D0A0D0A4BC3A672652064750D0A');
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
INSERT INTO "message" VALUES('fp1','<1@bibliotek.dk>','2026-01-20T08:00:00.000000+00:00','2026-01-20T08:00:00.000000+00:00','handled','signup','ledelse-2026','','[]','[]','{"from":"p1@bibliotek.dk","subject":"Tilmelding"}');
CREATE TABLE meta (
    name TEXT PRIMARY KEY,
    value ANY NOT NULL
) STRICT;
INSERT INTO "meta" VALUES('secret',X'000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F');
INSERT INTO "meta" VALUES('next_id',3);
CREATE TABLE note (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL,
    at TEXT NOT NULL
) STRICT
;
CREATE TABLE place (
    id INTEGER PRIMARY KEY,
    account TEXT NOT NULL,
    mailbox TEXT NOT NULL,
    uidvalidity INTEGER NOT NULL,
    uid INTEGER NOT NULL,
    message TEXT REFERENCES message (fingerprint),
    UNIQUE (account, mailbox, uidvalidity, uid)
) STRICT;
INSERT INTO "place" VALUES(1,'lv','INBOX',7,1,'fp1');
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
INSERT INTO "registration" VALUES(1,'ledelse-2026','confirmed','Person 1','p1@bibliotek.dk',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,0,NULL,NULL,'2026-01-20T08:00:00.000000+00:00','2026-01-20T08:00:00.000000+00:00',0,0,NULL,NULL,NULL,NULL,0,'','','{}','{"person":{"evidence":{}},"thread":null,"group":"","part_will_do":false,"offer_reminder_at":null,"offer_reminded":false,"offer_extended":false,"absences":[],"undeliverable":false,"missing_asked":0,"missing_asked_at":null}');
CREATE UNIQUE INDEX "idx__sqlite_migrations_migration_set_name"
    ON "_sqlite_migrations" ("migration_set", "name");
CREATE INDEX registration_course ON registration (course);
CREATE INDEX registration_email ON registration (email);
CREATE INDEX registration_contact ON registration (contact_email);
CREATE INDEX item_course ON item (course);
CREATE INDEX letter_course ON letter (course, planned_at);
CREATE INDEX letter_state ON letter (state, due_at);
CREATE INDEX letter_to ON letter (to_email);
CREATE INDEX letter_sent ON letter (sent_at);
CREATE INDEX message_handled ON message (handled_at);
CREATE INDEX place_message ON place (message);
CREATE INDEX audit_registration ON audit (registration);
COMMIT;
