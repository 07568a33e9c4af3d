-- There is always a row: one that is missing was taken away. 0: no entry was seen yet.
INSERT OR IGNORE INTO evidence_head (one, sequence, hash) VALUES (1, 0, '');
