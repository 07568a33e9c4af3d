-- Calls, recordings, registrations and alarms of one tenant. Times are UTC milliseconds,
-- enumerations the numbers of src/domain.

-- n orders calls by time: started_at * 2^8 + 8 bits of the id. Every list is a walk down n, so
-- one narrow index per filter gives a page in the right order without sorting.
CREATE TABLE calls (
  n INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  direction INTEGER NOT NULL,
  outcome INTEGER NOT NULL,
  started_at INTEGER NOT NULL,
  answered_at INTEGER,
  ended_at INTEGER,
  ended_by TEXT NOT NULL,
  end_reason TEXT NOT NULL,
  sip_status INTEGER NOT NULL,
  q850_cause INTEGER NOT NULL,
  gone_at INTEGER NOT NULL,
  verdict INTEGER NOT NULL,
  verdict_reason TEXT NOT NULL,
  retention INTEGER NOT NULL,
  unreconciled INTEGER NOT NULL,
  from_number TEXT NOT NULL,
  from_raw TEXT NOT NULL,
  from_name TEXT NOT NULL,
  from_extension TEXT NOT NULL,
  from_trunk TEXT NOT NULL,
  to_number TEXT NOT NULL,
  to_raw TEXT NOT NULL,
  to_name TEXT NOT NULL,
  to_extension TEXT NOT NULL,
  to_trunk TEXT NOT NULL,
  by_number TEXT NOT NULL,
  by_raw TEXT NOT NULL,
  by_name TEXT NOT NULL,
  by_extension TEXT NOT NULL,
  by_trunk TEXT NOT NULL
) STRICT;
CREATE INDEX calls_by_direction ON calls (direction);
CREATE INDEX calls_by_outcome ON calls (outcome);
CREATE INDEX calls_by_direction_and_outcome ON calls (direction, outcome);
CREATE INDEX calls_by_end_of_time ON calls (gone_at);
CREATE INDEX calls_unfinished ON calls (n) WHERE ended_at IS NULL;
CREATE INDEX calls_unreconciled ON calls (ended_at) WHERE unreconciled = 1;

-- Kept apart, so that lists read narrow rows. JSON arrays, see store/call_parts.h.
CREATE TABLE call_details (
  n INTEGER PRIMARY KEY REFERENCES calls (n) ON DELETE CASCADE,
  legs TEXT NOT NULL,
  events TEXT NOT NULL,
  trace TEXT NOT NULL
) STRICT;

-- Which of our extensions took part.
CREATE TABLE call_extensions (
  n INTEGER NOT NULL REFERENCES calls (n) ON DELETE CASCADE,
  extension TEXT NOT NULL,
  PRIMARY KEY (n, extension)
) STRICT, WITHOUT ROWID;
CREATE INDEX call_extensions_by_extension ON call_extensions (extension, n);

-- Any three characters of a number or name lead to the call. Without positions the index is
-- small and quick; whether the three-character pieces stand together is asked of the row. A call
-- comes in when it is over: the few in progress are looked through.
CREATE VIRTUAL TABLE calls_text USING fts5 (
  words, content = '', detail = none, columnsize = 0, tokenize = 'trigram');
CREATE TRIGGER calls_text_added AFTER INSERT ON calls WHEN new.ended_at IS NOT NULL
BEGIN
  INSERT INTO calls_text (rowid, words) VALUES (
    new.n,
    new.from_number || char(10) || new.to_number || char(10) || new.by_number
      || char(10) || new.from_name || char(10) || new.to_name || char(10) || new.by_name);
END;
CREATE TRIGGER calls_text_ended AFTER UPDATE ON calls
WHEN old.ended_at IS NULL AND new.ended_at IS NOT NULL
BEGIN
  INSERT INTO calls_text (rowid, words) VALUES (
    new.n,
    new.from_number || char(10) || new.to_number || char(10) || new.by_number
      || char(10) || new.from_name || char(10) || new.to_name || char(10) || new.by_name);
END;
CREATE TRIGGER calls_text_changed AFTER UPDATE ON calls
WHEN old.ended_at IS NOT NULL
  AND (old.from_number IS NOT new.from_number OR old.to_number IS NOT new.to_number
    OR old.by_number IS NOT new.by_number OR old.from_name IS NOT new.from_name
    OR old.to_name IS NOT new.to_name OR old.by_name IS NOT new.by_name)
BEGIN
  INSERT INTO calls_text (calls_text, rowid, words) VALUES (
    'delete', old.n,
    old.from_number || char(10) || old.to_number || char(10) || old.by_number
      || char(10) || old.from_name || char(10) || old.to_name || char(10) || old.by_name);
  INSERT INTO calls_text (rowid, words) VALUES (
    new.n,
    new.from_number || char(10) || new.to_number || char(10) || new.by_number
      || char(10) || new.from_name || char(10) || new.to_name || char(10) || new.by_name);
END;
CREATE TRIGGER calls_text_removed AFTER DELETE ON calls WHEN old.ended_at IS NOT NULL
BEGIN
  INSERT INTO calls_text (calls_text, rowid, words) VALUES (
    'delete', old.n,
    old.from_number || char(10) || old.to_number || char(10) || old.by_number
      || char(10) || old.from_name || char(10) || old.to_name || char(10) || old.by_name);
END;

-- A recording may outlive the row of its call and be known before it: no foreign key.
CREATE TABLE recordings (
  id TEXT PRIMARY KEY,
  call TEXT NOT NULL,
  state INTEGER NOT NULL,
  reason TEXT NOT NULL,
  started_at INTEGER NOT NULL,
  sealed_at INTEGER,
  length INTEGER NOT NULL,
  format TEXT NOT NULL,
  sample_rate INTEGER NOT NULL,
  bytes INTEGER NOT NULL,
  path TEXT NOT NULL,
  hash TEXT NOT NULL,
  cut INTEGER NOT NULL,
  gone_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX recordings_by_call ON recordings (call);
CREATE INDEX recordings_sealed_by_end_of_time ON recordings (gone_at) WHERE state = 2;

CREATE TABLE bindings (
  extension TEXT NOT NULL,
  contact TEXT NOT NULL,
  received TEXT NOT NULL,
  call_id TEXT NOT NULL,
  cseq INTEGER NOT NULL,
  device TEXT NOT NULL,
  instance TEXT NOT NULL,
  registered_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX bindings_by_extension ON bindings (extension);

CREATE TABLE alarms (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT NOT NULL,
  text TEXT NOT NULL,
  call TEXT NOT NULL,
  at INTEGER NOT NULL,
  seen_at INTEGER,
  seen_by TEXT NOT NULL DEFAULT ''
) STRICT;
-- The same alarm about the same call is kept once.
CREATE UNIQUE INDEX alarms_once ON alarms (name, call) WHERE call <> '';
CREATE INDEX alarms_unseen ON alarms (id) WHERE seen_at IS NULL;

-- When a job ran last.
CREATE TABLE marks (
  name TEXT PRIMARY KEY,
  at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
