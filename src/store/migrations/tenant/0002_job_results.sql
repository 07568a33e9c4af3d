-- How a job went last, for the pages: back-up, its weekly check, the check of the recordings.
CREATE TABLE job_results (
  name TEXT PRIMARY KEY,
  at INTEGER NOT NULL,
  good INTEGER NOT NULL,
  text TEXT NOT NULL,
  findings INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
