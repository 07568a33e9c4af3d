-- One wrapped key per sealed item, and the tenant's key wrapped by the master key.
CREATE TABLE item_keys (
  item TEXT PRIMARY KEY,
  wrapped BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE tenant_key (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  wrapped BLOB NOT NULL
) STRICT;
