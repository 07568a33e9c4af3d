-- What else goes wrong with a call is another alarm, though its name is the same.
DROP INDEX alarms_once;
CREATE UNIQUE INDEX alarms_once ON alarms (name, call, text) WHERE call <> '';
