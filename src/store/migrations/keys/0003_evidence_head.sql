-- The end of the evidence log as it was seen last: were its newest entries cut off, it shows.
CREATE TABLE evidence_head (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  sequence INTEGER NOT NULL,
  hash TEXT NOT NULL
) STRICT;
