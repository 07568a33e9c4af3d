-- What became of each item, in order. Every entry holds the hash of the one before it and is
-- signed, so that a changed, removed or inserted entry shows. Kept for good: it names items and
-- calls by their ids, and persons of the staff, but no callers.
CREATE TABLE evidence (
  sequence INTEGER PRIMARY KEY,
  at INTEGER NOT NULL,
  kind TEXT NOT NULL,
  item TEXT NOT NULL,
  item_hash TEXT NOT NULL,
  call TEXT NOT NULL,
  who TEXT NOT NULL,
  detail TEXT NOT NULL,
  previous TEXT NOT NULL,
  hash TEXT NOT NULL,
  signature TEXT NOT NULL
) STRICT;
CREATE INDEX evidence_by_item ON evidence (item);
CREATE TRIGGER evidence_is_not_changed BEFORE UPDATE ON evidence
BEGIN
  SELECT RAISE(ABORT, 'the evidence log is append-only');
END;
CREATE TRIGGER evidence_is_not_shortened BEFORE DELETE ON evidence
BEGIN
  SELECT RAISE(ABORT, 'the evidence log is append-only');
END;

-- Deletions that were decided: whatever is interrupted is finished at the next run.
CREATE TABLE deletions (
  recording TEXT PRIMARY KEY,
  kind TEXT NOT NULL,
  who TEXT NOT NULL,
  reason TEXT NOT NULL,
  asked_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Keeps a call and its recording beyond their time.
CREATE TABLE legal_holds (
  call TEXT PRIMARY KEY,
  reason TEXT NOT NULL,
  set_by TEXT NOT NULL,
  since INTEGER NOT NULL,
  until INTEGER
) STRICT, WITHOUT ROWID;

-- What the last check found wrong with a recording.
CREATE TABLE damage (
  recording TEXT PRIMARY KEY,
  kind TEXT NOT NULL,
  text TEXT NOT NULL,
  found_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
