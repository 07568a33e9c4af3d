-- Recordings whose key was destroyed while they were being made. A key that was never stored looks
-- the same in item_keys, but then the recording's spool may be opened in another way.
CREATE TABLE refused_keys (
  item TEXT PRIMARY KEY
) STRICT, WITHOUT ROWID;
