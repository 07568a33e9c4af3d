-- The tenant's key can be renewed: while item keys are being re-wrapped there are two.
CREATE TABLE tenant_keys (
  generation INTEGER PRIMARY KEY,
  wrapped BLOB NOT NULL,
  made_at INTEGER NOT NULL
) STRICT;
INSERT INTO tenant_keys (generation, wrapped, made_at) SELECT 1, wrapped, 0 FROM tenant_key;
DROP TABLE tenant_key;
