-- One wrapped key per sealed item, and the tenant's key wrapped by the master key.
CREATE TABLE item_keys (
  item TEXT PRIMARY KEY,
  wrapped BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE tenant_key (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  wrapped BLOB NOT NULL
) STRICT;
